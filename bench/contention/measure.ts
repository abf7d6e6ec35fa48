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
  /** Git processes by command, long-lived helpers among them. */
  git: Record<string, number>;
  /** Milliseconds of processor time; `undefined` where the system does not tell. */
  cpu: number | undefined;
  faults: Faults;
}

export function figuresOf(works: readonly Work[], window: number, faults: Faults): Figures {
  const all = works.flatMap(({ acknowledged }) => acknowledged.filter(({ counts }) => counts));
  const waits = all.map(({ wait }) => wait).sort((a, b) => a - b);
  const accepted = all.filter(({ in_time }) => in_time).length;
  const each = (amount: number): number => amount / Math.max(1, all.length);
  const git = total(works.map((work) => work.git));
  const started = (commands: readonly string[]): number => sum(commands.map((command) => git[command] ?? 0));
  const cpu = works.map((work) => work.cpu);
  return {
    accepted,
    per_second: (accepted * 1000) / window,
    median_wait: waits[Math.floor(waits.length / 2)] ?? 0,
    slowest_wait: waits.at(-1) ?? 0,
    refused: total(works.map((work) => work.refused)),
    pushes: each(started(['push', 'send-pack'])),
    fetches: each(started(['fetch', 'fetch-pack', 'ls-remote'])),
    git: Object.fromEntries(Object.entries(git).map(([command, n]) => [command, each(n)])),
    cpu: cpu.includes(undefined) ? undefined : each(sum(cpu.map((ms) => ms ?? 0))),
    faults,
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

function total(counts: readonly Record<string, number>[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const one of counts) for (const [key, n] of Object.entries(one)) all[key] = (all[key] ?? 0) + n;
  return all;
}
