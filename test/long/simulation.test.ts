import { expect, test } from 'vitest';
import { newIn, runMany, summaryOf } from '../simulation/campaign.ts';
import { KNOWN_FAILURES } from '../simulation/known-failures.ts';
import { planOf } from '../simulation/plan.ts';
import { run } from '../simulation/run.ts';
import { nameOf } from '../simulation/shrink.ts';

const MINUTES = 2;
/** So many fit into it on two cores: no machine tries what no other has tried before. */
const RUNS = 1_300;
/** Seeds that `npm test` does not run. */
const FIRST = 1_001;

test('given two minutes of runs, when they are held against the oracles, then what is wrong is what is known, and all of that', async () => {
  const end = performance.now() + MINUTES * 60_000;
  const campaign = await runMany({ first: FIRST, goesOn: (runs) => runs < RUNS && performance.now() < end });
  console.log(summaryOf(campaign));
  expect(newIn(campaign), 'npm run simulate -- --seed SEED prints what happened').toEqual([]);
  const found = new Set(campaign.found.keys());
  for (const { seed } of KNOWN_FAILURES.filter(({ name }) => !found.has(name))) {
    for (const violation of (await run(planOf(seed))).violations) found.add(nameOf(violation));
  }
  const gone = KNOWN_FAILURES.map(({ name }) => name).filter((name) => !found.has(name));
  expect(gone, 'what was mended is taken out of test/simulation/known-failures.ts').toEqual([]);
});
