import type { Faults } from './checks.ts';
import type { Work } from './protocol.ts';

/** What one team came to. */
export interface Figures {
  /** Accepted transitions within the window, and a second. */
  accepted: number;
  per_second: number;
  /** Of those that callers waited for, in milliseconds. */
  median_wait: number;
  slowest_wait: number;
  refused: Record<string, number>;
  /** For each accepted transition, also those after the window. */
  pushes: number;
  fetches: number;
  /** Milliseconds of processor time; `undefined` where the system does not tell. */
  cpu: number | undefined;
  faults: Faults;
}

export function figuresOf(works: readonly Work[], window: number, faults: Faults): Figures {
  const all = works.flatMap(({ acknowledged }) => acknowledged);
  const waits = all.map(({ wait }) => wait).sort((a, b) => a - b);
  const accepted = all.filter(({ in_time }) => in_time).length;
  const each = (total: number): number => total / Math.max(1, all.length);
  const started = (commands: readonly string[]): number =>
    sum(works.map(({ git }) => sum(commands.map((command) => git[command] ?? 0))));
  const cpu = works.map((work) => work.cpu);
  const refused: Record<string, number> = {};
  for (const work of works)
    for (const [code, n] of Object.entries(work.refused)) refused[code] = (refused[code] ?? 0) + n;
  return {
    accepted,
    per_second: (accepted * 1000) / window,
    median_wait: waits[Math.floor(waits.length / 2)] ?? 0,
    slowest_wait: waits.at(-1) ?? 0,
    refused,
    pushes: each(started(['push', 'send-pack'])),
    fetches: each(started(['fetch', 'fetch-pack', 'ls-remote'])),
    cpu: cpu.includes(undefined) ? undefined : each(sum(cpu.map((ms) => ms ?? 0))),
    faults,
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);
