import { readFileSync } from 'node:fs';

/** True where a process has ended; one that nobody has waited for yet is as good as gone. */
export function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}
