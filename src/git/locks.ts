import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { nodeCrypto, openSqlite } from '../node.ts';
import type { LockHolder } from '../trace/channels.ts';
import { diskFs, errorCode, type OpenFile } from './files/fs.ts';

/** What a file system answers that has no second names for files, or where the two places are on different ones. */
const CANNOT_LINK = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EXDEV',
  'EMLINK',
  'EACCES',
  'EROFS',
]);
const GUARD_MS = 2_000;

/**
 * Makes locks that tell whose they are: each is a second name of a mark in local state that is named after its process. So a
 * lock that a killed process left behind is known for what it is, and taken away. To git, and to others, it is a lock as any.
 */
export class LockMarks {
  readonly #folder: string;
  readonly #marks = new Map<string, string>();

  constructor(gitDir: string) {
    this.#folder = join(gitDir, 'work-ledger', 'locks');
  }

  /** Creates the lock file at `path`. @throws `EEXIST` where there is one */
  async create(path: string): Promise<OpenFile> {
    const mark = join(this.#folder, markOfThisProcess());
    const file = await this.#open(mark);
    if (file === undefined) return diskFs.promises.open(path, 'wx');
    try {
      linkSync(mark, path);
      this.#marks.set(path, mark);
      return file;
    } catch (error) {
      await file.close();
      unlinkSync(mark);
      if (CANNOT_LINK.has(errorCode(error) ?? '')) return diskFs.promises.open(path, 'wx');
      throw error;
    }
  }

  /** Takes away what told whose the lock at `path` was, once that is gone. */
  forget(path: string): void {
    const mark = this.#marks.get(path);
    this.#marks.delete(path);
    if (mark !== undefined) unlinkSync(mark);
  }

  /** True where there is a lock at `path` and the process that made it is known to be dead. */
  isDead(path: string): boolean {
    return this.#deadMarkOf(path) !== undefined;
  }

  /** The process that has the lock at `path`; `null` where that cannot be known, as of git's own. */
  holderOf(path: string): LockHolder | null {
    const mark = this.#markOf(path);
    const pid = mark === undefined ? undefined : processOfMark(basename(mark));
    return pid === undefined ? null : { pid, state: stateOf(pid) };
  }

  /** Takes the lock at `path` away where the process that made it is dead. */
  breakDead(path: string): boolean {
    if (!this.isDead(path)) return false;
    try {
      return this.#alone(() => {
        // Another may have been first, and the lock that is there now is that one's.
        const mark = this.#deadMarkOf(path);
        if (mark === undefined) return false;
        unlinkSync(path);
        unlinkSync(mark);
        return true;
      });
    } catch {
      // Whoever may not remove it waits for one who may, and says at last which lock is in the way.
      return false;
    }
  }

  /** `undefined` where local state cannot be written: the lock then goes without a mark. */
  async #open(mark: string): Promise<OpenFile | undefined> {
    try {
      mkdirSync(this.#folder, { recursive: true });
      return await diskFs.promises.open(mark, 'wx');
    } catch {
      return undefined;
    }
  }

  #deadMarkOf(path: string): string | undefined {
    const mark = this.#markOf(path);
    return mark !== undefined && isOfDeadProcess(basename(mark)) ? mark : undefined;
  }

  #markOf(path: string): string | undefined {
    const lock = lstatSync(path, { throwIfNoEntry: false });
    // Git's own have one name.
    if (lock === undefined || lock.nlink < 2) return undefined;
    for (const name of listMarks(this.#folder)) {
      const mark = join(this.#folder, name);
      if (lstatSync(mark, { throwIfNoEntry: false })?.ino === lock.ino) return mark;
    }
    return undefined;
  }

  /** By a lock that the system lets go of when this process ends. */
  #alone(task: () => boolean): boolean {
    const guard = openSqlite(`${this.#folder}.sqlite`, { timeout: GUARD_MS });
    try {
      guard.exec('BEGIN EXCLUSIVE');
      return task();
    } finally {
      guard.close();
    }
  }
}

function listMarks(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // No process that marks its locks was here.
    return [];
  }
}

let scope: string | undefined;

/** A new file name that says which process it is of. */
export const markOfThisProcess = (): string =>
  [scopeHere(), process.pid, nodeCrypto().randomUUID()].join('.');

/** True where the process that a mark is of has ended. Of one that runs elsewhere that cannot be known: false. */
export function isOfDeadProcess(mark: string): boolean {
  const pid = processOfMark(mark);
  return pid !== undefined && !isAlive(pid);
}

/** Within which a process id means one process: a running system, and in it a space of ids. */
function scopeHere(): string {
  scope ??= readScope();
  return scope;
}

function readScope(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}-${readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')}`;
  } catch {
    // Not on Linux.
    return encodeURIComponent(hostname()).replaceAll('.', '%2E');
  }
}

/** The process that a mark is of, where it runs here. */
function processOfMark(mark: string): number | undefined {
  const [where, pid] = mark.split('.');
  return where === scopeHere() ? Number(pid) : undefined;
}

const isAlive = (pid: number): boolean => stateOf(pid) !== 'ended';

/** What a process of this machine is at; `unknown` of one that is there, where the system does not say more. */
export function stateOf(pid: number): 'running' | 'stopped' | 'ended' | 'unknown' {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return 'ended';
  }
  try {
    const [, letter = ''] = /.*\) (\S) /s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? [];
    // One that was killed stays until its parent has taken note.
    if ('ZX'.includes(letter)) return 'ended';
    return 'Tt'.includes(letter) ? 'stopped' : 'running';
  } catch {
    return 'unknown';
  }
}

/** A lock that git takes is let go within moments. */
const OLD_MS = 10 * 60_000;

/** A lock that nobody lets go of any more, or most likely so. */
export interface StaleLock {
  path: string;
  /** True where a mark shows that a process of this program made it, and that this process is gone. */
  dead: boolean;
}

const pathsOf = (gitDir: string, refs: readonly string[]): string[] =>
  [...refs, 'packed-refs'].map((ref) => join(gitDir, `${ref}.lock`));

/** Locks of these refs whose process is known to be dead, and any other that has been there for long. */
export function staleLocks(gitDir: string, refs: readonly string[], now: number): StaleLock[] {
  const marks = new LockMarks(gitDir);
  const isOld = (path: string): boolean =>
    now - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now) > OLD_MS;
  return pathsOf(gitDir, refs)
    .map((path) => ({ path, dead: marks.isDead(path) }))
    .filter(({ path, dead }) => dead || isOld(path));
}

/** Takes away those locks of these refs whose process is known to be dead, and no others. @returns their paths */
export function removeDeadLocks(gitDir: string, refs: readonly string[]): string[] {
  const marks = new LockMarks(gitDir);
  return pathsOf(gitDir, refs).filter((path) => marks.breakDead(path));
}
