import type { Run } from '../command.ts';
import { resolveOne } from '../ids.ts';
import { stateLine } from '../render/review.ts';
import type { noOptions } from '../table/review.ts';

export const run: Run<typeof noOptions> = async ({ args: [typed = ''], cli }) => {
  const ledger = await cli.open();
  const { findReview, pageOf, previewReview } = await import('../../review.ts');
  const id = await resolveOne(ledger, typed, 'approve');
  // Where nothing is shared there is no branch, and the item is shown as this clone has it.
  const review = ledger.mode === 'push' ? await findReview(ledger, id) : undefined;
  const shown = await previewReview(ledger, id);
  // Where a branch was found to be right, its own commit is shown.
  const page = await pageOf(ledger, { ...shown, ...review?.proposal });
  if (review !== undefined && review.state !== 'current') cli.notice(lineText(stateLine(review)));
  return {
    kind: 'review',
    data: { review: review ?? null, changes: shown.changes, page },
    lines: page.trimEnd().split('\n'),
    ids: [id],
  };
};

const lineText = (line: ReturnType<typeof stateLine>): string =>
  typeof line === 'string'
    ? line
    : line.map((span) => (typeof span === 'string' ? span : span.text)).join('');
