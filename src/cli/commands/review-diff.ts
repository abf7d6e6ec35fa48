import type { Run } from '../command.ts';
import { resolveOne } from '../ids.ts';
import { fieldLines } from '../render/field.ts';
import { styled } from '../render/line.ts';
import type { noOptions } from '../table/review.ts';

export const run: Run<typeof noOptions> = async ({ args: [typed = ''], cli }) => {
  const ledger = await cli.open();
  const { previewReview } = await import('../../review.ts');
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
};
