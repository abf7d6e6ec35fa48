import { linkSync, lstatSync, mkdirSync, readdirSync, unlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { openSqlite } from '../node.ts';
import type { LockHolder } from '../trace/channels.ts';
import { diskFs } from './disk-fs.ts';
import { errorCode, type OpenFile } from './fs-like.ts';
import { isOfDeadProcess, markOfThisProcess, processOfMark, stateOf } from './process-mark.ts';

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
