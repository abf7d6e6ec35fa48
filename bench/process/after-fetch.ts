import { cloneOf, copyBare, moveLedger } from '../clone.ts';
import { measure, measureInterleaved, type Subject } from '../measure.ts';
import { loadLibrary, NODE, wl } from '../program.ts';
import { atMost } from '../row.ts';
import type { SeedPlan } from '../seed/plan.ts';
import { BRANCH } from '../seed.ts';
import { planTraffic, runBatch } from '../traffic.ts';
import { git, tell } from '../workspace.ts';
import { figuresOf, type Line } from './line.ts';

const TRANSITIONS = 100;
const LIMIT = 3;

/** `wl ready` where plain git brought 100 transitions since the index was last current. Fetching is not counted. */
export async function measureAfterFetch(folder: string, plan: SeedPlan, runs: number): Promise<Line> {
  tell(`measuring after a fetch, ${runs} runs ...`);
  const origin = await copyBare(folder, 'busy.git', plan);
  const reading = await cloneOf(origin, folder, 'follower');
  await writeSteps(origin, await cloneOf(origin, folder, 'writer'), runs);
  const node: Subject = { what: 'node -e 0', cwd: folder, command: () => NODE };
  const ready: Subject = {
    what: 'wl ready',
    cwd: reading,
    command: () => wl('ready'),
    before: (step) => fetchStep(reading, step),
  };
  await measure(ready.command(0), reading);
  const of = await measureInterleaved([node, ready], runs);
  const figures = figuresOf(of(ready), of(node));
  return {
    what: `wl ready after ${TRANSITIONS} fetched transitions`,
    figures,
    target: atMost(figures['× node'], LIMIT, '× node'),
  };
}

const stepRef = (step: number): string => `refs/bench/step-${step}`;

/** Pushes so many times 100 transitions, and names where the ledger stands after each. */
async function writeSteps(origin: string, dir: string, steps: number): Promise<void> {
  const { openLedger } = await loadLibrary();
  const ledger = await openLedger({ dir, actor: 'bench' });
  try {
    for (let step = 0; step < steps; step += 1) {
      await runBatch(ledger, await planTraffic(ledger, TRANSITIONS));
      await git(origin, 'update-ref', stepRef(step), `refs/heads/${BRANCH}`);
    }
  } finally {
    await ledger.close();
  }
}

async function fetchStep(dir: string, step: number): Promise<void> {
  const tracking = `refs/remotes/origin/${BRANCH}`;
  await git(dir, 'fetch', '--quiet', 'origin', `+${stepRef(step)}:${tracking}`);
  await moveLedger(dir, tracking);
}
