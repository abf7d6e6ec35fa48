import { expect, test } from 'vitest';
import { failuresOf, fuzz, newIn, summaryOf } from '../fuzz/campaign.ts';
import { KNOWN_FAILURES } from '../fuzz/known-failures.ts';
import { planOf } from '../fuzz/plan.ts';

const MINUTES = 2;
/** So many fit into it on two cores: no machine tries what no other has tried before. */
const CASES = 4_000;
/** Seeds that `npm test` does not run. */
const FIRST = 1_001;

test('given two minutes of bent ledgers, when all who judge them are asked, then they disagree on what is known, and on all of that', async () => {
  const end = performance.now() + MINUTES * 60_000;
  const campaign = await fuzz({ first: FIRST, goesOn: (cases) => cases < CASES && performance.now() < end });
  console.log(summaryOf(campaign));
  expect(newIn(campaign), 'npm run fuzz -- --seed SEED prints the case').toEqual([]);
  const found = new Set(campaign.found.keys());
  for (const { seed } of KNOWN_FAILURES.filter(({ name }) => !found.has(name)))
    for (const { name } of await failuresOf(planOf(seed))) found.add(name);
  const gone = KNOWN_FAILURES.map(({ name }) => name).filter((name) => !found.has(name));
  expect(gone, 'what was mended is taken out of test/fuzz/known-failures.ts').toEqual([]);
});
