import { expect, test } from 'vitest';
import { newIn, runMany, summaryOf } from './campaign.ts';
import { planOf } from './plan.ts';
import { transcriptOf } from './transcript.ts';

const RUNS = 50;

test('given many clones and processes, when anything happens to them, then nothing is wrong but what is known', async () => {
  const campaign = await runMany({ first: 1, goesOn: (runs) => runs < RUNS });
  expect(
    newIn(campaign),
    `${summaryOf(campaign)}\nnpm run simulate -- --seed SEED prints what happened`,
  ).toEqual([]);
});

test('given a seed, when it is run twice, then everything happens at the same time, in the same order', async () => {
  const plan = planOf(5);
  expect(await transcriptOf(plan, true)).toBe(await transcriptOf(plan, true));
});
