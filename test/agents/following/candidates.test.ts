import { expect, test } from 'vitest';
import { Candidates, Spread } from '../../../src/agents/following/candidates.ts';
import { LedgerError, type ReachedLimit, type WorkItem, type WorkPriority } from '../../../src/index.ts';
import { makePair } from '../pair.ts';

const item = (id: number, priority: WorkPriority = 'medium'): WorkItem =>
  ({ id: `WRK-20260103-${id}`, rev: 1, priority }) as WorkItem;
const READY = Array.from({ length: 100 }, (_, n) => item(n));
const limitOf = (kind: ReachedLimit['kind'], name: string) =>
  new LedgerError('LIMIT_REACHED', 'full', {
    details: { id: 'WRK-20260103-0001', limits: [{ kind, name, max: 1, items: [] }] },
  });

test('given a contender that meets nobody, when it chooses, then it takes the best', () => {
  const spread = new Spread('ada');
  expect(spread.order(READY)).toEqual(READY);
  expect(spread.order([])).toEqual([]);
});

test('given contenders that lose races, when they choose, then they seldom choose the same, and none that is less urgent', () => {
  const contenders = Array.from({ length: 8 }, (_, n) => new Spread(`worker ${n}`));
  for (const spread of contenders) for (let n = 0; n < 5; n += 1) spread.lost();
  const picked = contenders.map((spread) => spread.order(READY)[0]?.id);
  expect(new Set(picked).size).toBeGreaterThan(5);
  const urgent = [item(500, 'high'), item(501, 'high'), ...READY];
  for (const spread of contenders) {
    const first = spread.order(urgent).slice(0, 3);
    expect(first.map(({ priority }) => priority)).toEqual(['high', 'high', 'medium']);
  }
});

test('given many that are known to claim at once, when each chooses, then each of the most urgent is chosen by about as many', () => {
  const ready = [...Array.from({ length: 16 }, (_, n) => item(n, 'high')), item(16, 'low')];
  const chosen = Array.from({ length: 200 }, (_, n) => new Spread(`exec-${n}`, true).order(ready)[0]?.id);
  expect(new Set(chosen).size).toBe(16);
  expect(chosen).not.toContain(ready[16]?.id);
  const most = Math.max(...[...new Set(chosen)].map((id) => chosen.filter((one) => one === id).length));
  expect(most).toBeLessThan(200 / 4);
});

test('given a contender that lost races, when it wins again and again, then it goes for the best again', () => {
  const spread = new Spread('ada');
  for (let n = 0; n < 10; n += 1) spread.lost();
  expect(spread.width).toBe(64);
  for (let n = 0; n < 64; n += 1) spread.won();
  expect(spread.order(READY)).toEqual(READY);
});

test('given items that could not be claimed, when it goes on, then they are left alone, and as many others are found as are wanted', async () => {
  const { ada } = await makePair();
  const ids: string[] = [];
  for (const title of ['One', 'Two', 'Three', 'Four']) ids.push((await ada.ledger.createWork({ title })).id);
  const [one = '', two = '', three = '', four = ''] = ids;
  const candidates = new Candidates(ada.ledger, {}, { actor: 'ada', key: 'exec-1' });
  expect(await idsOf(candidates, 2)).toEqual([one, two]);
  expect(candidates.refused(one, new LedgerError('POLICY_DENIED', 'no'))).toBe('taken');
  expect(await idsOf(candidates, 2, new Set([two]))).toEqual([three, four]);
  expect(candidates.refused(two, new LedgerError('REMOTE_UNREACHABLE', 'away'))).toBeUndefined();
  candidates.lost(three);
  expect(new Set(await idsOf(candidates, 9))).toEqual(new Set([two, four]));
});

test('given a limit that is reached, when it goes on, then nothing that the limit keeps is tried, and of its own limit nothing at all', async () => {
  const { ada } = await makePair();
  const made = [
    { title: 'Of the swarm', swarm_name: 'full' },
    { title: 'The same', swarm_name: 'full' },
    { title: 'Of the label', labels: ['slow'] },
    { title: 'Free' },
  ];
  const ids: string[] = [];
  for (const fields of made) ids.push((await ada.ledger.createWork(fields)).id);
  const [first = '', , third = '', free = ''] = ids;
  const candidates = new Candidates(ada.ledger, {}, { actor: 'ada', key: 'exec-1' });
  expect(candidates.refused(first, limitOf('swarm', 'full'))).toBe('limit');
  expect(candidates.refused(third, limitOf('label', 'slow'))).toBe('limit');
  expect(await idsOf(candidates, 1)).toEqual([free]);
  expect(candidates.refused(free, limitOf('owner', 'ada'))).toBe('limit');
  expect([candidates.isBarred, await idsOf(candidates, 9)]).toEqual([true, []]);
});

test('given an item that is avoided for a while, when that is over, then it is tried again', async () => {
  const { ada } = await makePair();
  const { id } = await ada.ledger.createWork({ title: 'One' });
  const candidates = new Candidates(ada.ledger, {}, { actor: 'ada', key: 'exec-1', avoid_ms: 0 });
  candidates.refused(id, limitOf('owner', 'ada'));
  expect(await idsOf(candidates, 1)).toEqual([id]);
});

const idsOf = async (candidates: Candidates, count: number, busy?: ReadonlySet<string>): Promise<string[]> =>
  (await candidates.next(count, busy)).map(({ id }) => id);
