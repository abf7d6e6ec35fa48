import type { WorkLedger } from '../../src/index.ts';
import { median } from '../statistics.ts';
import { planTraffic, runBatch } from '../traffic.ts';

/** Figures by what was measured, each with its unit. */
export type Figures = Record<string, { value: number; unit: 'ms' | 'a second' | 'MB' }>;

const ROUNDS = 5;
const BATCH = 200;
const ONE_BY_ONE = 40;
const PAGE = 50;
/** A question is asked again until it was asked so often, or took so long in all. */
const ASKED = 101;
const PATIENCE_MS = 10_000;

/** Each runs in a process of its own, on a clone of its own. */
export const TASKS = { questions, transitions } as const;
export type TaskName = keyof typeof TASKS;

async function questions(ledger: WorkLedger): Promise<Figures> {
  // A version whose `getPending` knows no limit answers with all.
  const page: { limit: number; owner?: string | null } = { limit: PAGE };
  const asked: [string, () => Promise<unknown>][] = [
    [`getReadyToStart, limit ${PAGE}`, () => ledger.getReadyToStart(page)],
    [`getPending, limit ${PAGE}`, () => ledger.getPending(page)],
    [`list, limit ${PAGE}`, () => ledger.query.list(page)],
    ['getReadyToStart, all', () => ledger.getReadyToStart()],
    ['getPending, all', () => ledger.getPending()],
    ['list, all open', () => ledger.query.list()],
  ];
  const figures: Figures = {};
  for (const [what, ask] of asked) figures[what] = { value: await medianTime(ask), unit: 'ms' };
  return figures;
}

async function medianTime(ask: () => Promise<unknown>): Promise<number> {
  await ask();
  const times: number[] = [];
  const begin = performance.now();
  while (times.length < ASKED && performance.now() - begin < PATIENCE_MS) {
    const start = performance.now();
    await ask();
    times.push(performance.now() - start);
  }
  return median(times);
}

/** Transitions of a clone without remote; each is durable when its call returns. */
async function transitions(ledger: WorkLedger): Promise<Figures> {
  const [batched, single]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    const group = await planTraffic(ledger, BATCH);
    batched.push(await rate(group.length, () => runBatch(ledger, group)));
    const ones = await planTraffic(ledger, ONE_BY_ONE);
    single.push(
      await rate(ones.length, async () => {
        for (const one of ones) await runBatch(ledger, [one]);
      }),
    );
  }
  return {
    'transitions through batch': { value: median(batched), unit: 'a second' },
    'transitions one by one': { value: median(single), unit: 'a second' },
  };
}

async function rate(count: number, task: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await task();
  return (count * 1000) / (performance.now() - start);
}
