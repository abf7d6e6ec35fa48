import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { basename, dirname } from 'node:path';
import { Writable } from 'node:stream';
import { displayUrl } from '../trace/mask.ts';
import { spawnFailure, startGit } from './process/run.ts';

/** How long the caller still waits, and whom to tell that something of a transfer came. `Patience` of the remote port is one. */
export interface Waiting {
  /** Milliseconds; 0 where the time is up. */
  left(): number;
  /** For one message: to be called each time that something comes. */
  transfer(): () => void;
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
  const child = startGroup(gitDir, args, cwd);
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  const ended = endOf(child, cwd);
  const silence = silenceOf(child, waiting);
  try {
    const first = await Promise.race([ended, silence.over]);
    if (typeof first === 'string') await endGroup(child);
    const words = [Buffer.concat(stdout).toString(), withoutProgress(Buffer.concat(stderr).toString())].join(
      '',
    );
    if (first === 127) throw spawnFailure(Object.assign(new Error(words), { code: 'ENOENT' }), cwd);
    const said = typeof first === 'string' ? `${first}\n${words}` : words;
    return { ok: first === 0, said, begun: true };
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
const LOOK_MS = 20;

/** Ends git and all that it started, and returns once nothing of it is there. */
async function endGroup(child: ChildProcess): Promise<void> {
  letGo(child);
  signal(child, 'SIGTERM');
  // One that is stopped hears nothing but this.
  signal(child, 'SIGCONT');
  const until = performance.now() + GRACE_MS;
  while (signal(child, 0)) {
    if (performance.now() > until) {
      signal(child, 'SIGKILL');
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** @returns false where nothing of the group is there */
function signal(child: ChildProcess, name: NodeJS.Signals | 0): boolean {
  if (child.pid === undefined) return false;
  try {
    return HAS_GROUPS ? process.kill(-child.pid, name) : child.kill(name);
  } catch {
    return false;
  }
}

/** The exit status; one above 128 where a signal ended it. */
function endOf(child: ChildProcess, cwd: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(spawnFailure(error, cwd)));
    child.on('exit', (code) => {
      letGo(child);
      const end = (): void => resolve(code ?? 129);
      const late = setTimeout(end, AFTERWARDS_MS);
      child.on('close', () => {
        clearTimeout(late);
        end();
      });
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
    stop = () => {
      clearTimeout(timer);
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
  const lines = stderr.split('\n').map((line) => line.replace(/^.*\r(?=.)/, ''));
  return lines.filter((line) => !PROGRESS.test(line)).join('\n');
}

/** What says most of all that git printed, without secrets. */
export function lastWords(said: string): string {
  const words = said.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('hint:'));
  return displayUrl(words.slice(0, 2).join(' ').trim()) || 'no answer';
}
