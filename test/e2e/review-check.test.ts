import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { itemOf } from '../../src/index.ts';
import { checkReview } from '../../src/review.ts';
import { refusalOf } from '../helpers/refusal.ts';
import { makeReview, type ReviewPlace } from '../helpers/review.ts';
import { runWl } from '../helpers/wl-process.ts';

/** A checkout as a runner makes it: the commit, detached, and what the remote has beside it. */
async function checkOut({ repo, branch }: ReviewPlace, args: readonly string[] = []): Promise<string> {
  const dir = await repo.clone('runner', ['--no-checkout', ...args]);
  await repo.git(dir, 'checkout', '--quiet', '--detach', `origin/${branch}`);
  return dir;
}

test('given a checkout of a runner, when it is checked, then it is ok, no remote is asked, and nothing is left behind', async () => {
  const place = await makeReview();
  const dir = await checkOut(place);
  await place.repo.git(dir, 'branch', '--quiet', '-D', 'main').catch(() => '');
  const before = await place.repo.git(dir, 'for-each-ref');
  await place.repo.goAway();
  const done = await runWl(dir, ['review', 'check', '--branch', place.branch]);
  expect(done.stderr).toBe('');
  expect(await done.ended).toBe(0);
  expect(done.lines.join()).toMatch(/^ok: [0-9a-f]{10} approves WRK-\S+, and nothing else, on [0-9a-f]{10}$/);
  expect(await place.repo.git(dir, 'for-each-ref')).toBe(before);
});

test('given a base where the item moved on, when it is checked, then it fails with 9, and tells how to mend it', async () => {
  const place = await makeReview();
  itemOf(await place.bob.work.comment(place.id, 'wait'));
  const dir = await checkOut(place);
  const done = await runWl(dir, ['review', 'check', '--branch', `refs/heads/${place.branch}`]);
  expect(await done.ended).toBe(9);
  expect(done.lines.join()).toMatch(
    /^[0-9a-f]{10} {2}moved {2}WRK-\S+ {2}WRK-\S+ was changed since: it is at rev 4 now$/,
  );
  expect(done.stderr).toContain(`wl review refresh ${place.id}`);
  const github = await runWl(dir, ['review', 'check', '--branch', place.branch, '--format', 'github']);
  expect(github.lines.join()).toMatch(/^::error title=wl review check moved::/);
  const json = await runWl(dir, ['review', 'check', '--branch', place.branch, '--json']);
  expect(json.json()[0]).toMatchObject({
    kind: 'review_check',
    data: { ok: false, id: place.id, findings: [{ rule: 'moved' }] },
  });
});

test('given what a queue merged in passing, when it is checked without a branch, then the merge is, and one that adds something is found', async () => {
  const place = await makeReview();
  const { repo, branch, bob } = place;
  itemOf(await bob.work.comment(place.waiting, 'meanwhile'));
  const dir = await checkOut(place);
  await repo.git(dir, 'checkout', '--quiet', '-B', 'queue', 'origin/work-ledger');
  await repo.git(dir, 'merge', '--quiet', '--no-ff', '-m', 'Merge pull request #1', `origin/${branch}`);
  expect(await checkReview({ dir })).toMatchObject({ ok: true, id: place.id });
  expect(await checkReview({ dir, branch })).toMatchObject({ ok: false, findings: [{ rule: 'count' }] });
  expect(await checkReview({ dir, branch, head: 'HEAD^2' })).toMatchObject({ ok: true, id: place.id });
  await rm(join(dir, 'README.md'));
  await repo.git(dir, 'commit', '--quiet', '--all', '--amend', '-m', 'Merge');
  expect(await checkReview({ dir })).toMatchObject({ ok: false });
});

test('given a squash by a queue, when it is checked, then it is one commit like any other', async () => {
  const place = await makeReview();
  const { repo, branch } = place;
  itemOf(await place.bob.work.comment(place.waiting, 'meanwhile'));
  const dir = await checkOut(place);
  await repo.git(dir, 'checkout', '--quiet', '-B', 'queue', 'origin/work-ledger');
  await repo.git(dir, 'cherry-pick', `origin/${branch}`);
  expect(await checkReview({ dir })).toMatchObject({ ok: true, id: place.id });
});

test('given a shallow checkout, when it is checked, then it is refused, and the hint tells what to set', async () => {
  const place = await makeReview();
  const dir = await place.repo.clone('runner', ['--depth=1', '--branch', place.branch]);
  expect(await refusalOf(checkReview({ dir, branch: place.branch }))).toMatchObject({
    code: 'UNSUPPORTED_REPOSITORY',
    hint: expect.stringContaining('fetch-depth: 0'),
  });
});

test.each(['main', 'review/nothing', 'review/WRK-20260103-0001/more'])(
  'given the branch %s, when it is checked, then it is no review branch',
  async (branch) => {
    const place = await makeReview();
    expect(await checkReview({ dir: place.host, head: `origin/${place.branch}`, branch })).toMatchObject({
      ok: false,
      id: null,
      findings: [{ rule: 'proposal' }],
    });
  },
);

test.each(['nothing', '--upload-pack=x', 'HEAD:ledger.yaml', 'a b'])(
  'given the name %s, when it is to be the base, then there is no such commit',
  async (base) => {
    const place = await makeReview();
    expect((await refusalOf(checkReview({ dir: place.host, base }))).code).toBe('NOT_FOUND');
  },
);
