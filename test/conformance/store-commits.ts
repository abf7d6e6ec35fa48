import { expect, test } from 'vitest';
import { append, committed, draft, files, history, messages, NOON, REF } from './drafts.ts';
import type { StoreWorld } from './store.ts';

export function commitLaws(world: () => StoreWorld): void {
  test('given no ref, when a draft is committed without a base, then the ref is at a root commit', async () => {
    const { store } = world();
    const drafts = [draft('init', { 'ledger.yaml': 'schema: 1\n' })];
    const result = await store.commit({ ref: REF, expected: undefined, base: undefined, drafts });
    if (result.kind !== 'committed') throw new Error('it moved');
    expect(result.oids).toEqual([result.tip]);
    expect(await store.readRef(REF)).toBe(result.tip);
    expect((await history(store, { to: result.tip })).map(({ parents }) => parents)).toEqual([[]]);
    expect(await files(store, result.tip)).toEqual({ 'ledger.yaml': 'schema: 1\n' });
  });

  test('given a tip, when a draft is appended, then its parent is that tip and other files stay', async () => {
    const { store } = world();
    const root = await append(store, draft('init', { 'a/b/one': '1', 'a/two': '2', three: '3' }));
    const tip = await append(store, draft('change', { 'a/b/one': 'changed' }));
    const [record] = await history(store, { to: tip, newest: 1 });
    expect(record?.parents).toEqual([root]);
    expect(await files(store, tip)).toEqual({ 'a/b/one': 'changed', 'a/two': '2', three: '3' });
  });

  test('given many drafts, when they are committed, then each is the parent of the next and only the last is the tip', async () => {
    const { store } = world();
    const root = await append(store, draft('init', { kept: 'k' }));
    const drafts = Array.from({ length: 20 }, (_, n) =>
      draft(`number ${n}`, { [`active/${n % 3}/${n}.yaml`]: `${n}` }),
    );
    const result = await store.commit({ ref: REF, expected: root, base: root, drafts });
    if (result.kind !== 'committed') throw new Error('it moved');
    const records = await history(store, { to: result.tip });
    expect(records.map(({ oid }) => oid)).toEqual([root, ...result.oids]);
    expect(records.slice(1).map(({ parents }) => parents)).toEqual(
      [root, ...result.oids.slice(0, -1)].map((oid) => [oid]),
    );
    expect(await store.readRef(REF)).toBe(result.oids.at(-1));
    expect(Object.keys(await files(store, result.tip))).toHaveLength(21);
  });

  test('given runs of any length, when they are committed from one base, then their names are the same as one by one', async () => {
    const { store } = world();
    const root = await append(store, draft('init', { 'a/kept': 'k', 'b/gone': 'g' }));
    const drafts = Array.from({ length: 12 }, (_, n) =>
      draft(`number ${n}`, { [`a/${n % 3}.yaml`]: `${n}`, 'b/gone': undefined }),
    );
    const together = await store.commit({ ref: REF, expected: root, base: root, drafts });
    const oids: string[] = [];
    let tip = root;
    for (const one of drafts) {
      const request = { ref: 'refs/heads/other', expected: oids.at(-1), base: tip, drafts: [one] };
      tip = await committed(store, request);
      oids.push(tip);
    }
    expect(together).toEqual({ kind: 'committed', tip, oids });
    expect(await store.listRefs('refs/')).toEqual([
      { ref: 'refs/heads/other', oid: tip },
      { ref: REF, oid: tip },
    ]);
  });

  test('given drafts that change one file in turn, when they are committed together, then each commit holds its own', async () => {
    const { store } = world();
    const result = await store.commit({
      ref: REF,
      expected: undefined,
      base: undefined,
      drafts: [
        draft('one', { 'x/f': '1' }),
        draft('two', { 'x/f': '2' }),
        draft('three', { 'x/f': undefined, y: '' }),
      ],
    });
    if (result.kind !== 'committed') throw new Error('it moved');
    const contents = await Promise.all(result.oids.map((oid) => files(store, oid)));
    expect(contents).toEqual([{ 'x/f': '1' }, { 'x/f': '2' }, { y: '' }]);
  });

  test('given a tip that is elsewhere, when a draft is committed, then it says where the ref is and nothing moves', async () => {
    const { store } = world();
    const root = await append(store, draft('init', { a: '1' }));
    const tip = await append(store, draft('first', { a: '2' }));
    const result = await store.commit({
      ref: REF,
      expected: root,
      base: root,
      drafts: [draft('late', { a: '3' })],
    });
    expect(result).toEqual({ kind: 'moved', tip });
    expect(await store.readRef(REF)).toBe(tip);
  });

  test('given a ref that exists, when none is expected, then nothing moves', async () => {
    const { store } = world();
    const tip = await append(store, draft('init', { a: '1' }));
    const drafts = [draft('another root', { b: '1' })];
    const result = await store.commit({ ref: REF, expected: undefined, base: undefined, drafts });
    expect(result).toEqual({ kind: 'moved', tip });
    expect(await store.readRef(REF)).toBe(tip);
  });

  test('given no ref, when one is expected, then it says that there is none and makes none', async () => {
    const { store } = world();
    const tip = await append(store, draft('init', { a: '1' }));
    const request = {
      ref: 'refs/heads/other',
      expected: tip,
      base: tip,
      drafts: [draft('lost', { a: '2' })],
    };
    expect(await store.commit(request)).toEqual({ kind: 'moved', tip: undefined });
    expect(await store.readRef('refs/heads/other')).toBeUndefined();
  });

  test('given a pending commit and a newer shared tip, when it is replayed, then the ref leaves the old line for the new', async () => {
    const { store } = world();
    const root = await append(store, draft('init', { a: '1' }));
    const pending = await append(store, draft('pending', { mine: '1' }));
    const shared = 'refs/work-ledger/seen/origin';
    const theirs = await committed(store, {
      ref: shared,
      expected: undefined,
      base: root,
      drafts: [draft('theirs', { a: '2' })],
    });
    const drafts = [draft('pending, again', { mine: '1' })];
    const result = await store.commit({ ref: REF, expected: pending, base: theirs, drafts });
    if (result.kind !== 'committed') throw new Error('it moved');
    expect(await messages(store, { to: result.tip })).toEqual(['init', 'theirs', 'pending, again']);
    expect(await files(store, result.tip)).toEqual({ a: '2', mine: '1' });
    expect(await store.readRef(REF)).toBe(result.tip);
  });

  test('given no drafts, when a base is committed, then the ref moves to it, forward or not, or is made there', async () => {
    const { store } = world();
    const root = await append(store, draft('init', { a: '1' }));
    const tip = await append(store, draft('next', { a: '2' }));
    const back = await store.commit({ ref: REF, expected: tip, base: root, drafts: [] });
    expect(back).toEqual({ kind: 'committed', tip: root, oids: [] });
    expect(await store.readRef(REF)).toBe(root);
    const made = await store.commit({ ref: 'refs/heads/made', expected: undefined, base: tip, drafts: [] });
    expect(made.kind).toBe('committed');
    expect(await store.readRef('refs/heads/made')).toBe(tip);
    expect(await store.commit({ ref: REF, expected: tip, base: tip, drafts: [] })).toEqual({
      kind: 'moved',
      tip: root,
    });
  });

  test('given one base twice, when different drafts are committed to two refs, then neither disturbs the other', async () => {
    const { store } = world();
    const root = await append(store, draft('init', { a: '1' }));
    const review = 'refs/heads/review/WRK-20260103-0001';
    const left = await append(store, draft('left', { b: '1' }));
    const right = await committed(store, {
      ref: review,
      expected: undefined,
      base: root,
      drafts: [draft('right', { c: '1' })],
    });
    expect(await files(store, left)).toEqual({ a: '1', b: '1' });
    expect(await files(store, right)).toEqual({ a: '1', c: '1' });
  });

  test('given a file, when one commit moves it between folders, then the empty folder is gone', async () => {
    const { store } = world();
    await append(store, draft('init', { 'active/2026-01/x01/a.yaml': 'a', 'ledger.yaml': 's' }));
    const changes = { 'active/2026-01/x01/a.yaml': undefined, 'completed/2026-01/x01/a.yaml': 'a' };
    const tip = await append(store, draft('complete', changes));
    expect(await files(store, tip)).toEqual({ 'completed/2026-01/x01/a.yaml': 'a', 'ledger.yaml': 's' });
    const [record] = await history(store, { to: tip, newest: 1 });
    expect(
      record?.changes.map(({ path, before, after }) => [path, before !== undefined, after !== undefined]),
    ).toEqual([
      ['active/2026-01/x01/a.yaml', true, false],
      ['completed/2026-01/x01/a.yaml', false, true],
    ]);
  });

  test('given files, when all are removed, then the tree is empty and files can follow', async () => {
    const { store } = world();
    await append(store, draft('init', { 'x/a': '1', b: '2' }));
    const emptied = await append(store, draft('remove', { 'x/a': undefined, b: undefined }));
    expect(await store.readTree(emptied)).toEqual([]);
    const tip = await append(store, draft('again', { 'x/c': '3' }));
    expect(await files(store, tip)).toEqual({ 'x/c': '3' });
  });

  test('given a file that is not there, when it is removed, then the rest of the commit holds', async () => {
    const { store } = world();
    await append(store, draft('init', { a: '1' }));
    const tip = await append(store, draft('change', { 'no/such/file': undefined, a: '2' }));
    expect(await files(store, tip)).toEqual({ a: '2' });
  });

  test('given a draft that changes nothing, when it is committed, then there is a commit all the same', async () => {
    const { store } = world();
    await append(store, draft('init', { a: '1' }));
    const tip = await append(store, draft('note'));
    const [record] = await history(store, { to: tip, newest: 1 });
    expect(record).toMatchObject({ message: 'note', changes: [] });
  });

  test('given names beyond ASCII, when they are committed, then author, committer, dates and path come back as they were', async () => {
    const { store } = world();
    const author = { name: 'Zoë Ångström 李 🜁', email: 'zoë@exämple.invalid' };
    const committer = { name: "O'Neil, Jr. (bot)", email: 'bot+1@example.invalid' };
    const more = { author, committer, authored_at: NOON - 86_400, committed_at: NOON + 5 };
    const tip = await append(store, draft('init', { 'ordner/größe – 名.yaml': 'ü\n' }, more));
    const [record] = await history(store, { to: tip });
    expect(record?.author).toEqual({ ...author, at: NOON - 86_400 });
    expect(record?.committer).toEqual({ ...committer, at: NOON + 5 });
    expect(record?.changes.map(({ path }) => path)).toEqual(['ordner/größe – 名.yaml']);
    expect(await files(store, tip)).toEqual({ 'ordner/größe – 名.yaml': 'ü\n' });
  });

  test.each([
    ['with trailers', 'claim X: pending -> in_progress\n\nTitle ü 🜁\n\nWork-Item: X\nWork-Op: 1\n'],
    ['without a last line break', 'one line'],
    ['with blank lines at the end', 'one line\n\n\n'],
    [
      'with lines that git would take for comments or headers',
      'subject\n\n# not a comment\nparent 1234\n\n\n\nend  \n',
    ],
    ['with tabs and carriage returns', '\ttabbed\r\n\r\nline\r\n'],
    ['empty', ''],
  ])('given a message %s, when it is committed, then it comes back byte for byte', async (_, message) => {
    const { store } = world();
    const tip = await append(store, draft(message, { a: '1' }));
    expect((await history(store, { to: tip })).map((record) => record.message)).toEqual([message]);
  });

  test('given bytes that are no text, when they are committed, then they come back byte for byte', async () => {
    const { store } = world();
    const bytes = Uint8Array.from({ length: 70_000 }, (_, n) => (n * 7) % 256);
    const tip = await append(store, { ...draft('binary'), changes: [{ path: 'data', bytes }] });
    const [entry] = await store.readTree(tip);
    const blob = (await store.readBlobs([entry?.oid ?? ''], bytes.length)).get(entry?.oid ?? '');
    expect(blob?.kind === 'bytes' && Buffer.from(blob.bytes).equals(bytes)).toBe(true);
  });
}
