import { describe, expect, test } from 'vitest';
import type { WorkLedger } from '../../src/index.ts';
import { wl } from '../cli/workplace.ts';
import { claim, makeTwoLines, tryGit } from '../helpers/two-lines.ts';

const NOW = { env: { WL_NOW: '' } };

/** Ada claims the first item, and bob too, who comments on it and on the second. */
async function contested() {
  const lines = await makeTwoLines(2);
  const [first = '', second = ''] = lines.ids;
  await claim(lines.ada, first);
  await claim(lines.bob, first);
  await lines.bob.work.comment(first, 'mine');
  await lines.bob.work.comment(second, 'seen');
  expect(await lines.merge()).toMatchObject({ clean: false });
  return { ...lines, first, second };
}

test('given a merge that stopped, when wl resolve is asked, then it tells who did what on each side, and what cannot stand', async () => {
  const { dir, first } = await contested();
  const said = await wl(dir, ['resolve'], NOW);
  expect(said.status).toBe(9);
  expect(said.stdout).toMatch(`${first}: they cannot both stand: `);
  expect(said.stdout).toMatch(/ours {4}claim by ada/);
  expect(said.stdout).toMatch(/theirs {2}claim by bob/);
  expect(said.stdout).toMatch(/theirs {2}comment by bob/);
  const { items } = (await wl(dir, ['resolve', '--json'], NOW)).data;
  expect(items).toMatchObject([{ id: first, unmerged: true, merged: { kind: 'conflict' } }]);
});

test('given a merge that stopped, when it is replayed, then both lines are one that verifies, and what lost is kept', async () => {
  const { dir, first, second, ada, repo } = await contested();
  const said = await wl(dir, ['resolve', '--replay'], NOW);
  expect(said).toMatchObject({ status: 0, stderr: '' });
  expect(said.stdout).toMatch(/2 transitions of theirs stand on ours now; share it with: wl sync/);
  expect(said.stdout).toMatch(/lost: .* is already claimed: ada holds it/);
  expect(await ada.audit.verify()).toMatchObject({ ok: true, findings: [] });
  expect(await ada.query.find(first)).toMatchObject({
    owner: 'ada',
    comments: [{ body: 'mine', by: 'bob' }],
  });
  expect(await ada.query.find(second)).toMatchObject({ comments: [{ body: 'seen' }] });
  expect(await ada.clone.rejected()).toMatchObject([
    { verb: 'claim', actor: 'bob', error: { code: 'ALREADY_CLAIMED' } },
  ]);
  expect(await repo.git(dir, 'status', '--porcelain')).toBe('');
  expect(await wl(dir, ['sync'], NOW)).toMatchObject({ status: 0 });
  expect(await ada.clone.status()).toMatchObject({ pending: [] });
});

test('given a merge that stopped, when one side is taken, then git commits it, the item is as there, and the audit names what has no effect', async () => {
  const { dir, first, second, ada, repo } = await contested();
  expect(await wl(dir, ['resolve', '--theirs', first], NOW)).toMatchObject({ status: 0 });
  expect(await wl(dir, ['resolve'], NOW)).toMatchObject({ status: 0 });
  await repo.git(dir, 'commit', '--quiet', '--no-edit');
  expect(await ada.query.find(first)).toMatchObject({ owner: 'bob', comments: [{ body: 'mine' }] });
  expect(await ada.query.find(second)).toMatchObject({ comments: [{ body: 'seen' }] });
  const { findings } = await ada.audit.verify();
  expect(new Set(findings.map(({ rule }) => rule))).toEqual(new Set(['fork']));
  expect(await repo.git(dir, 'status', '--porcelain')).toBe('');
});

test('given an item that one side finished, when ours is taken, then it stands in one place', async () => {
  const { dir, ids, ada, bob, merge, repo } = await makeTwoLines(1);
  const [id = ''] = ids;
  await claim(ada, id);
  await ada.completeWork(id);
  await bob.work.update(id, { labels: { add: ['late'] } });
  expect(await merge()).toMatchObject({ clean: false });
  expect(await wl(dir, ['resolve', '--ours'], NOW)).toMatchObject({ status: 0 });
  await repo.git(dir, 'commit', '--quiet', '--no-edit');
  expect(await ada.audit.damaged({ all: true })).toEqual([]);
  expect(await ada.query.find(id)).toMatchObject({ status: 'completed', labels: [] });
});

test('given no merge, or two wishes, or an item that nobody contests, when wl resolve is asked, then it refuses and says why', async () => {
  const { dir, second } = await contested();
  const refused = async (...args: string[]) => (await wl(dir, ['resolve', '--json', ...args], NOW)).error;
  expect(await refused('--ours', '--theirs')).toMatchObject({ code: 'INVALID_INPUT' });
  expect(await refused('--ours', second)).toMatchObject({ code: 'NOT_FOUND' });
  await tryGit(dir, ['merge', '--abort']);
  expect(await refused()).toMatchObject({
    code: 'INVALID_INPUT',
    message: `No merge is under way in ${dir}.`,
  });
});

describe('given two lines that nobody merged', () => {
  /** Bob's line is `theirs` in ada's clone. */
  async function apart() {
    const lines = await makeTwoLines(2);
    const { ada, bob, repo, dir, ids } = lines;
    const [first = '', second = ''] = ids;
    await claim(ada, first);
    await claim(bob, first);
    await bob.work.comment(second, 'seen');
    await bob.work.comment(second, 'twice');
    await repo.git(dir, 'fetch', '--quiet', `${repo.folder}/bob`, 'work-ledger:theirs');
    return { ...lines, first, second };
  }
  const bodies = async (ledger: WorkLedger, id: string) =>
    (await ledger.query.find(id))?.comments.map(({ body }) => body);

  test('when one is replayed by name, then the ledger has what both did, verifies, and what cannot stand is kept', async () => {
    const { dir, ada, first, second } = await apart();
    const said = await wl(dir, ['resolve', '--replay', 'theirs'], NOW);
    expect(said).toMatchObject({ status: 0, stderr: '' });
    expect(said.stdout).toMatch(/^2 transitions of theirs stand on ours now; share it with: wl sync/);
    expect(said.stdout).toMatch(/lost: .* is already claimed: ada holds it/);
    expect(await bodies(ada, second)).toEqual(['seen', 'twice']);
    expect(await ada.query.find(first)).toMatchObject({ owner: 'ada' });
    expect(await ada.audit.verify()).toMatchObject({ ok: true, findings: [] });
    expect(await ada.clone.rejected()).toMatchObject([{ verb: 'claim', actor: 'bob' }]);
  });

  test('when it is replayed again, then nothing takes place twice', async () => {
    const { dir, ada, second } = await apart();
    await wl(dir, ['resolve', '--replay', 'theirs'], NOW);
    const again = await wl(dir, ['resolve', '--replay', 'theirs', '--json'], NOW);
    expect(again.data).toMatchObject({ applied: [], after: null });
    expect(await bodies(ada, second)).toEqual(['seen', 'twice']);
  });

  test('when two commits are given, then only what is between them is taken, and the rest can be later', async () => {
    const { dir, ada, second } = await apart();
    const said = await wl(dir, ['resolve', '--replay', 'theirs~1..theirs'], NOW);
    expect(said.stdout).toMatch(/^1 transition of theirs~1\.\.theirs stands/);
    expect(await bodies(ada, second)).toEqual(['twice']);
    await wl(dir, ['resolve', '--replay', 'theirs'], NOW);
    expect((await bodies(ada, second))?.toSorted()).toEqual(['seen', 'twice']);
    expect(await ada.audit.verify()).toMatchObject({ ok: true });
  });

  test('when the work tree has the ledger checked out, then it follows', async () => {
    const { dir, repo } = await apart();
    await repo.git(dir, 'checkout', '--quiet', 'work-ledger');
    expect(await wl(dir, ['resolve', '--replay', 'theirs'], NOW)).toMatchObject({ status: 0 });
    expect(await repo.git(dir, 'status', '--porcelain')).toBe('');
  });

  test('when a merge of them is open, the line is of another ledger, or it is none, then it is refused and nothing is done', async () => {
    const { dir, repo, ada, merge } = await apart();
    const refused = async (...args: string[]) =>
      (await wl(dir, ['resolve', '--replay', '--json', ...args], NOW)).error;
    const empty = (await repo.git(dir, 'hash-object', '-w', '-t', 'tree', '/dev/null')).trim();
    const root = (await repo.git(dir, 'commit-tree', '-m', 'code', empty)).trim();
    await repo.git(dir, 'branch', 'code', root);
    expect(await refused('code')).toMatchObject({ code: 'DIFFERENT_LEDGER' });
    expect(await refused('nowhere')).toMatchObject({ code: 'NOT_FOUND' });
    expect(await refused('a..b..c')).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await refused('..theirs')).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await refused('theirs', 'code')).toMatchObject({ code: 'INVALID_INPUT' });
    const tip = await repo.git(dir, 'rev-parse', 'work-ledger');
    expect(await merge()).toMatchObject({ clean: false });
    expect(await refused('theirs')).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await repo.git(dir, 'rev-parse', 'work-ledger')).toBe(tip);
    expect(await ada.clone.rejected()).toEqual([]);
  });
});
