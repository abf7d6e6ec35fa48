import { beforeEach, describe, expect, test } from 'vitest';
import type { AuxiliaryFile, WorkLedger } from '../../src/index.ts';
import { connectionOf } from '../../src/ledger/connection.ts';
import { makeWorld } from '../helpers/replicas.ts';

let ada: WorkLedger;
let bob: WorkLedger;

beforeEach(async () => {
  const { replicas } = await makeWorld(['ada', 'bob']);
  [ada, bob] = replicas.map(({ ledger }) => ledger) as [WorkLedger, WorkLedger];
});

const POLICY = 'policy/allowed_signers';
const files = (...all: AuxiliaryFile[]): { files: AuxiliaryFile[] } => ({ files: all });

/** Files of the shared tip, beside items. */
async function tree(ledger: WorkLedger): Promise<Record<string, string>> {
  await ledger.clone.sync();
  const store = await connectionOf(ledger).store();
  const { tip } = await ledger.query.asOf();
  const entries = (await store.readTree(tip)).filter(({ path }) => /^(?:policy|templates)\//.test(path));
  const blobs = await store.readBlobs(
    entries.map(({ oid }) => oid),
    1000,
  );
  return Object.fromEntries(
    entries.map(({ path, oid }) => {
      const blob = blobs.get(oid);
      return [path, blob?.kind === 'bytes' ? Buffer.from(blob.bytes).toString() : ''];
    }),
  );
}

const subjects = async (ledger: WorkLedger): Promise<string[]> => {
  const store = await connectionOf(ledger).store();
  const found: string[] = [];
  for await (const { message } of store.commits({ to: (await ledger.query.asOf()).tip }))
    found.push(message.split('\n')[0] ?? '');
  return found.filter((line) => line.startsWith('configure'));
};

describe('given files beside items', () => {
  test('when they are set, changed and removed, then every clone has them so, and each commit says what it touched', async () => {
    expect(await ada.admin.configure({}, files({ path: POLICY, text: 'one\n' }))).toBe(true);
    expect(await tree(bob)).toEqual({ [POLICY]: 'one\n' });
    const second = files(
      { path: POLICY, text: 'two\n' },
      { path: 'templates/bug.yaml', text: 'type: bug\n' },
    );
    expect(await bob.admin.configure({ lease_ttl_s: 600 }, second)).toBe(true);
    expect(await tree(ada)).toEqual({ [POLICY]: 'two\n', 'templates/bug.yaml': 'type: bug\n' });
    expect(await ada.admin.configure({}, files({ path: POLICY, text: undefined }))).toBe(true);
    expect(await tree(bob)).toEqual({ 'templates/bug.yaml': 'type: bug\n' });
    expect(await subjects(bob)).toEqual([
      `configure files: ${POLICY}`,
      `configure ledger.yaml: lease_ttl_s; files: ${POLICY}, templates/bug.yaml`,
      `configure files: ${POLICY}`,
    ]);
    expect(await bob.audit.verify()).toMatchObject({ ok: true });
  });

  test('when they stand so already, then nothing is committed; what differs alone is', async () => {
    await ada.admin.configure({}, files({ path: POLICY, text: 'one\n' }));
    expect(await ada.admin.configure({}, files({ path: POLICY, text: 'one\n' }))).toBe(false);
    expect(await ada.admin.configure({}, files({ path: 'templates/x', text: undefined }))).toBe(false);
    const some = files({ path: POLICY, text: 'one\n' }, { path: 'templates/x', text: '' });
    expect(await ada.admin.configure({}, some)).toBe(true);
    expect((await subjects(ada)).at(-1)).toBe('configure files: templates/x');
    expect(await ada.audit.verify()).toMatchObject({ ok: true });
  });

  test.each([
    ['an item', 'active/2026-01/x01/WRK-20260103-0001.yaml'],
    ['the settings', 'ledger.yaml'],
    ['what was put in quarantine', 'quarantine/x'],
    ['a path outside', 'templates/../../x'],
  ])('when one is at the path of %s, then it is refused and nothing is written', async (_what, path) => {
    const { tip } = await ada.query.asOf();
    await expect(ada.admin.configure({}, files({ path, text: 'x' }))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
    expect((await ada.query.asOf()).tip).toBe(tip);
  });
});

describe('given a file that stands where another would go', () => {
  test.each([
    ['as its folder', 'policy/a', 'policy/a/b'],
    ['as a file in it', 'policy/a/b', 'policy/a'],
    ['in another case', 'policy/a', 'policy/A'],
  ])('when it stands there %s, then it is refused until that one is gone', async (_how, first, second) => {
    await ada.admin.configure({}, files({ path: first, text: '1' }));
    const set = files({ path: second, text: '2' });
    await expect(ada.admin.configure({}, set)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(`${first} stands in its way`),
    });
    await ada.admin.configure({}, files({ path: first, text: undefined }));
    await ada.admin.configure({}, set);
    expect(await tree(bob)).toEqual({ [second]: '2' });
    expect(await bob.audit.verify()).toMatchObject({ ok: true });
  });

  test('when another clone was first, then the later one is lost, with the reason', async () => {
    await bob.clone.fetch();
    await ada.admin.configure({}, files({ path: 'policy/a', text: '1' }));
    await expect(bob.admin.configure({}, files({ path: 'policy/a/b', text: '2' }))).rejects.toMatchObject({
      message: expect.stringContaining('stands in its way'),
    });
    expect(await tree(bob)).toEqual({ 'policy/a': '1' });
    expect(await bob.clone.rejected()).toMatchObject([{ verb: 'configure' }]);
  });
});

describe('given two clones that set a file at once', () => {
  test('when they differ, then the first one stands, and the other is told and kept', async () => {
    await bob.clone.fetch();
    const set = await Promise.allSettled([
      ada.admin.configure({}, files({ path: POLICY, text: 'ada\n' })),
      bob.admin.configure({}, files({ path: POLICY, text: 'bob\n' })),
    ]);
    const lost = set.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(lost).toMatchObject([{ code: 'CONFLICT', details: { changed: [{ field: POLICY, seen: null }] } }]);
    expect(await tree(ada)).toEqual(await tree(bob));
    expect(await subjects(ada)).toHaveLength(1);
    expect([...(await ada.clone.rejected()), ...(await bob.clone.rejected())]).toMatchObject([
      { verb: 'configure' },
    ]);
    expect(await ada.audit.verify()).toMatchObject({ ok: true });
  });

  test('when they are the same, then it is set once', async () => {
    await bob.clone.fetch();
    const same = files({ path: POLICY, text: 'same\n' });
    const changed = await Promise.all([ada.admin.configure({}, same), bob.admin.configure({}, same)]);
    expect(changed.filter(Boolean)).toHaveLength(1);
    await Promise.all([tree(ada), tree(bob)]);
    expect(await subjects(bob)).toHaveLength(1);
    expect(await bob.audit.verify()).toMatchObject({ ok: true });
  });

  test('when one changes a setting as well, then what is left of each stands', async () => {
    await bob.clone.fetch();
    const same = files({ path: POLICY, text: 'same\n' });
    await Promise.all([ada.admin.configure({}, same), bob.admin.configure({ lease_ttl_s: 600 }, same)]);
    await Promise.all([tree(ada), tree(bob)]);
    expect((await ada.query.settings()).lease_ttl_s).toBe(600);
    expect(await tree(bob)).toEqual({ [POLICY]: 'same\n' });
    expect(await ada.audit.verify()).toMatchObject({ ok: true });
  });
});

test('given a group of changes, when each builds on the one before, then what changes nothing makes no commit', async () => {
  const { op, actor, at } = ada.work.command('comment', { id: 'WRK-20260103-0001', body: '' });
  const set = (text: string | undefined, name: string) =>
    ({
      verb: 'configure',
      op: op.slice(0, -1) + name,
      actor,
      at,
      files: [{ path: POLICY, text }],
    }) as const;
  const outcomes = await ada.work.batch([set('a', '1'), set('a', '2'), set('b', '3'), set(undefined, '4')], {
    atomic: true,
  });
  expect(outcomes.map(({ kind }) => kind)).toEqual(['accepted', 'unchanged', 'accepted', 'accepted']);
  expect(await tree(bob)).toEqual({});
  expect(await bob.audit.verify()).toMatchObject({ ok: true });
});
