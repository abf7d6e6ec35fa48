import { statSync } from 'node:fs';
import { join } from 'node:path';
import { LockMarks } from './lock-marks.ts';

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
