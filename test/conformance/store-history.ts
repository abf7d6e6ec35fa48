import { expect, test } from 'vitest';
import type { LedgerStore, Oid } from '../../src/store/port.ts';
import { append, committed, draft, history, messages, NOON, REF } from './drafts.ts';
import type { StoreWorld } from './store.ts';

/** Five commits, a minute apart: the names say which files they touch. */
async function line(store: LedgerStore): Promise<Oid[]> {
  const touched = [['a', 'b'], ['a'], ['x/b'], ['a', 'x/b'], ['ab']];
  const drafts = touched.map((paths, n) =>
    draft(`${n} ${paths.join(' ')}`, Object.fromEntries(paths.map((path) => [path, `${n}`])), {
      committed_at: NOON + n * 60,
    }),
  );
  const result = await store.commit({ ref: 'refs/heads/line', expected: undefined, base: undefined, drafts });
  return result.kind === 'committed' ? [...result.oids] : [];
}

const ALL = ['0 a b', '1 a', '2 x/b', '3 a x/b', '4 ab'];
const last = (oids: readonly Oid[]): Oid => oids.at(-1) ?? '';

export function historyLaws(world: () => StoreWorld): void {
  test('given a history, when it is read, then it comes oldest first, from the root to the tip', async () => {
    const { store } = world();
    const oids = await line(store);
    const records = await history(store, { to: last(oids) });
    expect(records.map(({ oid }) => oid)).toEqual(oids);
    expect(records.map(({ message }) => message)).toEqual(ALL);
    expect(await messages(store, { to: oids[2] ?? '' })).toEqual(ALL.slice(0, 3));
  });

  test('given commits, when they are read, then each shows what it changes against its parent, the root every file', async () => {
    const { store } = world();
    const oids = await line(store);
    const records = await history(store, { to: last(oids) });
    const shown = records.map(({ changes }) => changes.map(({ path }) => path).sort());
    expect(shown).toEqual([['a', 'b'], ['a'], ['x/b'], ['a', 'x/b'], ['ab']]);
    expect(records[0]?.changes.every(({ before }) => before === undefined)).toBe(true);
    const [root, second] = [await store.readTree(oids[0] ?? ''), await store.readTree(oids[1] ?? '')];
    const blob = (tree: typeof root) => tree.find(({ path }) => path === 'a')?.oid;
    expect(records[1]?.changes).toEqual([
      {
        path: 'a',
        before: { mode: '100644', oid: blob(root) },
        after: { mode: '100644', oid: blob(second) },
      },
    ]);
  });

  test('given records without changes, when history is read, then they are the same but for those', async () => {
    const { store } = world();
    const oids = await line(store);
    const to = last(oids);
    for (const query of [
      { to },
      { to, from: oids[1] },
      { to, newest: 2 },
      { to, since: NOON + 60 },
      { to, paths: ['x/b'] },
      { to, paths: ['a'], newest: 1 },
      { to, from: oids[0], paths: ['a'] },
    ]) {
      const whole = await history(store, query);
      const plain = await history(store, { ...query, changes: false });
      expect(whole.length).toBeGreaterThan(0);
      expect(plain).toEqual(whole.map((record) => ({ ...record, changes: [] })));
    }
  });

  test.each([3, 30])(
    'given %i commits that say what they changed, of which some lie, when they are read by that, then they are the same, and those that do not lie are known to be sound',
    async (many) => {
      const { store } = world();
      // Each says in its message which file it left, and which it took away.
      const drafts = Array.from({ length: many }, (_, n) => {
        const [left, gone] = [`x/${n % 4}`, `y/${(n + 1) % 4}`];
        const files = { [left]: `${n}`, [gone]: undefined, [`y/${n % 4}`]: n % 3 === 0 ? `${n}` : undefined };
        const hidden = n % 5 === 2 ? { 'z/hidden': `${n}` } : {};
        return draft(`${n % 3 === 0 ? `y/${n % 4}` : left} ${gone}`, { ...files, ...hidden });
      });
      const result = await store.commit({ ref: REF, expected: undefined, base: undefined, drafts });
      const oids = result.kind === 'committed' ? result.oids : [];
      const query = { to: last(oids), from: oids[0] };
      const likely = (message: string) => {
        const [left = '', gone = ''] = message.split(' ');
        return left.startsWith('y') ? undefined : { left, gone: [gone] };
      };
      const plain = await history(store, query);
      const guessed = await history(store, { ...query, likely });
      expect(guessed.map(({ sound: _, ...record }) => record)).toEqual(plain);
      for (const { sound, changes, message } of guessed) {
        const isWhatItSays = changes.every(({ path }) => message.split(' ').includes(path));
        expect(sound ?? false).toBe(likely(message) !== undefined && isWhatItSays);
      }
      const files = guessed.flatMap(({ changes }) => changes.flatMap(({ after }) => after?.oid ?? []));
      expect([...(await store.readBlobs(files, 100)).keys()].sort()).toEqual([...new Set(files)].sort());
    },
  );

  test('given a reader that stops early, when history is read again, then it is whole', async () => {
    const { store } = world();
    const oids = await line(store);
    for await (const { oid } of store.commits({ to: last(oids), changes: false })) {
      expect(oid).toBe(oids[0]);
      break;
    }
    expect(await messages(store, { to: last(oids), changes: false })).toEqual(ALL);
  });

  test('given no such commit, when its history is read, then that is an error and not an empty history', async () => {
    const { store } = world();
    await line(store);
    const to = '0123456789012345678901234567890123456789';
    await expect(history(store, { to, changes: false })).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect(history(store, { to })).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  });

  test('given a commit to begin after, when history is read, then what that commit reaches is left out', async () => {
    const { store } = world();
    const oids = await line(store);
    const to = last(oids);
    expect(await messages(store, { to, from: oids[1] })).toEqual(ALL.slice(2));
    expect(await messages(store, { to, from: to })).toEqual([]);
    expect(await messages(store, { to: oids[1] ?? '', from: to })).toEqual([]);
  });

  test('given two lines from one commit, when one is read from the other, then only its own commits come', async () => {
    const { store } = world();
    const oids = await line(store);
    const drafts = [draft('left 1', { l: '1' }), draft('left 2', { l: '2' })];
    const left = await committed(store, {
      ref: 'refs/heads/left',
      expected: undefined,
      base: oids[2],
      drafts,
    });
    expect(await messages(store, { to: left, from: last(oids) })).toEqual(['left 1', 'left 2']);
    expect(await messages(store, { to: last(oids), from: left })).toEqual(ALL.slice(3));
  });

  test('given a foreign history, when one is read from the other, then all of it comes', async () => {
    const { store } = world();
    const oids = await line(store);
    const foreign = await append(store, draft('foreign', { a: 'f' }));
    expect(await messages(store, { to: last(oids), from: foreign })).toEqual(ALL);
  });

  test('given paths, when history is read, then only commits that touch one come, with all that they change', async () => {
    const { store } = world();
    const to = last(await line(store));
    expect(await messages(store, { to, paths: ['a'] })).toEqual(['0 a b', '1 a', '3 a x/b']);
    expect(await messages(store, { to, paths: ['x/b', 'ab'] })).toEqual(['2 x/b', '3 a x/b', '4 ab']);
    expect(await messages(store, { to, paths: ['nothing', 'x/b/c'] })).toEqual([]);
    const [, second] = await history(store, { to, paths: ['x/b'] });
    expect(second?.changes.map(({ path }) => path).sort()).toEqual(['a', 'x/b']);
  });

  test('given paths that look like patterns, when history is read, then they are taken as they stand', async () => {
    const { store } = world();
    const to = last(await line(store));
    expect(await messages(store, { to, paths: ['*'] })).toEqual([]);
    expect(await messages(store, { to, paths: [':(glob)a', ':/', '--'] })).toEqual([]);
  });

  test('given a file that was removed, when its path is asked for, then its removal is among the commits', async () => {
    const { store } = world();
    await append(store, draft('made', { 'active/a': '1', b: '1' }));
    await append(store, draft('other', { b: '2' }));
    const to = await append(store, draft('moved', { 'active/a': undefined, 'done/a': '1' }));
    expect(await messages(store, { to, paths: ['active/a'] })).toEqual(['made', 'moved']);
    expect(await messages(store, { to, paths: ['done/a'] })).toEqual(['moved']);
  });

  test('given a number, when history is read, then it comes newest first, and no more than that', async () => {
    const { store } = world();
    const oids = await line(store);
    const to = last(oids);
    expect(await messages(store, { to, newest: 2 })).toEqual(['4 ab', '3 a x/b']);
    expect(await messages(store, { to, newest: 100 })).toEqual(ALL.toReversed());
    expect(await messages(store, { to, newest: 2, paths: ['a'] })).toEqual(['3 a x/b', '1 a']);
    expect(await messages(store, { to, newest: 100, from: oids[2] })).toEqual(['4 ab', '3 a x/b']);
  });

  test('given a time, when history is read, then it begins at the first commit at or after it', async () => {
    const { store } = world();
    const to = last(await line(store));
    expect(await messages(store, { to, since: NOON + 180 })).toEqual(ALL.slice(3));
    expect(await messages(store, { to, since: NOON + 121 })).toEqual(ALL.slice(3));
    expect(await messages(store, { to, since: NOON + 181, newest: 5 })).toEqual(['4 ab']);
    expect(await messages(store, { to, since: NOON + 1_000 })).toEqual([]);
  });

  test('given times of writing and of committing, when history is read since a time, then committing counts', async () => {
    const { store } = world();
    await append(store, draft('old', { a: '1' }, { authored_at: NOON + 500, committed_at: NOON }));
    const to = await append(
      store,
      draft('new', { a: '2' }, { authored_at: NOON - 500, committed_at: NOON + 100 }),
    );
    expect(await messages(store, { to, since: NOON + 50 })).toEqual(['new']);
  });

  test('given clocks that go backwards, when history is read, then the order is that of the parents', async () => {
    const { store } = world();
    for (const [n, at] of [500, 100, 300, 0].entries()) {
      await append(store, draft(`${n}`, { a: `${n}` }, { committed_at: NOON + at }));
    }
    const to = (await store.readRef('refs/heads/work-ledger')) ?? '';
    expect(await messages(store, { to })).toEqual(['0', '1', '2', '3']);
    const [root, , third] = await history(store, { to });
    expect(await messages(store, { to, from: root?.oid })).toEqual(['1', '2', '3']);
    expect(await store.mergeBase(to, third?.oid ?? '')).toBe(third?.oid);
  });

  test('given one line, when an ancestor and a descendant are compared, then the base is the ancestor', async () => {
    const { store } = world();
    const oids = await line(store);
    const [root = '', , third = ''] = oids;
    expect(await store.mergeBase(root, last(oids))).toBe(root);
    expect(await store.mergeBase(last(oids), third)).toBe(third);
    expect(await store.mergeBase(third, third)).toBe(third);
  });

  test('given two lines, when they are compared, then the base is where they part', async () => {
    const { store } = world();
    const oids = await line(store);
    const drafts = [draft('left 1', { l: '1' }), draft('left 2', { l: '2' })];
    const left = await committed(store, {
      ref: 'refs/heads/left',
      expected: undefined,
      base: oids[2],
      drafts,
    });
    expect(await store.mergeBase(left, last(oids))).toBe(oids[2]);
    expect(await store.mergeBase(last(oids), left)).toBe(oids[2]);
  });

  test('given foreign roots, when they are compared, then there is no base', async () => {
    const { store } = world();
    const oids = await line(store);
    const foreign = await append(store, draft('foreign', { a: 'f' }));
    expect(await store.mergeBase(last(oids), foreign)).toBeUndefined();
  });
}
