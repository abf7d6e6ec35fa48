import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { basename, dirname } from 'node:path';
import { Writable } from 'node:stream';
import { isLedgerError } from '../domain/errors.ts';
import { displayUrl } from '../trace/mask.ts';
import { spawnFailure, startGit } from './process/run.ts';

export { diskFault } from './process/run.ts';

/** How long the caller still waits, and whom to tell that something of a transfer came. `Patience` of the remote port is one. */
export interface Waiting {
  /** Milliseconds; 0 where the time is up. */
  left(): number;
  /** For one message: to be called each time that something comes. */
  transfer(): () => void;
  /** Tells each time that less time is left than there was, until the function that is returned is called. */
  watch(onShorter: () => void): () => void;
  /** Ends the wait at once. */
  readonly signal?: AbortSignal | undefined;
}

/** How a command ended. */
export interface GitAnswer {
  ok: boolean;
  /** All that it printed, on both outputs, but for how far it was. Where its time was up, that comes first. */
  said: string;
  /** False where git was not even started, since no time was left. */
  begun: boolean;
}

/** What may still come once git itself has ended: what it started can hold its outputs open for hours, as ssh does. */
const AFTERWARDS_MS = 50;

/**
 * Runs a command of git that talks to a remote, and tells how it ended. Where the time is up it is ended with all that it started, and
 * nothing of it is left once this returns; so it is where this process ends.
 *
 * @throws LedgerError `NO_GIT`, `NO_REPOSITORY`
 */
export async function talk(gitDir: string, args: readonly string[], waiting: Waiting): Promise<GitAnswer> {
  if (waiting.left() <= 0 || waiting.signal?.aborted)
    return { ok: false, said: 'no time is left', begun: false };
  // A remote may be named by a path, which git takes from where the work tree is.
  const cwd = basename(gitDir) === '.git' ? dirname(gitDir) : gitDir;
  let child: ChildProcess;
  try {
    child = startGroup(gitDir, args, cwd);
  } catch (error) {
    // For want of files or processes: nothing was sent.
    if (!isLedgerError(error, 'STORAGE_FAILED')) throw error;
    return { ok: false, said: error.message, begun: false };
  }
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  // The last one that ends closes the outputs.
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const silence = silenceOf(child, waiting);
  try {
    const end = await Promise.race([endOf(child, cwd, closed), silence.over]);
    // Git that was killed leaves behind what it started.
    if (typeof end !== 'number') await endGroup(child, closed);
    const words = Buffer.concat(stdout).toString() + withoutProgress(Buffer.concat(stderr).toString());
    if (end === NOT_FOUND) throw spawnFailure(Object.assign(new Error(words), { code: 'ENOENT' }), cwd);
    return { ok: end === 0, said: typeof end === 'number' ? words : `${end}\n${words}`, begun: true };
  } finally {
    silence.stop();
    letGo(child);
  }
}

/** Elsewhere a process cannot be asked to end with what it started. */
const HAS_GROUPS = process.platform !== 'win32';

/**
 * Becomes git, and leaves one beside it that reads the fourth pipe. A line says that git has ended. Where the pipe closes without
 * one, the process that started git is gone, and the group ends: git waits for the remote, and would not notice.
 */
const GUARDED = `(
  trap '' INT TERM HUP
  read -r _ <&3 || { kill -TERM 0; sleep 2; kill -KILL 0; }
) < /dev/null > /dev/null 2>&1 &
exec git "$@" 3<&-`;
/** What a shell answers where there is no such program. */
const NOT_FOUND = 127;

/** As one group with all that it starts. It has no terminal, so nothing asks there. */
function startGroup(gitDir: string, args: readonly string[], cwd: string): ChildProcess {
  const call = { args, cwd, env: { GIT_DIR: gitDir } };
  if (!HAS_GROUPS) return startGit(call, { stdio: ['ignore', 'pipe', 'pipe'] });
  const options = { detached: true, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] } satisfies SpawnOptions;
  return startGit({ ...call, by: ['/bin/sh', '-c', GUARDED] }, options);
}

/** Tells the one beside git that nobody is gone. */
function letGo(child: ChildProcess): void {
  const pipe = child.stdio[3];
  if (pipe instanceof Writable && !pipe.writableEnded) pipe.end('\n');
}

/** How long those of a group that were asked to end may take. */
const GRACE_MS = 2_000;

/** Ends git and all that it started, and returns once nothing of it is there. */
async function endGroup(child: ChildProcess, closed: Promise<void>): Promise<void> {
  letGo(child);
  signal(child, 'SIGTERM');
  // One that is stopped hears nothing but this.
  signal(child, 'SIGCONT');
  await within(closed, GRACE_MS);
  signal(child, 'SIGKILL');
}

/** Ends with `task`, or after so many milliseconds. */
async function within(task: Promise<void>, ms: number): Promise<void> {
  let late: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    late = setTimeout(resolve, ms);
  });
  await Promise.race([task, over]);
  clearTimeout(late);
}

function signal(child: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) HAS_GROUPS ? process.kill(-child.pid, name) : child.kill(name);
  } catch {
    // Nothing of it is there.
  }
}

/** The exit status, or what ended it. */
function endOf(child: ChildProcess, cwd: string, closed: Promise<void>): Promise<number | string> {
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(spawnFailure(error, cwd)));
    child.on('exit', async (code, signalled) => {
      letGo(child);
      if (code === null) return resolve(`git was ended by ${signalled}`);
      await within(closed, AFTERWARDS_MS);
      resolve(code);
    });
  });
}

interface Silence {
  /** Why git is to end, once it is. */
  over: Promise<string>;
  stop(): void;
}

function silenceOf(child: ChildProcess, waiting: Waiting): Silence {
  const heard = waiting.transfer();
  let timer: NodeJS.Timeout | undefined;
  let stop = (): void => undefined;
  const over = new Promise<string>((resolve) => {
    const wait = (): void => {
      clearTimeout(timer);
      const ms = waiting.left();
      // A process that stood still finds its timers due before it has read what came meanwhile.
      timer = setTimeout(() => {
        timer = setTimeout(() => resolve(`nothing was heard for ${Math.round(ms / 1000)} s`), AFTERWARDS_MS);
      }, ms);
    };
    const hear = (): void => {
      heard();
      wait();
    };
    const give = (): void => resolve('nobody waits for it any more');
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    waiting.signal?.addEventListener('abort', give);
    const unwatch = waiting.watch(wait);
    stop = () => {
      clearTimeout(timer);
      unwatch();
      child.stdout?.off('data', hear);
      child.stderr?.off('data', hear);
      waiting.signal?.removeEventListener('abort', give);
    };
    wait();
  });
  return { over, stop: () => stop() };
}

/** How far something is, in the end: `Counting objects: 100% (5/5), done.`, by the other side as well. */
const PROGRESS =
  /^(?:remote: )?(?:[^:]+: +(?:\d+% \(\d+\/\d+\)|\d+)(?:, [^,]*)?(?:, done\.)?|Total \d+ \(delta \d+\).*) *$/;

/** Standard error as it would be without `--progress`. */
function withoutProgress(stderr: string): string {
  // What follows a carriage return stands in the place of what was before it.
  const lines = stderr.split('\n').map((line) => line.split('\r').findLast((part) => part !== '') ?? '');
  return lines.filter((line) => !PROGRESS.test(line)).join('\n');
}

/** What says most of all that git printed, without secrets. */
export function lastWords(said: string): string {
  const words = said.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('hint:'));
  return displayUrl(words.slice(0, 2).join(' ').trim()) || 'no answer';
}
