import { expect, test } from 'vitest';
import { pathIn } from '../../src/codec/path.ts';
import { LedgerError } from '../../src/domain/errors.ts';
import { Projection } from '../../src/projection/projection.ts';
import { listItems } from '../../src/query/filter.ts';
import type { FileChange, Oid } from '../../src/store/port.ts';
import { makeWorld } from '../helpers/replicas.ts';

const REF = 'refs/heads/work-ledger';
const MINE = { name: 'mallory', email: 'm@example.invalid' };

/** A ledger of two items, and what somebody commits on it by hand. */
async function tampered(changesOf: (ids: readonly string[]) => FileChange[]) {
  const { replicas } = await makeWorld(['ada']);
  const [{ ledger, store } = { ledger: undefined, store: undefined }] = replicas;
  if (ledger === undefined) throw new Error('there is no clone');
  const ids = [(await ledger.createWork({ title: 'A' })).id, (await ledger.createWork({ title: 'B' })).id];
  const base = (await store.readRef(REF)) ?? '';
  const draft = { message: 'By hand\n', author: MINE, committer: MINE, authored_at: 1, committed_at: 1 };
  const made = await store.commit({
    ref: 'refs/heads/tampered',
    expected: undefined,
    base,
    drafts: [{ ...draft, changes: changesOf(ids) }],
  });
  if (made.kind !== 'committed') throw new Error('it was not committed');
  return { store, base, tip: made.tip };
}

type Place = Awaited<ReturnType<typeof tampered>>;

/** What an index shows at the tip: one that is new, or one that stood at the base, moved or left there. */
async function shown({ store, base, tip }: Place, how: 'anew' | 'caught up' | 'in passing') {
  const projection = new Projection({ store: async () => store, lock: { run: (_name, task) => task() } });
  const read = (at: Oid) =>
    projection.read(
      at,
      (view) => ({ items: listItems(view, { all: true }), damage: view.damage(true) }),
      'all',
    );
  try {
    if (how !== 'anew') await read(base);
    if (how !== 'in passing') return await read(tip);
    return await projection.peek(tip, (view) => view.statusOf('WRK-20260103-0001' as never));
  } catch (error) {
    if (error instanceof LedgerError) return error.code;
    throw error;
  } finally {
    projection.close();
  }
}

const fileOf = async (place: Place, path: string): Promise<Uint8Array> => {
  const entry = (await place.store.readTree(place.base)).find((one) => one.path === path);
  const blob = (await place.store.readBlobs([entry?.oid ?? ''], 1_000_000)).get(entry?.oid ?? '');
  if (blob?.kind !== 'bytes') throw new Error(`there is no ${path}`);
  return blob.bytes;
};

test('given settings that are gone, when an index is caught up, then it knows no ledger any more, as a new one', async () => {
  const place = await tampered(() => [{ path: 'ledger.yaml', bytes: undefined }]);
  expect(await shown(place, 'anew')).toBe('DAMAGED_ITEM');
  expect(await shown(place, 'caught up')).toBe('DAMAGED_ITEM');
  expect(await shown(place, 'in passing')).toBe('DAMAGED_ITEM');
});

test('given an item that comes with two files at once, when an index is caught up, then it shows the one that a new one shows', async () => {
  const good = await tampered(() => []);
  const id = 'WRK-20260103-0001' as never;
  const pending = (await fileOf(good, pathIn('active', id))).toString().replaceAll('0001', '0009');
  const completed = pending.replace('status: pending', 'status: completed');
  const other = 'WRK-20260103-0009' as never;
  const place = await tampered(() => [
    { path: pathIn('active', other), bytes: Buffer.from(pending) },
    { path: pathIn('completed', other), bytes: Buffer.from(completed) },
  ]);
  const anew = await shown(place, 'anew');
  expect(anew).toMatchObject({ damage: [{ problem: { rule: 'twice' } }] });
  expect(await shown(place, 'caught up')).toEqual(anew);
});

test('given a second file of an item, when a tip is looked at in passing, then its status is the one that a new index shows', async () => {
  const good = await tampered(() => []);
  const id = 'WRK-20260103-0001' as never;
  const completed = Buffer.from(await fileOf(good, pathIn('active', id)))
    .toString()
    .replace('status: pending', 'status: completed');
  const place = await tampered(() => [{ path: pathIn('completed', id), bytes: Buffer.from(completed) }]);
  expect(await shown(place, 'anew')).toMatchObject({ damage: [{ problem: { rule: 'twice' } }] });
  expect(await shown(place, 'in passing')).toBe('pending');
});

test('given damaged items, of which one stood elsewhere before, when they are listed, then in the order of a new index', async () => {
  const [first, second] = ['WRK-20260103-0001' as never, 'WRK-20260103-0002' as never];
  const bytes = Buffer.from('x');
  const { store, tip: base } = await tampered(() => [
    { path: pathIn('active', first), bytes: undefined },
    { path: pathIn('completed', first), bytes },
  ]);
  const made = await store.commit({
    ref: 'refs/heads/tampered',
    expected: base,
    base,
    drafts: [
      {
        ...{ message: 'By hand\n', author: MINE, committer: MINE, authored_at: 2, committed_at: 2 },
        changes: [
          { path: pathIn('completed', first), bytes: undefined },
          { path: pathIn('active', first), bytes },
          { path: pathIn('active', second), bytes },
        ],
      },
    ],
  });
  if (made.kind !== 'committed') throw new Error('it was not committed');
  const place = { store, base, tip: made.tip };
  expect(await shown(place, 'caught up')).toEqual(await shown(place, 'anew'));
});
