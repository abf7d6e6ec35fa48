import { expect, test } from 'vitest';
import { itemOf, type WorkLedger } from '../../src/index.ts';
import { findRewrite, recoverHistory } from '../../src/repair.ts';
import { wl } from '../cli/workplace.ts';
import { createItems } from '../helpers/items.ts';
import { refusalOf } from '../helpers/refusal.ts';
import { makeSharedRepo } from '../helpers/shared-repo.ts';

const NOW = { env: { WL_NOW: '' } };

/** A ledger with an item, and one that ada and bob saw and that the remote will lose. */
async function makeLedger() {
  const repo = await makeSharedRepo();
  const dir = await repo.clone('ada');
  const ada = await repo.init(dir);
  const [kept = ''] = await createItems(ada, 1);
  const old = await repo.git(repo.bare, 'rev-parse', 'work-ledger');
  const [gone = ''] = await createItems(ada, 1, { title: 'Gone' });
  itemOf(await ada.claimWork(kept));
  const bob = await repo.open(await repo.clone('bob'));
  const setBack = () => repo.git(repo.bare, 'update-ref', 'refs/heads/work-ledger', old);
  const tip = () => repo.git(repo.bare, 'rev-parse', 'work-ledger');
  return { repo, dir, ada, bob, kept, gone, setBack, tip };
}

async function whole(ledger: WorkLedger): Promise<void> {
  expect(await ledger.audit.verify()).toMatchObject({ ok: true, findings: [] });
  expect(await ledger.clone.status()).toMatchObject({ pending: [] });
}

test('given a remote that was set back, when a person confirms, then the same commits are there again, and no other clone notices', async () => {
  const { ada, bob, dir, setBack, tip, gone } = await makeLedger();
  const before = await tip();
  await setBack();
  const looked = await wl(dir, ['doctor', '--fix'], NOW);
  expect(looked).toMatchObject({ status: 10 });
  expect(looked.stdout).toMatch(
    /origin was set back: this clone saw \w+, and origin is at \w+ now\nmissing on origin: 2\n/,
  );
  expect(looked.stdout).toMatch(`create ${gone} by ada`);
  const asked = await wl(dir, ['recover-history'], NOW);
  expect(asked).toMatchObject({ status: 10 });
  expect(asked.stderr).toMatch('wl recover-history --yes');
  expect(await tip()).not.toBe(before);

  const done = await wl(dir, ['recover-history', '--yes'], NOW);
  expect(done).toMatchObject({ status: 0, stderr: '' });
  expect(done.stdout).toMatch('2 transitions are on origin again');
  expect(await tip()).toBe(before);
  await bob.clone.fetch();
  itemOf(await bob.claimWork(gone));
  await ada.clone.fetch();
  await whole(ada);
  expect((await wl(dir, ['recover-history'], NOW)).stdout).toMatch('nothing to recover');
});

test('given a remote that was replaced, when a person confirms, then what is missing is decided again, what cannot stand is kept, and both lines remain', async () => {
  const { repo, ada, bob, dir, kept, gone, setBack, tip } = await makeLedger();
  const before = await tip();
  await setBack();
  const carol = await repo.open(await repo.clone('carol'));
  itemOf(await carol.claimWork(kept));
  const replaced = await tip();
  const looked = (await wl(dir, ['doctor'], NOW)).stdout;
  expect(looked).toMatch('origin was replaced');
  expect(looked).toMatch(/missing on origin: 2[\s\S]*on origin instead: 1\n.*claim .* by carol/);

  const done = (await wl(dir, ['recover-history', '--yes', '--json'], NOW)).data;
  expect(done).toMatchObject({
    recovered: 1,
    lost: [{ message: expect.stringContaining('carol holds it') }],
  });
  await repo.git(repo.bare, 'merge-base', '--is-ancestor', replaced, 'work-ledger');
  expect(await repo.git(dir, 'rev-parse', String(done.kept))).toBe(before);
  expect(await ada.query.find(gone)).toMatchObject({ title: 'Gone' });
  expect(await ada.query.find(kept)).toMatchObject({ owner: 'carol' });
  expect(await ada.clone.rejected()).toMatchObject([{ verb: 'claim', actor: 'ada' }]);
  await whole(ada);
  await carol.clone.fetch();
  await whole(carol);

  expect(await refusalOf(bob.clone.fetch())).toMatchObject({ code: 'HISTORY_REWRITTEN' });
  const rewrite = await findRewrite(bob);
  expect(rewrite).toMatchObject({ set_back: false });
  if (rewrite !== undefined) expect(await recoverHistory(bob, rewrite)).toMatchObject({ recovered: 1 });
  await whole(bob);
  expect(await bob.query.list()).toEqual(await ada.query.list());
});

test('given a remote whose branch was removed, when a person confirms, then it is there again', async () => {
  const { repo, ada, dir, tip } = await makeLedger();
  const before = await tip();
  await repo.git(repo.bare, 'update-ref', '-d', 'refs/heads/work-ledger');
  expect((await wl(dir, ['doctor'], NOW)).stdout).toMatch('origin was removed');
  expect(await wl(dir, ['recover-history', '--yes'], NOW)).toMatchObject({ status: 0, stderr: '' });
  expect(await tip()).toBe(before);
  await whole(ada);
});

test('given transitions that were pending when the remote was set back, when it is recovered, then they are shared, too', async () => {
  const { repo, ada, dir, gone, setBack } = await makeLedger();
  const offline = await repo.open(dir, { mode: 'local' });
  await offline.work.comment(gone, 'pending');
  await setBack();
  expect(await refusalOf(ada.clone.sync())).toMatchObject({ code: 'HISTORY_REWRITTEN' });
  expect(await wl(dir, ['recover-history', '--yes'], NOW)).toMatchObject({ status: 0, stderr: '' });
  expect(await ada.query.find(gone)).toMatchObject({ comments: [{ body: 'pending' }] });
  await whole(ada);
});

test('given a remote with another ledger, when recovery is asked for, then it is refused and nothing moves', async () => {
  const { repo, ada, dir, tip } = await makeLedger();
  await repo.git(repo.bare, 'update-ref', '-d', 'refs/heads/work-ledger');
  await repo.init(await repo.clone('stranger'));
  const [theirs, mine] = [await tip(), (await ada.clone.status()).tip];
  const said = await wl(dir, ['recover-history', '--yes', '--json'], NOW);
  expect(said.error).toMatchObject({ code: 'DIFFERENT_LEDGER' });
  expect(await tip()).toBe(theirs);
  expect(await ada.clone.status()).toMatchObject({ tip: mine });
  expect(await refusalOf(ada.clone.fetch())).toMatchObject({ code: 'HISTORY_REWRITTEN' });
});

test('given a remote that moved since a person looked, when it is recovered, then what came is kept', async () => {
  const { repo, ada, kept, setBack } = await makeLedger();
  await setBack();
  const rewrite = await findRewrite(ada);
  const carol = await repo.open(await repo.clone('carol'));
  await carol.work.comment(kept, 'meanwhile');
  if (rewrite === undefined) throw new Error('not rewritten');
  expect(await recoverHistory(ada, rewrite)).toMatchObject({ lost: [] });
  expect(await ada.query.find(kept)).toMatchObject({ owner: 'ada', comments: [{ body: 'meanwhile' }] });
  await whole(ada);
});
