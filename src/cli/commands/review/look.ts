import { resolveOne } from '../../../operations/ids.ts';
import { command, ID } from '../../command.ts';
import { fieldLines } from '../../render/history.ts';
import { styled } from '../../render/line.ts';
import { listReply } from '../../render/list.ts';
import { reviewColumns, stateLine } from '../../render/review.ts';

const HEADER = ['ID', 'BRANCH', 'OWNER', 'TITLE'];

export const reviewListCommand = command({
  summary: 'list work in review, and how each stands with its branch; asks the remote',
  details:
    'current: merging the branch approves the item as it stands. stale: it does not, and why is told. missing: there is no branch. merged and leftover: the branch of an item whose review is over.',
  examples: ['wl review list', 'wl review list --json'],
  run: async ({ cli }) => {
    const ledger = await cli.open();
    const { listReviews } = await import('../../../review.ts');
    const reviews = await cli.busy('looking at review branches', () => listReviews(ledger));
    return listReply(cli, 'reviews', reviews, HEADER, reviewColumns, 'nothing is in review');
  },
});

export const reviewShowCommand = command({
  summary: 'show what was asked, what came of it, and what approving it changes, as Markdown',
  args: [ID],
  examples: ['wl review show 0001', 'wl review show 0001 --json'],
  run: async ({ args: [typed = ''], cli }) => {
    const ledger = await cli.open();
    const { findReview, pageOf, previewReview } = await import('../../../review.ts');
    const id = await resolveOne(ledger, typed, 'approve');
    // Where nothing is shared there is no branch, and the item is shown as this clone has it.
    const review = ledger.clone.mode === 'push' ? await findReview(ledger, id) : undefined;
    const shown = await previewReview(ledger, id);
    // Where a branch was found to be right, its own commit is shown.
    const page = await pageOf(ledger, { ...shown, ...review?.proposal });
    if (review !== undefined && review.state !== 'current') cli.notice(lineText(stateLine(review)));
    return {
      kind: 'review',
      data: { review: review ?? null, changes: shown.changes, page },
      // What keeps a host from acting on words is nothing for a terminal, which would show it.
      lines: page.trimEnd().replaceAll('\u200b', '').split('\n'),
      ids: [id],
    };
  },
});

export const reviewDiffCommand = command({
  summary: 'show what approving an item changes, by field',
  args: [ID],
  examples: ['wl review diff 0001', 'wl review diff 0001 --json'],
  run: async ({ args: [typed = ''], cli }) => {
    const ledger = await cli.open();
    const { previewReview } = await import('../../../review.ts');
    const id = await resolveOne(ledger, typed, 'approve');
    const { before, after, changes } = await previewReview(ledger, id);
    return {
      kind: 'review_diff',
      data: { id, rev: before.rev, changes },
      lines: [
        [styled('bold', id), `: rev ${before.rev} -> ${after.rev}, where it is approved`],
        ...changes.flatMap(fieldLines),
      ],
      ids: [id],
    };
  },
});

const lineText = (line: ReturnType<typeof stateLine>): string =>
  typeof line === 'string'
    ? line
    : line.map((span) => (typeof span === 'string' ? span : span.text)).join('');
