import { expect, test } from 'vitest';
import { wl } from '../cli/workplace.ts';
import { claim, makeTwoLines, tryGit } from '../helpers/two-lines.ts';

const NOW = { env: { WL_NOW: '' } };

/** Ada claims the first item, and bob too, who comments on it and on the second. */
async function contested() {
  const lines = await makeTwoLines(2);
  const [first = '', second = ''] = lines.ids;
  await claim(lines.ada, first);
  await claim(lines.bob, first);
  await lines.bob.commentOn(first, 'mine');
  await lines.bob.commentOn(second, 'seen');
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
  expect(said.stdout).toMatch(/2 transitions of theirs stand on ours; share it with: wl sync/);
  expect(said.stdout).toMatch(/lost: .* is already claimed: ada holds it/);
  expect(await ada.verify()).toMatchObject({ ok: true, findings: [] });
  expect(await ada.findWork(first)).toMatchObject({ owner: 'ada', comments: [{ body: 'mine', by: 'bob' }] });
  expect(await ada.findWork(second)).toMatchObject({ comments: [{ body: 'seen' }] });
  expect(await ada.rejected()).toMatchObject([
    { verb: 'claim', actor: 'bob', error: { code: 'ALREADY_CLAIMED' } },
  ]);
  expect(await repo.git(dir, 'status', '--porcelain')).toBe('');
  expect(await wl(dir, ['sync'], NOW)).toMatchObject({ status: 0 });
  expect(await ada.status()).toMatchObject({ pending: [] });
});

test('given a merge that stopped, when one side is taken, then git commits it, the item is as there, and the audit names what has no effect', async () => {
  const { dir, first, second, ada, repo } = await contested();
  expect(await wl(dir, ['resolve', '--theirs', first], NOW)).toMatchObject({ status: 0 });
  expect(await wl(dir, ['resolve'], NOW)).toMatchObject({ status: 0 });
  await repo.git(dir, 'commit', '--quiet', '--no-edit');
  expect(await ada.findWork(first)).toMatchObject({ owner: 'bob', comments: [{ body: 'mine' }] });
  expect(await ada.findWork(second)).toMatchObject({ comments: [{ body: 'seen' }] });
  const { findings } = await ada.verify();
  expect(new Set(findings.map(({ rule }) => rule))).toEqual(new Set(['fork']));
  expect(await repo.git(dir, 'status', '--porcelain')).toBe('');
});

test('given an item that one side finished, when ours is taken, then it stands in one place', async () => {
  const { dir, ids, ada, bob, merge, repo } = await makeTwoLines(1);
  const [id = ''] = ids;
  await claim(ada, id);
  await ada.completeWork(id);
  await bob.updateWork(id, { labels: { add: ['late'] } });
  expect(await merge()).toMatchObject({ clean: false });
  expect(await wl(dir, ['resolve', '--ours'], NOW)).toMatchObject({ status: 0 });
  await repo.git(dir, 'commit', '--quiet', '--no-edit');
  expect(await ada.damaged({ all: true })).toEqual([]);
  expect(await ada.findWork(id)).toMatchObject({ status: 'completed', labels: [] });
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
