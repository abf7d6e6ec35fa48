import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pathOf, rewriting } from '../helpers/by-hand.ts';
import * as button from '../helpers/host-buttons.ts';
import { judge } from '../helpers/merged.ts';
import { does, MERGER, makeReview, type Review } from '../helpers/proposals.ts';

const BUTTONS: [string, button.Button][] = [
  ["GitHub's merge commit", button.githubMerge],
  ['rebase', button.rebase],
  ["GitHub's squash", button.githubSquash],
  ["GitLab's squash and merge commit", button.gitlabSquashAndMerge],
];

const finished = (id: string): string => pathOf(id).replace('active', 'completed');

/** A person who works on the review branch with plain git. */
async function onBranch(
  { repo, prs: [{ branch }] }: Review,
  change: (dir: string) => Promise<unknown>,
): Promise<void> {
  const dir = await repo.clone('by-hand', ['--branch', branch]);
  await change(dir);
  await repo.git(dir, 'add', '--all', '--force');
  await repo.git(dir, 'commit', '--quiet', '-m', 'Tidy up');
  await repo.git(dir, 'push', '--quiet', 'origin', branch);
}

/** What the server would refuse, and what every clone finds where the host took it. */
async function rulesOf(
  review: Review,
  pressed: button.Pressed,
): Promise<{ before: string; after: string[] }> {
  const refused = await judge(review, pressed);
  if (pressed.kind === 'made') await review.host.land(pressed);
  const eve = await review.repo.open(await review.repo.clone('eve'));
  const { findings } = await eve.audit.verify();
  return { before: refused?.rule ?? 'taken', after: findings.map(({ rule }) => rule) };
}

describe.each(BUTTONS)('given a proposal and %s', (_name, press) => {
  it('when the item itself was changed meanwhile, then git stops with a conflict, and nothing moves', async () => {
    const review = await makeReview();
    const { host, ids, repo, prs } = review;
    await does(await repo.open(await repo.clone('dan')), 'comment', { id: ids[0], body: 'wait' });
    const tip = await host.tip();
    const pressed = await press(host, prs[0], MERGER);
    expect(pressed).toMatchObject({ kind: 'conflict', said: expect.stringContaining(`${ids[0]}.yaml`) });
    expect(await host.tip()).toBe(tip);
  });

  it('when the branch changes something else as well, then it is refused before, and found after', async () => {
    const review = await makeReview();
    await onBranch(review, (dir) => writeFile(join(dir, 'README.md'), 'Hello.\n'));
    const { before, after } = await rulesOf(review, await press(review.host, review.prs[0], MERGER));
    expect(before).toBe('item');
    expect(after).toContain('item');
  });

  it('when the branch changes another item by hand, then it is refused before, and found after', async () => {
    const review = await makeReview();
    await onBranch(review, (dir) =>
      rewriting((text) => text.replace('priority: medium', 'priority: high'))(
        join(dir, pathOf(review.ids[3])),
      ),
    );
    const { before, after } = await rulesOf(review, await press(review.host, review.prs[0], MERGER));
    expect(before).toMatch(/item|message|rev/);
    expect(after.length).toBeGreaterThan(0);
  });

  it('when the branch changes the accepted item by hand, then it is refused before, and found after', async () => {
    const review = await makeReview();
    const [id] = review.ids;
    await onBranch(review, (dir) =>
      rewriting((text) => text.replace('done: true', 'done: false'))(join(dir, finished(id))),
    );
    const { before, after } = await rulesOf(review, await press(review.host, review.prs[0], MERGER));
    expect(before).not.toBe('taken');
    expect(after.length).toBeGreaterThan(0);
  });
});

it('given a proposal on a tip that is none any more, when it is to be merged by fast-forward, then git refuses', async () => {
  const { repo, ids, host, prs } = await makeReview();
  await does(await repo.open(await repo.clone('dan')), 'comment', { id: ids[3], body: 'on and on' });
  expect(await button.fastForward(host, prs[0], MERGER)).toMatchObject({ kind: 'conflict' });
});

it("given GitLab's squash of the title alone, then the commit is no transition, and that is found", async () => {
  const review = await makeReview();
  const pressed = await button.gitlabSquashOfTitle(review.host, review.prs[0], MERGER);
  expect(await rulesOf(review, pressed)).toEqual({ before: 'message', after: ['message'] });
});

it("given Gitea's squash of a pull request that says nothing, then the commit is no transition, and that is found", async () => {
  const review = await makeReview();
  const pressed = await button.giteaSquash(review.host, { ...review.prs[0], body: 'Please.' }, MERGER);
  expect(await rulesOf(review, pressed)).toEqual({ before: 'message', after: ['message'] });
});

it('given a branch with two proposals, when it is squashed, then it is refused before, and found after', async () => {
  const review = await makeReview();
  const [one, other] = review.prs;
  await review.host.checkOut(`origin/${one.branch}`);
  await review.host.git(['cherry-pick', `origin/${other.branch}`]);
  const old = await review.host.tip(`refs/heads/${one.branch}`);
  await review.host.moveBranch(one.branch, await review.host.made(old));
  const pressed = await button.githubSquash(review.host, one, MERGER);
  const { before, after } = await rulesOf(review, pressed);
  expect(before).toBe('item');
  expect(after).toEqual(expect.arrayContaining(['item', 'repeated']));
});

describe('given a conflict that a person settles in the editor of the host', () => {
  async function conflicting(): Promise<Review> {
    const review = await makeReview();
    const { repo, ids } = review;
    await does(await repo.open(await repo.clone('dan')), 'comment', { id: ids[0], body: 'wait' });
    return review;
  }

  it('by taking both sides together, then it is refused before, and found after', async () => {
    const review = await conflicting();
    const [id] = review.ids;
    const pressed = await button.mergeByEditor(review.host, review.prs[0], MERGER, (dir) =>
      rewriting((text) => text.replaceAll(/^(<{7}|={7}|>{7}).*\n/gm, ''))(join(dir, finished(id))),
    );
    const { before, after } = await rulesOf(review, pressed);
    expect(before).toBe('fork');
    expect(after).toEqual(expect.arrayContaining(['fork', 'merge']));
  });

  it.each([['ours'], ['theirs']])(
    'by taking %s, then it is refused before, and found after',
    async (side) => {
      const review = await conflicting();
      const [id] = review.ids;
      const pressed = await button.mergeByEditor(review.host, review.prs[0], MERGER, async (dir) => {
        if (side === 'theirs') {
          await review.host.git([
            'checkout',
            '--force',
            `origin/${review.prs[0].branch}`,
            '--',
            finished(id),
          ]);
          return;
        }
        await rm(join(dir, finished(id)));
        await review.host.git(['checkout', '--force', 'HEAD', '--', pathOf(id)]);
      });
      const { before, after } = await rulesOf(review, pressed);
      expect(before).toBe('fork');
      expect(after).toContain('fork');
    },
  );
});

it('given a merge without a conflict into which a person puts something of their own, then it is refused before, and found after', async () => {
  const review = await makeReview();
  const [, , , free] = review.ids;
  const pressed = await button.mergeByEditor(review.host, review.prs[0], MERGER, (dir) =>
    rewriting((text) => text.replace('priority: medium', 'priority: high'))(join(dir, pathOf(free))),
  );
  expect(await rulesOf(review, pressed)).toEqual({ before: 'merge', after: ['merge'] });
});

it('given a host that believes that folders were renamed, when another item came into one meanwhile, then it conflicts or is found', async () => {
  const review = await makeReview();
  const { repo, host, prs, ids } = review;
  const dan = await repo.open(await repo.clone('dan'));
  const [id] = ids;
  // A hundred numbers on, an item stands in the same folder.
  const last = `${id.slice(0, -4)}0101`;
  await does(dan, 'create', { id: last, fields: { title: 'A hundred later' } });
  const pressed = await button.githubMerge(host, prs[0], MERGER);
  expect(pressed).toMatchObject({ kind: 'conflict', said: expect.stringContaining('file location') });
  await host.git(['merge', '--abort']);
  await host.git(['config', 'merge.directoryRenames', 'true']);
  const moved = await button.githubMerge(host, prs[0], MERGER);
  const { before, after } = await rulesOf(review, moved);
  expect(before).toBe('merge');
  expect(after).toContain('merge');
});
