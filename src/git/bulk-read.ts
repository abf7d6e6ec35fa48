import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { readObjectStream, type StreamedObject } from './object-stream.ts';
import { gitFailure, spawnFailure, startGit } from './run.ts';

/**
 * Many objects by one git process that ends with them, in the order of their names.
 *
 * @throws LedgerError `STORAGE_FAILED` where git fails
 */
export async function* readMany(
  gitDir: string,
  oids: readonly string[],
  maxBytes: number,
): AsyncIterable<StreamedObject[]> {
  const reader = startReader(gitDir, 'pipe');
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
  const lister = watch('listing history', gitDir, ['--literal-pathspecs', 'rev-list', ...args], 'ignore');
  const reader = startReader(gitDir, lister.child.stdout ?? 'ignore');
  // The other end is the reader's alone: it must see the list end when the lister does.
  lister.child.stdout?.destroy();
  yield* drain(reader, [lister], maxBytes);
}

/** The first `length` bytes of an object that is larger. */
export async function readStart(gitDir: string, type: string, oid: string, length: number): Promise<Buffer> {
  const { child } = watch('reading an object', gitDir, ['cat-file', type, oid], 'ignore');
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

const startReader = (gitDir: string, stdin: 'pipe' | 'ignore' | Readable): Watched =>
  watch('reading objects', gitDir, ['cat-file', '--batch', '--buffer'], stdin);

function watch(
  what: string,
  gitDir: string,
  args: readonly string[],
  stdin: 'pipe' | 'ignore' | Readable,
): Watched {
  const call = { args: ['--git-dir', gitDir, ...args], cwd: gitDir };
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
