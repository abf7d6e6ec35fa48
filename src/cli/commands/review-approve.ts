import type { WorkLedger } from '../../index.ts';
import type { Cli } from '../cli.ts';
import type { Run } from '../command.ts';
import { endReviews } from '../end-review.ts';
import { proposedLine } from '../render/review.ts';
import type { Reply } from '../reply.ts';
import type { approveOptions } from '../table/review.ts';

export const run: Run<typeof approveOptions> = async ({ args, options: { reason }, cli }) => {
  const reply = await endReviews(
    cli,
    args,
    (ledger, id) => ledger.approveWork(id, { reason }),
    ({ id, status }) => (status === 'in_review' ? `approved ${id}, which needs more` : `approved ${id}`),
  );
  return reply.where === 'remote' ? proposeLast(cli, await cli.open(), reply) : reply;
};

/** Where one approval is left to give, a merge can be it. */
async function proposeLast(cli: Cli, ledger: WorkLedger, reply: Reply): Promise<Reply> {
  const open = await ledger.list({ status: ['in_review'] });
  const ids = (reply.ids ?? []).filter((id) => open.some((item) => item.id === id));
  if (ids.length === 0) return reply;
  const { proposeReview } = await import('../../review.ts');
  const proposals = await cli.busy('proposing', () =>
    Promise.all(ids.map((id) => proposeReview(ledger, id))),
  );
  const made = proposals.filter(({ kind }) => kind !== 'refused');
  return {
    ...reply,
    lines: [...reply.lines, ...made.map((one) => proposedLine(one, ledger.remote?.name ?? ''))],
  };
}
