import { linkSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync, unlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { LedgerError } from '../domain/errors.ts';
import { makeFolder, nodeCrypto, openSqlite } from '../node.ts';
import type { LockHolder } from '../trace/channels.ts';
import { diskFs, errorCode, type OpenFile } from './files/fs.ts';

let scope: string | undefined;

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

/** A new file name that says which process it belongs to. */
export const newOwnerName = (): string => [scopeHere(), process.pid, nodeCrypto().randomUUID()].join('.');

/** True where the process that such a name is of has ended. Of one that runs elsewhere that cannot be known: false. */
export function isOwnerDead(name: string): boolean {
  const pid = processOf(name);
  return pid !== undefined && stateOf(pid) === 'ended';
}

/** The process that such a name is of, where it runs here. */
function processOf(name: string): number | undefined {
  const [where, pid] = name.split('.');
  return where === scopeHere() ? Number(pid) : undefined;
}

/** What a process of this machine is at; `unknown` of one that is there, where the system does not say more. */
export function stateOf(pid: number): 'running' | 'stopped' | 'ended' | 'unknown' {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return 'ended';
  }
  try {
    const [, state = ''] = /.*\) (\S) /s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? [];
    // One that was killed stays until its parent has taken note.
    if ('ZX'.includes(state)) return 'ended';
    return 'Tt'.includes(state) ? 'stopped' : 'running';
  } catch {
    return 'unknown';
  }
}

/** True where the system tells which files the process has opened, and this one is not among them. */
function hasNotOpened(pid: number | undefined, path: string): boolean {
  if (pid === undefined) return false;
  try {
    const { dev, ino } = statSync(path);
    return readdirSync(`/proc/${pid}/fd`).every((fd) => {
      const file = statSync(`/proc/${pid}/fd/${fd}`, { throwIfNoEntry: false });
      return file?.ino !== ino || file.dev !== dev;
    });
  } catch {
    // Not on Linux, or of another user.
    return false;
  }
}

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
 * Makes locks that tell who owns them: each is a second name of a file in local state that is named after its process. So a
 * lock that a killed process left behind is known for what it is, and taken away. To git, and to others, it is a lock as any.
 */
export class LockOwners {
  readonly #folder: string;
  /** Of each lock of this process, the file that names its owner. */
  readonly #own = new Map<string, string>();

  constructor(gitDir: string) {
    this.#folder = join(gitDir, 'work-ledger', 'locks');
  }

  /** Creates the lock file at `path`. @throws `EEXIST` where there is one */
  async create(path: string): Promise<OpenFile> {
    const owner = join(this.#folder, newOwnerName());
    const file = await this.#open(owner);
    if (file === undefined) return diskFs.promises.open(path, 'wx');
    try {
      linkSync(owner, path);
      this.#own.set(path, owner);
      return file;
    } catch (error) {
      await file.close();
      unlinkSync(owner);
      if (CANNOT_LINK.has(errorCode(error) ?? '')) return diskFs.promises.open(path, 'wx');
      throw error;
    }
  }

  /** Takes away what told who owned the lock at `path`, once that is gone. */
  forget(path: string): void {
    const owner = this.#own.get(path);
    this.#own.delete(path);
    if (owner !== undefined) unlinkSync(owner);
  }

  /**
   * True where there is a lock at `path` and the process that made it is known to be dead.
   *
   * @param isOld whether it stands there for longer than any is held: then it is also dead where the process that it names is another
   *   one, which has not opened it, as in a copy of a clone
   */
  isDead(path: string, isOld = false): boolean {
    return this.#deadOwnerOf(path, isOld) !== undefined;
  }

  /** The process that has the lock at `path`; `null` where that cannot be known, as of git's own. */
  holderOf(path: string): LockHolder | null {
    const owner = this.#ownerOf(path);
    const pid = owner === undefined ? undefined : processOf(basename(owner));
    return pid === undefined ? null : { pid, state: stateOf(pid) };
  }

  /** Takes the lock at `path` away where the process that made it is dead. */
  breakDead(path: string, isOld = false): boolean {
    if (!this.isDead(path, isOld)) return false;
    try {
      return this.#alone(() => {
        // Another may have been first, and the lock that is there now is that one's.
        const owner = this.#deadOwnerOf(path, isOld);
        if (owner === undefined) return false;
        unlinkSync(path);
        unlinkSync(owner);
        return true;
      });
    } catch {
      // Whoever may not remove it waits for one who may, and says at last which lock is in the way.
      return false;
    }
  }

  /** `undefined` where local state cannot be written: the lock then goes without an owner. */
  async #open(owner: string): Promise<OpenFile | undefined> {
    try {
      makeFolder(this.#folder);
      return await diskFs.promises.open(owner, 'wx');
    } catch {
      return undefined;
    }
  }

  #deadOwnerOf(path: string, isOld: boolean): string | undefined {
    const owner = this.#ownerOf(path);
    if (owner === undefined) return undefined;
    const name = basename(owner);
    return isOwnerDead(name) || (isOld && hasNotOpened(processOf(name), path)) ? owner : undefined;
  }

  #ownerOf(path: string): string | undefined {
    const lock = lstatSync(path, { throwIfNoEntry: false });
    // Git's own have one name.
    if (lock === undefined || lock.nlink < 2) return undefined;
    for (const name of this.#names()) {
      const owner = join(this.#folder, name);
      if (lstatSync(owner, { throwIfNoEntry: false })?.ino === lock.ino) return owner;
    }
    return undefined;
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder);
    } catch {
      // No process that names itself in its locks was here.
      return [];
    }
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

/**
 * Said where a lock did not come free.
 *
 * @param path where it is known
 * @param holder whose it is, where that is known
 */
export function stillLocked(path: string | undefined, holder = openerOf(path)): LedgerError {
  const since = path && statSync(path, { throwIfNoEntry: false })?.mtime.toISOString();
  const who = holder === null ? 'Another process' : `Process ${holder.pid} (${holder.state})`;
  const what = `${path ?? "a ref's lock"}${since === undefined ? '' : ` since ${since}`}`;
  return new LedgerError('CONTENDED', `${who} holds ${what}, and did not let go in time.`, {
    hint: hintAt(holder),
    details: { lock: path ?? null, holder, since: since ?? null },
  });
}

function hintAt(holder: LockHolder | null): string {
  if (holder === null)
    return 'Try again. If no git process is running here, one that died has left the file behind.';
  return holder.state === 'stopped'
    ? `Let it go on: kill -CONT ${holder.pid}`
    : `See what it does: ps -p ${holder.pid}`;
}

/** The process that has a file open, where the system tells: on Linux, of the same user. */
function openerOf(path: string | undefined): LockHolder | null {
  if (path === undefined || process.platform !== 'linux') return null;
  for (const pid of readdirSync('/proc').map(Number)) {
    try {
      const open = pid > 0 && pid !== process.pid ? readdirSync(`/proc/${pid}/fd`) : [];
      if (open.some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === path))
        return { pid, state: stateOf(pid) };
    } catch {
      // Another user's, or it has ended.
    }
  }
  return null;
}
