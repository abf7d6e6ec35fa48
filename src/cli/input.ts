import { createReadStream, fstatSync, readSync } from 'node:fs';
import { type Json, type JsonMap, LedgerError } from '../index.ts';
import { refuse } from '../operations/typed.ts';
import type { World } from './process.ts';

/** Text as it was typed, from a file (`@FILE`), or from standard input (`-`). `@@` stands for an `@` that begins a text. */
export async function readText(typed: string, world: Pick<World, 'stdin'>): Promise<string> {
  if (typed === '-') return (await readStandardInput(world)).replace(/\r?\n$/, '');
  if (typed.startsWith('@@')) return typed.slice(1);
  return typed.startsWith('@') ? (await readInputFile(typed.slice(1))).replace(/\r?\n$/, '') : typed;
}

/** A whole file as it was typed: as `readText`, with the line break at its end kept, and one added to what was typed. */
export async function readFileText(typed: string, world: Pick<World, 'stdin'>): Promise<string> {
  if (typed === '-') return readStandardInput(world);
  if (typed.startsWith('@') && !typed.startsWith('@@')) return readInputFile(typed.slice(1));
  return `${typed.startsWith('@@') ? typed.slice(1) : typed}\n`;
}

/** Of what is typed, or stands in a file: more than any field or file beside items may have. */
const MOST_BYTES = 4 * 1024 * 1024;
/** Of a file that is imported. */
export const MOST_IMPORTED = 256 * 1024 * 1024;

/** All of it; a pipe or a device that never ends is left once it gave more than that. */
async function readAll(input: AsyncIterable<unknown>, from: string, most: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of input) {
    const bytes = Buffer.from(part as Uint8Array);
    length += bytes.length;
    if (length > most)
      throw refuse(`${from} has more than ${most / 1024 / 1024} MiB, which is the most that is read.`);
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

const readStandardInput = async ({ stdin }: Pick<World, 'stdin'>): Promise<string> =>
  decode(await readAll(stdin, STANDARD_INPUT, MOST_BYTES), STANDARD_INPUT);
const STANDARD_INPUT = 'standard input';

/** @throws LedgerError `INVALID_INPUT` where the file cannot be read as text, or has more bytes than `most` */
export async function readInputFile(path: string, most = MOST_BYTES): Promise<string> {
  try {
    return decode(await readAll(createReadStream(path), `The file ${JSON.stringify(path)}`, most), path);
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    throw refuse(`The file ${JSON.stringify(path)} cannot be read: ${reasonOf(error)}.`);
  }
}

const reasonOf = (error: unknown): string => {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'there is none';
  if (code === 'EISDIR') return 'it is a directory';
  return code === 'EACCES' ? 'no permission' : (error as Error).message;
};

function decode(bytes: Uint8Array, from: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refuse(`${from} is not UTF-8 text.`);
  }
}

/** JSON as it was typed or from a file. */
async function readJson(typed: string, option: string): Promise<Json> {
  const text = typed.startsWith('@') ? await readInputFile(typed.slice(1)) : typed;
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw refuse(
      `${option} needs JSON: ${(error as Error).message}.`,
      `Quote it as in: ${option} '{"key": "value"}'`,
    );
  }
}

/** Any JSON: typed, or from a file (`@FILE`). */
export async function readValue(typed: string | undefined, option: string): Promise<Json | undefined> {
  return typed === undefined ? undefined : readJson(typed, option);
}

/** A map that is put together from JSON maps (`{…}`, `@FILE`) and single entries (`KEY=VALUE`); later ones win. */
export async function readMap(typed: readonly string[], option: string): Promise<JsonMap> {
  // Without a prototype, so that no key is special.
  const map: JsonMap = Object.create(null);
  for (const part of typed) {
    const [, key, value] = /^([^={"@][^=]*)=(.*)$/s.exec(part) ?? [];
    if (key !== undefined && value !== undefined) {
      map[key] = looseJson(value);
      continue;
    }
    const json = await readJson(part, option);
    if (json === null || typeof json !== 'object' || Array.isArray(json)) {
      throw refuse(`${option} needs a JSON object or KEY=VALUE, not ${part}.`);
    }
    Object.assign(map, json);
  }
  return map;
}

/** What a person means by `KEY=VALUE`: JSON where it is JSON, else text. */
function looseJson(value: string): Json {
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
}

/**
 * All of a pipe or file that is open as `fd`, at once; `''` of a terminal.
 *
 * @throws LedgerError `INVALID_INPUT` where it has more bytes than `most`
 */
export function readWhole(fd: number, most: number): string {
  if (fstatSync(fd).isCharacterDevice()) return '';
  const parts: Buffer[] = [];
  let length = 0;
  for (;;) {
    const part = Buffer.allocUnsafe(64 * 1024);
    const count = readPart(fd, part);
    if (count === 0) return Buffer.concat(parts).toString();
    length += count;
    if (length > most) throw refuse(`More than ${most / 1024 / 1024} MiB came in on standard input.`);
    parts.push(part.subarray(0, count));
  }
}

/** @returns how many bytes came; 0 at the end */
function readPart(fd: number, into: Buffer): number {
  for (;;) {
    try {
      return readSync(fd, into);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw error;
      // A pipe that does not wait for its writer.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
