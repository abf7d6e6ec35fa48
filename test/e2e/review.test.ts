import { expect, test } from 'vitest';
import { itemOf } from '../../src/index.ts';
import { clearBranches, findReview, listReviews, proposeReview } from '../../src/review.ts';
import { refusalOf } from '../helpers/refusal.ts';
import { makeReview, mergeOnHost, type ReviewPlace } from '../helpers/review.ts';
import { runWl } from '../helpers/wl-process.ts';

const stateOf = async ({ bob, id }: ReviewPlace): Promise<string | undefined> =>
  (await listReviews(bob)).find((review) => review.id === id)?.state;

const branchesOn = async ({ repo }: ReviewPlace): Promise<string> =>
  repo.git(repo.bare, 'for-each-ref', '--format=%(refname)', 'refs/heads/review');

test.each(['file', 'http'] as const)(
  'given work in review over %s, when another clone looks, approves it and clears up, then it is completed and nothing is left',
  async (transport) => {
    const place = await makeReview(transport);
    const { bob, ada, id, waiting, branch, repo } = place;
    const [review] = await listReviews(bob);
    expect(review).toMatchObject({
      id,
      state: 'current',
      branch,
      item: { status: 'in_review', owner: 'ada', result: { tests: 12 } },
      proposal: { after: { status: 'completed', review: { by: 'pull-request' } } },
      findings: [],
    });
    expect(await repo.git(repo.bare, 'log', '--format=%an <%ae>', '-1', branch)).toBe(
      'pull-request <test@example.invalid>',
    );
    expect(await repo.git(repo.bare, 'rev-list', '--count', `work-ledger..${branch}`)).toBe('1');
    // Looking at it leaves the person's own branches alone.
    expect(await repo.git(`${repo.folder}/bob`, 'branch', '--list')).not.toContain('review');

    expect(itemOf(await bob.work.approve(id, { reason: 'good' }))).toMatchObject({
      status: 'completed',
      review: { by: 'bob', note: 'good' },
    });
    expect(await clearBranches(bob)).toEqual([{ id, branch, gone: true }]);
    expect(await branchesOn(place)).toBe('');
    expect(await listReviews(ada)).toEqual([]);
    expect(await ada.query.find(waiting)).toMatchObject({ status: 'pending' });
    expect(await ada.audit.verify()).toMatchObject({ ok: true });
  },
);

test.each([
  ['fast-forward', ['--ff-only']],
  ['a merge commit', ['--no-ff', '-m', 'Merge pull request #1']],
])(
  'given a host that merges by %s, when others read on, then the item is completed, what depends on it is ready, and what it blocked is unblocked by the next sync',
  async (_, how) => {
    const place = await makeReview();
    const { ada, bob, id, waiting, dependent } = place;
    await mergeOnHost(place, how);
    await bob.clone.fetch();
    expect(await bob.query.find(id)).toMatchObject({ status: 'completed', review: { by: 'pull-request' } });
    expect((await bob.getReadyToStart()).map((item) => item.id)).toEqual([dependent]);
    expect(await bob.clone.sync()).toMatchObject({ accepted: 1, lost: [] });
    await ada.clone.fetch();
    expect(await ada.query.find(waiting)).toMatchObject({ status: 'pending' });
    expect(await ada.audit.verify()).toMatchObject({ ok: true });
    expect(await listReviews(ada)).toEqual([]);
  },
);

test('given a merged branch that the host left, when it is listed and cleared, then it is told as merged and goes', async () => {
  const place = await makeReview();
  const { repo, host, branch, bob } = place;
  await repo.git(host, 'fetch', '--quiet', 'origin');
  await repo.git(host, 'push', '--quiet', 'origin', `origin/${branch}:work-ledger`);
  expect(await stateOf(place)).toBe('merged');
  expect(await clearBranches(bob)).toMatchObject([{ branch, gone: true }]);
  expect(await stateOf(place)).toBeUndefined();
});

test('given work in review, when it is rejected, then its holder goes on, and the branch goes', async () => {
  const place = await makeReview();
  const { bob, ada, id } = place;
  expect(itemOf(await bob.work.reject(id, { reason: 'tests are missing' }))).toMatchObject({
    status: 'in_progress',
    owner: 'ada',
  });
  expect(await stateOf(place)).toBe('leftover');
  await clearBranches(bob);
  expect(await branchesOn(place)).toBe('');
  await ada.clone.fetch();
  expect(itemOf(await ada.work.submit(id, { result: { tests: 13 } }))).toMatchObject({
    status: 'in_review',
  });
  expect(await proposeReview(ada, id)).toMatchObject({ kind: 'made' });
  expect(await stateOf(place)).toBe('current');
});

test('given work in review, when its holder withdraws it, then it is in progress again, and nobody can approve it', async () => {
  const place = await makeReview();
  const { bob, ada, id } = place;
  expect((await refusalOf(bob.work.withdraw(id))).code).toBe('NOT_OWNER');
  itemOf(await ada.work.withdraw(id, { reason: 'one more test' }));
  expect(await clearBranches(ada)).toMatchObject([{ gone: true }]);
  const late = await bob.work.approve(id);
  expect(late).toMatchObject({ ok: false, code: 'ILLEGAL_TRANSITION' });
});

test('given a base that moved with other items, when it is listed, then it is current, and merges', async () => {
  const place = await makeReview();
  itemOf(await place.ada.work.comment(place.waiting, 'still waiting'));
  expect(await stateOf(place)).toBe('current');
  expect(await proposeReview(place.bob, place.id)).toMatchObject({ kind: 'current' });
  await mergeOnHost(place, ['--no-ff', '-m', 'Merge']);
  await place.bob.clone.sync();
  expect(await place.bob.audit.verify()).toMatchObject({ ok: true });
  expect(await place.bob.query.find(place.id)).toMatchObject({ status: 'completed' });
});

test('given a base that moved with the same item, when it is refreshed, then it was stale and is current', async () => {
  const place = await makeReview();
  const { ada, bob, id } = place;
  itemOf(await ada.work.comment(id, 'See the second file.'));
  expect((await listReviews(bob))[0]).toMatchObject({
    state: 'stale',
    proposal: null,
    findings: [{ rule: 'moved', message: expect.stringContaining('rev 4') }],
  });
  // Anyone may refresh it.
  expect(await proposeReview(bob, id)).toMatchObject({ kind: 'rebuilt' });
  expect(await stateOf(place)).toBe('current');
  await mergeOnHost(place, ['--ff-only']);
  await bob.clone.fetch();
  expect(await bob.query.find(id)).toMatchObject({ status: 'completed', comments: [{ by: 'ada' }] });
});

test('given two processes that refresh at once, when both are done, then the branch is right, and each is told so', async () => {
  const place = await makeReview();
  const { repo, ada, id } = place;
  itemOf(await ada.work.comment(id, 'more'));
  const done = await Promise.all(
    ['ada', 'bob'].map((name) =>
      runWl(`${repo.folder}/${name}`, ['review', 'refresh', id], { WL_ACTOR: name }),
    ),
  );
  for (const one of done) expect(one.lines.join()).toMatch(/ is current$| was made anew$/);
  expect(done.some(({ lines }) => lines.join().endsWith(' was made anew'))).toBe(true);
  expect(await stateOf(place)).toBe('current');
});

test('given two processes that approve at once, when both are done, then one did, and the other was told', async () => {
  const place = await makeReview();
  const { repo, bob, id } = place;
  await repo.clone('cy');
  const done = await Promise.all(
    ['bob', 'cy'].map((name) =>
      runWl(`${repo.folder}/${name}`, ['review', 'approve', id], { WL_ACTOR: name }),
    ),
  );
  const statuses = await Promise.all(done.map(({ ended }) => ended));
  expect(statuses.filter((status) => status === 0)).toHaveLength(1);
  for (const [at, status] of statuses.entries())
    if (status !== 0) expect(done[at]?.stderr).toMatch(/is completed; approve leads from in_review/);
  await bob.clone.fetch();
  expect((await bob.audit.history(id)).filter(({ verb }) => verb === 'approve')).toHaveLength(1);
  expect(await bob.audit.verify()).toMatchObject({ ok: true });
});

test('given a host that merges while someone approves, when all is fetched, then one approval stands', async () => {
  const place = await makeReview();
  const { bob, id } = place;
  await mergeOnHost(place, ['--ff-only']);
  expect(await bob.work.approve(id)).toMatchObject({ ok: false });
  expect(await bob.query.find(id)).toMatchObject({ status: 'completed', review: { by: 'pull-request' } });
});

test('given an item that is not in review, when it is proposed, then that is refused and nothing is pushed', async () => {
  const place = await makeReview();
  expect(await proposeReview(place.ada, place.waiting)).toMatchObject({
    kind: 'refused',
    error: { code: 'ILLEGAL_TRANSITION' },
  });
  expect(await branchesOn(place)).toBe(`refs/heads/${place.branch}`);
});

test('given a remote that refuses review branches, when one is proposed, then it says so, and the item is in review', async () => {
  const place = await makeReview('file', false);
  await place.repo.hook(
    'pre-receive',
    'while read o n r; do case $r in refs/heads/review/*) echo "no branches here" >&2; exit 1;; esac; done',
  );
  expect(await refusalOf(proposeReview(place.ada, place.id))).toMatchObject({
    code: 'REMOTE_REFUSED',
    details: { branch: place.branch },
  });
  expect(await findReview(place.bob, place.id)).toMatchObject({
    state: 'missing',
    item: { status: 'in_review' },
  });
});

test('given a ledger that shares nothing, when a review branch is asked for, then it is refused by name', async () => {
  const { repo } = await makeReview();
  const local = await repo.open(`${repo.folder}/ada`, { mode: 'local' });
  expect(await refusalOf(listReviews(local))).toMatchObject({ code: 'INVALID_INPUT' });
  const alone = await repo.open(`${repo.folder}/ada`, { remote: null });
  expect(await refusalOf(listReviews(alone))).toMatchObject({ code: 'NO_REMOTE' });
  expect(await clearBranches(alone)).toEqual([]);
});
