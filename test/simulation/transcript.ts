import type { Fault, Plan } from './plan.ts';
import { run } from './run.ts';

/** What tells little of a race: what a clone notes for itself, and locks that come free. */
const DETAIL = / (?:notes|lets go of|takes the lock) /;

/**
 * What happened in a run, a line for each thing that others can see, then what was wrong with it.
 *
 * @param all with each lock, and each note in local state
 */
export async function transcriptOf(plan: Plan, all = false): Promise<string> {
  const lines = [
    `seed ${plan.seed}: ${plan.clones} clones, ${plan.items} items`,
    ...plan.faults.map(inWords),
  ];
  const onEvent = (at: number, text: string): void => {
    if (all || !DETAIL.test(text)) lines.push(`${(at / 1_000).toFixed(3).padStart(9)} s  ${text}`);
  };
  const { violations } = await run(plan, { onEvent });
  for (const { oracle, kind, text } of violations) lines.push(`${oracle}: ${kind}: ${text}`);
  return lines.join('\n');
}

function inWords({ kind, ...facts }: Fault): string {
  const told = Object.entries(facts).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
  return `fault: ${kind}, ${told.join(', ')}`;
}
