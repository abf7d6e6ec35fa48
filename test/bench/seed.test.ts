import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RARE_WORD } from '../../bench/seed/words.ts';
import { makeSeed } from '../../bench/seed.ts';
import { openLedger, type WorkItem, type WorkLedger } from '../../src/index.ts';
import { isolateThisProcess, makeTempFolder, type TempFolder } from '../helpers/temp-repo.ts';

const ITEMS = 60;
let folder: TempFolder;
let ledger: WorkLedger;
let items: WorkItem[];
beforeAll(async () => {
  isolateThisProcess();
  folder = await makeTempFolder();
  const dir = join(folder.path, 'seed.git');
  await makeSeed({ items: ITEMS, oneDay: false }, dir);
  ledger = await openLedger({ dir, actor: 'ada' });
  items = await ledger.query.list({ all: true });
});
afterAll(async () => {
  await ledger.close();
  await folder.cleanup();
});

it('given a seed, when its history is verified, then every commit is a transition of the ledger', async () => {
  expect(await ledger.audit.verify()).toMatchObject({ ok: true, findings: [], commits: 3 * ITEMS + 1 });
});

it('given a seed, when its items are counted, then the shares are those that are promised', async () => {
  const share = (status: string): number => items.filter((item) => item.status === status).length / ITEMS;
  expect({
    completed: share('completed'),
    in_progress: share('in_progress'),
    pending: share('pending'),
  }).toEqual({
    completed: 0.6,
    in_progress: 0.1,
    pending: 0.3,
  });
  expect((await ledger.getReadyToStart()).length / ITEMS).toBe(0.2);
});

it('given a seed, when histories are read, then each item has three transitions', async () => {
  const transitions = Map.groupBy(await ledger.audit.log({ limit: 1_000 }), ({ id }) => id);
  expect(items.every(({ id, rev }) => rev === 3 && transitions.get(id)?.length === 3)).toBe(true);
});

it('given a seed, when its texts are looked at, then they are long, differ, and twenty hold the rare word', async () => {
  const lengths = items.map(({ description }) => Buffer.byteLength(description));
  expect(lengths.reduce((sum, length) => sum + length) / ITEMS).toBeGreaterThan(350);
  expect(lengths.reduce((sum, length) => sum + length) / ITEMS).toBeLessThan(450);
  expect(new Set(items.map(({ description }) => description)).size).toBe(ITEMS);
  expect(await ledger.query.search(RARE_WORD)).toHaveLength(20);
});

it('given the same plan, when it is seeded again, then it is the same ledger', async () => {
  const dir = join(folder.path, 'again.git');
  await makeSeed({ items: ITEMS, oneDay: false }, dir);
  const again = await openLedger({ dir });
  expect((await again.query.asOf()).tip).toBe((await ledger.query.asOf()).tip);
  await again.close();
});

it('given one day for all, when it is seeded, then one date stands in every id; otherwise there are 30', async () => {
  const dir = join(folder.path, 'one-day.git');
  await makeSeed({ items: ITEMS, oneDay: true }, dir);
  const crowded = await openLedger({ dir });
  const days = (all: readonly WorkItem[]): number => new Set(all.map(({ id }) => id.slice(0, 12))).size;
  expect(days(await crowded.query.list({ all: true }))).toBe(1);
  expect(days(items)).toBeGreaterThan(5);
  await crowded.close();
});
