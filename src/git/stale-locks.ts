import { statSync } from 'node:fs';
import { join } from 'node:path';

/** A lock that git takes is let go within moments. */
const OLD_MS = 10 * 60_000;

/** Locks of these refs that have been there for so long that whoever took them is likely dead. @returns their paths */
export function staleLocks(gitDir: string, refs: readonly string[], now: number): string[] {
  return [...refs, 'packed-refs']
    .map((ref) => join(gitDir, `${ref}.lock`))
    .filter((path) => now - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now) > OLD_MS);
}
