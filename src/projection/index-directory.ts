import fs, { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { indexPath } from './index-database.ts';

/** Linux's numbers of file systems that are on another machine: NFS, SMB and CIFS, 9p, AFS, Ceph, and FUSE, which can be. */
const ELSEWHERE: ReadonlySet<number> = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997, 0x5346414f, 0x00c36400, 0x65735546,
]);

/**
 * Where a clone's index may stand: with the clone, or in the user's cache where the clone is on a network file system, whose
 * locks SQLite cannot rely on.
 *
 * @param typeOf Linux's number of the file system that a folder is on
 * @returns `undefined` where there is no such place
 */
export function indexDirectory(
  local: string,
  typeOf: (dir: string) => number = (dir) => fs.statfsSync(dir).type,
): string | undefined {
  const isLocal = (dir: string): boolean => {
    try {
      return !ELSEWHERE.has(typeOf(dir));
    } catch {
      // It is not there, or the system does not tell: then opening the index tells.
      return true;
    }
  };
  // It was found to be a place for it before.
  if (existsSync(indexPath(local)) || isLocal(dirname(local))) return local;
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  // Of two clones that come to one name, each finds the other's tip, and reads its own ledger again.
  const name = local.replaceAll(/[^\w.-]+/g, '_').slice(-150);
  return isLocal(cache) ? join(cache, 'work-ledger', name) : undefined;
}
