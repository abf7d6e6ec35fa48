import { readFileSync } from 'node:fs';

const TICK_MS = 10;

/** Processor time of this process and of all its children that ended, in milliseconds, where `/proc` tells. */
export function cpuTime(): number | undefined {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * TICK_MS, 0);
  } catch {
    // Not Linux.
    return undefined;
  }
}
