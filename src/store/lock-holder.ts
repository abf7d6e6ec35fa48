import { readFileSync, statSync } from 'node:fs';
import { stateOf } from '../git/process-mark.ts';
import type { LockHolder } from '../trace/channels.ts';

/** SQLite's own range of bytes for locks, in every file. */
const FIRST_BYTE = 0x40000000;
const LAST_BYTE = FIRST_BYTE + 511;

/** The process that has a lock on the file, where the system lists locks: on Linux, among processes that are seen from here. */
export function holderOf(path: string): LockHolder | null {
  try {
    const inode = String(statSync(path).ino);
    for (const line of readFileSync('/proc/locks', 'latin1').split('\n')) {
      // 1: POSIX  ADVISORY  WRITE 4242 08:01:1311 1073741826 1073742335
      const [, kind, , access, pid = '', file = '', first = ''] = line.split(/ +/);
      if (kind !== 'POSIX' || access !== 'WRITE' || !file.endsWith(`:${inode}`)) continue;
      if (Number(first) >= FIRST_BYTE && Number(first) <= LAST_BYTE && Number(pid) > 0)
        return { pid: Number(pid), state: stateOf(Number(pid)) };
    }
  } catch {
    // Not on Linux, or locks are not shown.
  }
  return null;
}
