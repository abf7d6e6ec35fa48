import { describe, it } from 'vitest';
import * as button from '../helpers/host-buttons.ts';
import { expectWhole, land, moveOn } from '../helpers/merged.ts';
import { MERGER, makeReview, OPENER, onlookers } from '../helpers/proposals.ts';

/** Each button that keeps the ledger whole, and who merged as git tells it. */
const BUTTONS: [string, button.Button, string | null][] = [
  ["GitHub's merge commit", button.githubMerge, MERGER.name],
  ["GitLab's merge commit", button.gitlabMerge, MERGER.name],
  ["Gitea's merge commit", button.giteaMerge, MERGER.name],
  ['a merge commit that repeats the message', button.mergeThatRepeats, MERGER.name],
  ['rebase', button.rebase, MERGER.name],
  ["GitHub's squash", button.githubSquash, OPENER.name],
  ["GitHub's squash with title and description", button.githubSquashOfDescription, OPENER.name],
  ["GitLab's squash of %{first_multiline_commit}", button.gitlabSquashOfFirst, MERGER.name],
  ["GitLab's squash of %{all_commits}", button.gitlabSquashOfAll, MERGER.name],
  ["GitLab's squash and merge commit", button.gitlabSquashAndMerge, MERGER.name],
  ["Gitea's squash", button.giteaSquash, MERGER.name],
];

describe.each(BUTTONS)('given a proposal and %s', (_name, press, merger) => {
  it('when nothing else happened, then it is one approval everywhere', async () => {
    const review = await makeReview();
    const seen = await onlookers(review);
    await land(review, await press(review.host, review.prs[0], MERGER));
    await expectWhole(review, seen, merger);
  });

  it('when others went on meanwhile, then it is one approval everywhere', async () => {
    const review = await makeReview();
    const seen = await onlookers(review);
    await moveOn(review);
    await land(review, await press(review.host, review.prs[0], MERGER));
    await expectWhole(review, seen, merger);
  });
});

it('given a proposal on the tip, when it is merged by fast-forward, then it is one approval, and git does not tell who merged', async () => {
  const review = await makeReview();
  const seen = await onlookers(review);
  await land(review, await button.fastForward(review.host, review.prs[0], MERGER));
  await expectWhole(review, seen, null);
});
