import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { LedgerError } from '../../domain/errors.ts';
import { gitFailure, spawnFailure, startGit } from './run.ts';

/**
 * Many objects by one git process that ends with them, in the order of their names.
 *
 * @param incoming whether it sees the objects of the push that is being judged, too
 * @throws LedgerError `STORAGE_FAILED` where git fails
 */
export async function* readMany(
  gitDir: string,
  oids: readonly string[],
  maxBytes: number,
  incoming = false,
): AsyncIterable<StreamedObject[]> {
  const reader = startReader({ gitDir, incoming }, 'pipe');
  // A reader that ended is told by its end, not by the pipe.
  reader.child.stdin?.on('error', () => undefined);
  reader.child.stdin?.end(oids.map((oid) => `${oid}\n`).join(''));
  yield* drain(reader, [], maxBytes);
}

/** The objects that `git rev-list` names with these arguments, in its order: nothing of its list passes through this process. */
export async function* readListed(
  gitDir: string,
  args: readonly string[],
  maxBytes: number,
): AsyncIterable<StreamedObject[]> {
  const lister = watch(
    'listing history',
    { gitDir },
    ['-c', 'core.commitGraph=false', '--literal-pathspecs', 'rev-list', ...args],
    'ignore',
  );
  const reader = startReader({ gitDir }, lister.child.stdout ?? 'ignore');
  // The other end is the reader's alone: it must see the list end when the lister does.
  lister.child.stdout?.destroy();
  yield* drain(reader, [lister], maxBytes);
}

/** The first `length` bytes of an object that is larger. */
export async function readStart(gitDir: string, type: string, oid: string, length: number): Promise<Buffer> {
  const { child } = watch('reading an object', { gitDir }, ['cat-file', type, oid], 'ignore');
  const parts: Buffer[] = [];
  let read = 0;
  // Leaving the loop ends the pipe, and git with it.
  for await (const part of (child.stdout ?? []) as AsyncIterable<Buffer>) {
    parts.push(part);
    read += part.length;
    if (read >= length) break;
  }
  child.kill();
  return Buffer.concat(parts, Math.min(read, length));
}

interface Watched {
  child: ChildProcess;
  /** Settles when git ended; rejects where it failed. */
  ended: Promise<void>;
}

interface Place {
  gitDir: string;
  incoming?: boolean;
}

const startReader = (place: Place, stdin: 'pipe' | 'ignore' | Readable): Watched =>
  watch('reading objects', place, ['cat-file', '--batch', '--buffer'], stdin);

function watch(
  what: string,
  { gitDir, incoming = false }: Place,
  args: readonly string[],
  stdin: 'pipe' | 'ignore' | Readable,
): Watched {
  const call = { args: ['--git-dir', gitDir, ...args], cwd: gitDir, incoming };
  const child = startGit(call, { stdio: [stdin, 'pipe', 'pipe'] });
  const stderr: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  const ended = once(child, 'exit').then(
    ([code, signal]) => {
      if (code === 0) return;
      const said = Buffer.concat(stderr).toString();
      throw gitFailure(what, { stderr: signal === null ? said : `${said}git was ended by ${signal}` });
    },
    (error) => Promise.reject(spawnFailure(error, gitDir)),
  );
  // It is awaited once the objects were read; where the caller stopped before, nobody asks how it ended.
  ended.catch(() => undefined);
  return { child, ended };
}

async function* drain(
  reader: Watched,
  others: readonly Watched[],
  maxBytes: number,
): AsyncIterable<StreamedObject[]> {
  const all = [...others, reader];
  try {
    if (reader.child.stdout !== null) yield* readObjectStream(reader.child.stdout, maxBytes);
    for (const { ended } of all) await ended;
  } catch (error) {
    // Why it ended early says more than that it did.
    for (const { ended } of all) await ended;
    throw error;
  } finally {
    for (const { child } of all) child.kill();
  }
}

const LINE_END = 10;

/** An answer of `git cat-file --batch`: without `bytes` where the object is over the limit, without `type` where it is missing. */
export interface StreamedObject {
  oid: string;
  type: string | undefined;
  size: number;
  bytes: Buffer | undefined;
}

/**
 * Reads the output of `git cat-file --batch` as it comes, in the order of the questions. Never more is held than one object
 * of at most `maxBytes` and what the pipe gave last.
 *
 * @throws LedgerError `STORAGE_FAILED` where it ends in the middle
 */
async function* readObjectStream(stdout: Readable, maxBytes: number): AsyncIterable<StreamedObject[]> {
  let held: Buffer = Buffer.alloc(0);
  let waiting: Buffer[] = [];
  let wanted = 0;
  let skip = 0;
  for await (const part of stdout) {
    let chunk: Buffer = part;
    if (skip > 0) {
      const skipped = Math.min(skip, chunk.length);
      skip -= skipped;
      chunk = chunk.subarray(skipped);
    }
    waiting.push(chunk);
    wanted -= chunk.length;
    if (wanted > 0) continue;
    held = waiting.length === 1 && held.length === 0 ? chunk : Buffer.concat([held, ...waiting]);
    waiting = [];
    const found: StreamedObject[] = [];
    let at = 0;
    for (;;) {
      const end = held.indexOf(LINE_END, at);
      if (end < 0) break;
      const head = readHead(held.toString('latin1', at, end));
      const data = end + 1;
      if (head.type === undefined) {
        found.push(head);
        at = data;
        continue;
      }
      const next = data + head.size + 1;
      if (head.size > maxBytes) {
        found.push(head);
        skip = Math.max(0, next - held.length);
        at = Math.min(next, held.length);
        continue;
      }
      if (next > held.length) {
        wanted = next - held.length;
        break;
      }
      found.push({ ...head, bytes: held.subarray(data, next - 1) });
      at = next;
    }
    held = held.subarray(at);
    if (found.length > 0) yield found;
  }
  if (held.length > 0 || waiting.length > 0 || skip > 0) {
    throw new LedgerError('STORAGE_FAILED', 'git ended while objects were being read.');
  }
}

function readHead(line: string): StreamedObject {
  const [oid = '', type = '', size] = line.split(' ');
  return size === undefined
    ? { oid, type: undefined, size: 0, bytes: undefined }
    : { oid, type, size: Number(size), bytes: undefined };
}
