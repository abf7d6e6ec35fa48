import { type Exploration, explore } from './explore.ts';
import { isKnown } from './known-failures.ts';
import type { Plan } from './plan.ts';
import { SCENARIOS } from './scenarios.ts';

/** What became of a scenario. */
export interface Exhausted {
  scenario: string;
  /** Orders that differ, run to their end: without a fault, and with each single one. */
  interleavings: number;
  pruned: number;
  states: number;
  took_ms: number;
  faults: number;
  /** False where time ended it. */
  complete: boolean;
  found: Exploration['found'];
}

export interface ExhaustOptions {
  /** Switches from a process that could have gone on, at most: in a run without a fault, and in one with a fault. */
  preemptions: number;
  with_fault: number;
  /** When to end, by `performance.now()`. */
  until?: number | undefined;
  scenarios?: readonly string[] | undefined;
}

/** Runs each scenario in every order, without a fault, then with each single fault. */
export async function* exhaust(options: ExhaustOptions): AsyncGenerator<Exhausted> {
  const { scenarios = Object.keys(SCENARIOS) } = options;
  for (const scenario of scenarios) yield exhaustOne(scenario, SCENARIOS[scenario] as Plan, options);
}

async function exhaustOne(
  scenario: string,
  plan: Plan,
  { preemptions, with_fault, until = Number.POSITIVE_INFINITY }: ExhaustOptions,
): Promise<Exhausted> {
  const began = performance.now();
  const goesOn = (): boolean => performance.now() < until;
  const calm = await explore(plan, preemptions, goesOn);
  const total = { ...calm, scenario, faults: 0, took_ms: 0 };
  for (const fault of calm.faults.values()) {
    if (!goesOn()) {
      total.complete = false;
      break;
    }
    const seen = await explore({ ...plan, faults: [...plan.faults, fault] }, with_fault, goesOn);
    total.faults += 1;
    total.interleavings += seen.interleavings;
    total.pruned += seen.pruned;
    total.states += seen.states;
    total.complete &&= seen.complete;
    for (const [name, found] of seen.found) if (!total.found.has(name)) total.found.set(name, found);
  }
  return { ...total, took_ms: performance.now() - began };
}

export function exhaustedInWords({
  scenario,
  interleavings,
  pruned,
  states,
  took_ms,
  faults,
  complete,
  found,
}: Exhausted): string {
  const counted = `${interleavings} orders, ${pruned} left, ${states} states, ${faults} faults one by one, ${Math.round(took_ms / 1_000)} s`;
  const lines = [...found].map(([name, { violation, plan, schedule }]) => {
    const fault = plan.faults.length === 0 ? '' : ` with ${JSON.stringify(plan.faults[0])}`;
    return `  ${isKnown(name) ? 'known' : 'NEW  '}  ${name}${fault}: ${violation.text}\n         ${schedule.join(' | ')}`;
  });
  return [`${scenario}: ${counted}${complete ? '' : '; not all of it'}`, ...lines].join('\n');
}
