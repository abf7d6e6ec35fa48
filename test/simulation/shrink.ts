import type { Violation } from './oracles/oracle.ts';
import type { Plan } from './plan.ts';
import { run } from './run.ts';

/** One failure or two: what is wrong counts, not where. */
export const nameOf = ({ oracle, kind }: Pick<Violation, 'oracle' | 'kind'>): string => `${oracle}: ${kind}`;

/**
 * Leaves out of a plan what its failure does not need: faults, callers, steps.
 *
 * @param most runs that may be spent on it
 * @returns the least plan that was found to fail in the same way
 */
export async function shrink(plan: Plan, failure: string, most = 150): Promise<Plan> {
  let [least, left] = [plan, most];
  for (let found = true; found && left > 0; ) {
    found = false;
    for (const smaller of smallerThan(least)) {
      if (left <= 0) break;
      left -= 1;
      const { violations } = await run(smaller);
      if (!violations.some((one) => nameOf(one) === failure)) continue;
      [least, found] = [smaller, true];
      break;
    }
  }
  return least;
}

/** Plans that lack one thing, those that lack most first. */
function* smallerThan(plan: Plan): Generator<Plan> {
  const { callers, faults } = plan;
  for (const index of callers.keys()) yield { ...plan, callers: without(callers, index) };
  if (faults.length > 1) yield { ...plan, faults: [] };
  for (const index of faults.keys()) yield { ...plan, faults: without(faults, index) };
  for (const [index, caller] of callers.entries()) {
    const half = Math.floor(caller.steps.length / 2);
    const parts = half > 1 ? [caller.steps.slice(0, half), caller.steps.slice(half)] : [];
    for (const steps of [...parts, ...caller.steps.map((_, at) => without(caller.steps, at))])
      if (steps.length > 0) yield { ...plan, callers: callers.with(index, { ...caller, steps }) };
  }
}

const without = <T>(list: readonly T[], index: number): T[] => list.filter((_, at) => at !== index);
