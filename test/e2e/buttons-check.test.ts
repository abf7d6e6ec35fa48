import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { waitFor, watchLedger } from '../../src/agents.ts';
import { QUICK } from '../agents/pair.ts';
import { type Said, wl } from '../cli/workplace.ts';
import { blocksOf } from '../docs/console.ts';
import { readProject } from '../docs/markdown.ts';
import * as button from '../helpers/host-buttons.ts';
import { land, moveOn } from '../helpers/merged.ts';
import { MERGER, makeReview, onlookers, type Review } from '../helpers/proposals.ts';

/** What a host lets a check see before anyone merges: the merge of the pull request, as it would be now. */
async function checked(review: Review): Promise<Said> {
  const { repo, host, prs } = review;
  const pressed = await button.githubMerge(host, prs[0], MERGER);
  if (pressed.kind === 'conflict') throw new Error(pressed.said);
  await repo.git(repo.bare, 'update-ref', 'refs/pull/7/merge', pressed.tip);
  const dir = await repo.clone('check', ['--no-checkout']);
  await repo.git(dir, 'fetch', '--quiet', 'origin', 'refs/pull/7/merge:refs/remotes/pull/7/merge');
  return wl(dir, ['verify', 'origin/work-ledger..pull/7/merge', '--json'], { env: { WL_NOW: '' } });
}

it('given a check of a pull request, when the ledger went on meanwhile, then it is found right, and only what is new is read', async () => {
  const review = await makeReview({ more: 300 });
  await moveOn(review);
  const { status, stdout } = await checked(review);
  expect(status).toBe(0);
  expect(stdout).toContain('"ok":true');
  expect(Number(/"commits":(\d+)/.exec(stdout)?.[1])).toBeLessThan(12);
});

it('given a check of a pull request, when its branch has something else on it as well, then it fails and names it', async () => {
  const review = await makeReview();
  const { repo, prs } = review;
  const dir = await repo.clone('by-hand', ['--branch', prs[0].branch]);
  await writeFile(join(dir, 'README.md'), 'Hello.\n');
  await repo.git(dir, 'add', '--all');
  await repo.git(dir, 'commit', '--quiet', '-m', 'Tidy up');
  await repo.git(dir, 'push', '--quiet', 'origin', prs[0].branch);
  const { status, stdout } = await checked(review);
  expect(status).toBe(9);
  expect(stdout).toContain('README.md');
});

it('given one who watches and one who waits, when a proposal is merged, then both are told of the approval', async () => {
  const review = await makeReview();
  const { ids, host, prs } = review;
  const { bob } = await onlookers(review);
  const fay = await review.repo.open(await review.repo.clone('fay'));
  const stop = new AbortController();
  const seen: string[] = [];
  const watching = (async () => {
    for await (const entry of watchLedger(bob, { ...QUICK, signal: stop.signal })) {
      seen.push(`${entry.verb} ${entry.id ?? '-'} ${entry.actor}`);
      if (entry.verb === 'merge') stop.abort();
    }
  })();
  const waiting = waitFor(fay, ids[0], { for: ['completed'], ...QUICK, timeout_s: 60 });
  await land(review, await button.githubMerge(host, prs[0], MERGER));
  expect(await waiting).toMatchObject({ id: ids[0], status: 'completed' });
  await watching;
  expect(seen.slice(-2)).toEqual([`approve ${ids[0]} pull-request`, `merge - ${MERGER.name}`]);
});

it('given a merged proposal, when its history is printed, then it says who merged, in words and as JSON', async () => {
  const review = await makeReview();
  const { repo, ids, host, prs } = review;
  await land(review, await button.githubMerge(host, prs[0], MERGER));
  const dir = await repo.clone('reader');
  const ask = async (...args: string[]): Promise<string> =>
    (await wl(dir, args, { env: { WL_NOW: '' } })).stdout;
  expect(await ask('history', ids[0])).toMatch(
    /approve +pull-request +in_review -> completed; merged by Mel Merger/,
  );
  expect(await ask('history', ids[0], '--long')).toMatch(/merged by +Mel Merger at /);
  expect(await ask('history', ids[0], '--json')).toContain('"merged_by":"Mel Merger"');
  expect(await ask('log', '--verb', 'merge')).toContain('Merge pull request #7 from team/review/');
});

it('given the page about buttons, when its commands are run in a check, then each ends well', async () => {
  const review = await makeReview();
  const { repo, ids, host, prs } = review;
  const pressed = await button.githubMerge(host, prs[0], MERGER);
  if (pressed.kind === 'conflict') throw new Error(pressed.said);
  await repo.git(repo.bare, 'update-ref', 'refs/heads/trial', pressed.tip);
  const dir = await repo.clone('check', ['--branch', 'trial']);
  const commands = blocksOf(readProject('docs/review-buttons.md'), 'sh').join('').trim().split('\n');
  expect(commands.length).toBeGreaterThan(2);
  for (const command of commands) {
    const said = command.replace('WRK-20260103-0001', ids[0]).replace('$(git rev-parse HEAD)', pressed.tip);
    const args = said.split(' ').slice(1);
    expect(await wl(dir, args, { env: { WL_NOW: '' } }), command).toMatchObject({ status: 0 });
  }
});
