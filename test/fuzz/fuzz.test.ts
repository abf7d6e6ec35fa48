import { expect, test } from 'vitest';
import { failuresOf, fuzz, newIn, summaryOf } from './campaign.ts';
import { caseOf, mutationCount, planOf } from './plan.ts';

const CASES = 150;

test('given good ledgers that are bent, when all who judge them are asked, then they agree but for what is known', async () => {
  const campaign = await fuzz({ first: 1, goesOn: (cases) => cases < CASES });
  expect(newIn(campaign), `${summaryOf(campaign)}\nnpm run fuzz -- --seed SEED prints the case`).toEqual([]);
  expect(campaign.taken).toBeGreaterThan(CASES / 20);
  expect(campaign.rules.size).toBeGreaterThan(20);
});

test('given a plan without mutations, when it is judged, then all of it is taken, from any place on', async () => {
  for (let seed = 1; seed <= 12; seed += 1) {
    const plan = { ...planOf(seed), mutations: [], length: 9 };
    expect(await failuresOf(plan), `seed ${seed}`).toEqual([]);
  }
});

test('given a seed, when its case is made twice, then it is the same, and other seeds make other ones', async () => {
  const tips: string[] = [];
  for (const seed of [3, 3, 4, 5]) tips.push((await caseOf(planOf(seed))).tip);
  expect(tips[0]).toBe(tips[1]);
  expect(new Set(tips).size).toBe(3);
  expect(mutationCount).toBeGreaterThan(130);
});
