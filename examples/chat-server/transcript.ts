import type { Json, JsonMap } from '../../src/index.ts';

/** What an agent said, a line each; and where another one went on in its place. */
export type Said = string | { attempt: number };

/** Bytes that an answer may have: a checkpoint holds 64 KiB, of which the agent's own words take some. */
const LONGEST = 48 * 1024;
const CUT = '… (the answer is longer than a checkpoint can hold)';

/** All that was said about a message. It only grows, so that a place in it never means anything else. */
export class Transcript {
  readonly said: Said[];
  #bytes: number;

  constructor(said: readonly Said[] = []) {
    this.said = [...said];
    this.#bytes = said.reduce((sum, entry) => sum + sizeOf(entry), 0);
  }

  /** Adds a line where there is room for it, and once, that there is none. Where another agent went on, there is always room. */
  add(entry: Said): void {
    const isLine = typeof entry === 'string';
    if (isLine && this.said.includes(CUT)) return;
    const added = isLine && this.#bytes + sizeOf(entry) > LONGEST ? CUT : entry;
    this.said.push(added);
    this.#bytes += sizeOf(added);
  }

  /** All of it as one text. */
  get answer(): string {
    return this.said.filter((entry) => typeof entry === 'string').join('\n');
  }
}

const sizeOf = (entry: Said): number => Buffer.byteLength(JSON.stringify(entry)) + 1;

/** What a checkpoint's data says was said; nothing where it is of someone who knows nothing of chats. */
export function saidIn(data: Json | undefined): Said[] {
  const said = isMap(data) ? data.said : undefined;
  return Array.isArray(said) ? said.filter(isSaid) : [];
}

const isMap = (value: Json | undefined): value is JsonMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSaid = (value: Json): value is Said =>
  typeof value === 'string' || (isMap(value) && typeof value.attempt === 'number');
