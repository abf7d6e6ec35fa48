import { expect, test } from 'vitest';
import type { LedgerStore } from '../../src/store/port.ts';
import { append, appendAgainstOthers, draft, files, history, REF } from './drafts.ts';
import type { StoreWorld } from './store.ts';

const WRITERS = 16;

export function raceLaws(world: () => StoreWorld): void {
  test(`given ${WRITERS} writers on one store, when all commit at once, then no update is lost`, async () => {
    const { store } = world();
    await everyUpdateStands(store, () => store);
  });

  test(`given ${WRITERS} writers on two stores of one repository, when all commit at once, then no update is lost`, async () => {
    const { store, second } = world();
    const other = await second();
    await everyUpdateStands(store, (n) => (n % 2 === 0 ? store : other));
    await other.close();
  });

  test('given many who make one ref, when all try at once, then exactly one made it', async () => {
    const { store, second } = world();
    const other = await second();
    const tip = await append(store, draft('init', { a: '1' }));
    const tries = Array.from({ length: 8 }, (_, n) => (n % 2 === 0 ? store : other));
    const made = await Promise.all(
      tries.map((one) => one.moveRef('refs/work-ledger/rejected/1', undefined, tip)),
    );
    expect(made.filter(Boolean)).toHaveLength(1);
    await other.close();
  });

  test('given many who commit from one tip, when all try at once, then exactly one is committed', async () => {
    const { store } = world();
    const tip = await append(store, draft('init', { a: '0' }));
    const tries = Array.from({ length: 8 }, (_, n) =>
      store.commit({ ref: REF, expected: tip, base: tip, drafts: [draft(`try ${n}`, { a: `${n}` })] }),
    );
    const results = await Promise.all(tries);
    const winners = results.filter(({ kind }) => kind === 'committed');
    expect(winners).toHaveLength(1);
    expect(await store.readRef(REF)).toBe(winners[0]?.tip);
  });
}

async function everyUpdateStands(store: LedgerStore, writer: (n: number) => LedgerStore): Promise<void> {
  await append(store, draft('init', { 'ledger.yaml': 's' }));
  const names = Array.from({ length: WRITERS }, (_, n) => `writer ${n}`);
  const acknowledged = await Promise.all(
    names.map((name, n) => appendAgainstOthers(writer(n), draft(name, { [`active/${n}.yaml`]: name }))),
  );
  const tip = (await store.readRef(REF)) ?? '';
  const records = await history(store, { to: tip });
  expect(records.map(({ oid }) => oid)).toEqual(expect.arrayContaining(acknowledged));
  expect(records.map(({ message }) => message).sort()).toEqual(['init', ...names].sort());
  expect(Object.keys(await files(store, tip))).toHaveLength(WRITERS + 1);
}
