import { cloneOf, copyBare } from '../clone.ts';
import { type Measured, measure } from '../measure.ts';
import { wl } from '../program.ts';
import { atMost } from '../row.ts';
import type { SeedPlan } from '../seed/plan.ts';
import { median } from '../statistics.ts';
import { tell } from '../workspace.ts';
import { isLarge, type Line } from './line.ts';

const LIMITS_S = [1.5, 10] as const;

/** The first `wl ready` of a clone that nothing was asked of yet. Cloning itself is not counted. */
export async function measureFresh(folder: string, plan: SeedPlan, runs: number): Promise<Line> {
  tell(`measuring ${runs} fresh clones ...`);
  const origin = await copyBare(folder, 'shared.git', plan);
  const measured: Measured[] = [];
  for (let run = 0; run < runs; run += 1) {
    measured.push(await measure(wl('ready'), await cloneOf(origin, folder, `fresh-${run}`)));
  }
  const wall = median(measured.map((one) => one.wall));
  const cpu = median(measured.map((one) => one.cpu));
  return {
    what: 'first wl ready in a fresh clone',
    figures: { 'CPU ms': cpu, 'wall ms': wall },
    target: atMost(wall / 1000, LIMITS_S[isLarge(plan.items) ? 1 : 0], 's wall'),
    note: `${runs} runs`,
  };
}
