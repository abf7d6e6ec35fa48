import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { pathOf, rewriting } from '../helpers/by-hand.ts';
import * as button from '../helpers/host-buttons.ts';
import { createItems } from '../helpers/items.ts';
import { expectWhole, judge, land, moveOn } from '../helpers/merged.ts';
import { does, MERGER, makeReview, OPENER, onlookers, propose } from '../helpers/proposals.ts';

const METHODS: [string, button.Button, string][] = [
  ['merge commits', button.githubMerge, MERGER.name],
  ['rebases', button.rebase, MERGER.name],
  ['squashes', button.githubSquash, OPENER.name],
];

describe.each(METHODS)('given %s', (_name, press, merger) => {
  it('when a merge queue puts two proposals on one another, then each is one approval everywhere', async () => {
    const review = await makeReview();
    const seen = await onlookers(review);
    await moveOn(review);
    await land(review, await button.mergeQueue(review.host, review.prs, MERGER, press));
    await expectWhole(review, seen, merger);
    const [, second] = review.ids;
    expect(await seen.bob.query.find(second)).toMatchObject({ status: 'completed' });
    expect((await seen.bob.audit.history(second)).at(-1)).toMatchObject({
      verb: 'approve',
      merged_by: merger,
    });
  });

  it('when the branch was brought up to date before, once and again, then it is one approval everywhere', async () => {
    const review = await makeReview();
    const { host, prs, repo, ids } = review;
    const seen = await onlookers(review);
    await moveOn(review);
    expect(await button.updateBranch(host, prs[0], OPENER)).toMatchObject({ kind: 'made' });
    await does(await repo.open(await repo.clone('eve')), 'comment', { id: ids[3], body: 'on' });
    expect(await button.updateBranch(host, prs[0], OPENER)).toMatchObject({ kind: 'made' });
    await does(await repo.open(await repo.clone('fay')), 'comment', { id: ids[3], body: 'and on' });
    await land(review, await press(host, prs[0], MERGER));
    await expectWhole(review, seen, merger);
  });

  it('when other proposals landed in between, then none is taken for another', async () => {
    const review = await makeReview();
    const { host, prs } = review;
    const seen = await onlookers(review);
    await land(review, await button.githubMerge(host, prs[1], OPENER));
    await moveOn(review);
    await land(review, await press(host, prs[0], MERGER));
    await expectWhole(review, seen, merger);
    expect((await seen.bob.audit.history(review.ids[1])).at(-1)).toMatchObject({ merged_by: OPENER.name });
  });

  it('when a clone has the proposal itself as something not pushed yet, then it is known by its name', async () => {
    const review = await makeReview();
    const { host, prs, repo, ids } = review;
    const seen = await onlookers(review);
    const dir = await repo.clone('gus', ['--branch', 'work-ledger']);
    await repo.git(dir, 'merge', '--quiet', '--ff-only', `origin/${prs[0].branch}`);
    const gus = await repo.open(dir, { mode: 'local' });
    await does(gus, 'comment', { id: ids[3], body: 'on top of it' });
    await gus.audit.log({ limit: 5 });
    await moveOn(review);
    await land(review, await press(host, prs[0], MERGER));
    await repo.git(dir, 'checkout', '--quiet', '--detach');
    expect(await gus.clone.sync()).toMatchObject({ lost: [] });
    expect(await gus.query.find(ids[3])).toMatchObject({ comments: [{ body: 'on top of it' }] });
    await expectWhole(review, { ...seen, bob: gus }, merger);
  });

  it('when the ledger is long, then what was verified before is not read again', async () => {
    const review = await makeReview({ more: 300 });
    const seen = await onlookers(review);
    await moveOn(review);
    await land(review, await press(review.host, review.prs[0], MERGER));
    await seen.bob.clone.sync();
    const checked = await seen.bob.audit.verify({ since_last: true });
    expect(checked).toMatchObject({ ok: true });
    expect(checked.commits).toBeLessThan(12);
  });

  it('when the ledger is read as it stood, then it is as it was before the button was pressed', async () => {
    const review = await makeReview();
    const seen = await onlookers(review);
    await moveOn(review);
    const before = new Date(Date.now() - 1_800_000).toISOString();
    await land(review, await press(review.host, review.prs[0], MERGER));
    const fresh = await review.repo.open(await review.repo.clone('fresh'));
    await seen.bob.clone.sync();
    for (const ledger of [seen.bob, fresh]) {
      const then = await ledger.at(before);
      expect(await then.query.find(review.ids[0])).toMatchObject({ status: 'in_review' });
      const now = await ledger.at(new Date(Date.now() + 60_000).toISOString());
      expect(await now.query.find(review.ids[0])).toMatchObject({ status: 'completed' });
      await then.close();
      await now.close();
    }
  });
});

it('given a branch that was brought up to date, when the ledger is moved to it by fast-forward, then it is one approval everywhere', async () => {
  const review = await makeReview();
  const seen = await onlookers(review);
  await moveOn(review);
  await button.updateBranch(review.host, review.prs[0], OPENER);
  await land(review, await button.fastForward(review.host, review.prs[0], MERGER));
  await expectWhole(review, seen, null);
});

it('given a merge that is signed by the host, when signatures are checked, then they vouch for it', async () => {
  const review = await makeReview();
  const { repo } = review;
  const key = join(repo.folder, 'host.key');
  await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'host', '-f', key]);
  const signers = join(repo.folder, 'signers');
  await writeFile(signers, `host.example ${await readFile(`${key}.pub`, 'utf8')}`);
  review.host.key = key;
  const seen = await onlookers(review);
  await land(review, await button.githubMerge(review.host, review.prs[0], MERGER));
  await expectWhole(review, seen, MERGER.name);
  const { signatures, ok } = await seen.bob.audit.verify({ signatures: { allowed_signers: signers } });
  expect({ ok, vouched: signatures?.vouched }).toEqual({
    ok: true,
    vouched: { 'host.example': { [MERGER.name]: 1 } },
  });
});

it('given a branch that was brought up to date by a person who settled a conflict, when it is squashed, then it is refused', async () => {
  const review = await makeReview();
  const { repo, ids, prs, host } = review;
  const [id] = ids;
  await does(await repo.open(await repo.clone('dan')), 'comment', { id, body: 'wait' });
  const dir = await repo.clone('by-hand', ['--branch', prs[0].branch]);
  await expect(repo.git(dir, 'merge', '--no-edit', 'origin/work-ledger')).rejects.toThrow();
  const path = join(dir, pathOf(id).replace('active', 'completed'));
  await rewriting((text) => text.replaceAll(/^(<{7}|>{7}).*\n|^={7}\n[\s\S]*?^(?=>{7})/gm, ''))(path);
  await repo.git(dir, 'add', '--all');
  await repo.git(dir, 'commit', '--quiet', '--no-edit');
  await repo.git(dir, 'push', '--quiet', 'origin', prs[0].branch);
  for (const press of [button.githubSquash, button.githubMerge]) {
    const pressed = await press(host, prs[0], MERGER);
    expect(pressed.kind === 'conflict' ? 'conflict' : (await judge(review, pressed))?.rule).toMatch(
      /conflict|content|rev|fork|merge|canonical|file/,
    );
  }
});

it('given an item that another is blocked on, when its proposal is merged, then the next sync unblocks the other, once', async () => {
  const review = await makeReview();
  const { repo, host, prs, ids } = review;
  const dan = await repo.open(await repo.clone('dan'));
  const [waits = ''] = await createItems(dan, 1, { title: 'Waits' });
  await does(dan, 'block', { id: waits, reason: 'until then', blocker_id: ids[0] });
  const seen = await onlookers(review);
  await land(review, await button.githubMerge(host, prs[0], MERGER));
  await Promise.all([dan.clone.sync(), seen.bob.clone.sync()]);
  await Promise.all([dan.clone.sync(), seen.bob.clone.sync()]);
  expect(await dan.query.find(waits)).toMatchObject({ status: 'pending', rev: 3 });
  expect((await seen.bob.audit.history(waits)).map(({ verb }) => verb)).toEqual([
    'create',
    'block',
    'unblock',
  ]);
  await expectWhole(review, seen, MERGER.name);
});

it('given a ledger that went on after a proposal landed, when another is made there and merged, then both stand', async () => {
  const review = await makeReview();
  const { repo, host, prs, ids } = review;
  const seen = await onlookers(review);
  await land(review, await button.githubMerge(host, prs[0], MERGER));
  await moveOn(review);
  const dir = await repo.clone('hal');
  const again = await propose(repo, await repo.open(dir), dir, ids[1], 9);
  await land(review, await button.githubMerge(host, again, OPENER));
  await expectWhole(review, seen, MERGER.name);
  expect((await seen.bob.audit.history(ids[1])).at(-1)).toMatchObject({ merged_by: OPENER.name });
});
