import { isLedgerError, type WorkLedger } from '../../index.ts';
import type { Cli } from '../cli.ts';
import type { Run } from '../command.ts';
import { endReviews } from '../end-review.ts';
import type { Line } from '../render/line.ts';
import { proposedLine } from '../render/review.ts';
import type { approveOptions } from '../table/review.ts';

export const run: Run<typeof approveOptions> = async ({ args, options: { reason }, cli }) => {
  const reply = await endReviews(
    cli,
    'approve',
    args,
    (ledger, id) => ledger.approveWork(id, { reason }),
    ({ id, status }) => (status === 'in_review' ? `approved ${id}, which needs more` : `approved ${id}`),
  );
  if (reply.where !== 'remote') return reply;
  return {
    ...reply,
    lines: [...reply.lines, ...(await proposeLast(cli, await cli.open(), reply.ids ?? []))],
  };
};

/** Where one approval is left to give, a merge can be it. The approvals took place; a branch can be made later. */
async function proposeLast(cli: Cli, ledger: WorkLedger, ids: readonly string[]): Promise<Line[]> {
  const open = await ledger.list({ status: ['in_review'] });
  const lines: Line[] = [];
  for (const { id } of open.filter((item) => ids.includes(item.id))) {
    const { proposeReview } = await import('../../review.ts');
    try {
      const proposed = await cli.busy('proposing', () => proposeReview(ledger, id));
      if (proposed.kind !== 'refused') lines.push(proposedLine(proposed, ledger.remote?.name ?? ''));
    } catch (error) {
      if (!isLedgerError(error)) throw error;
      cli.notice(`no review branch yet: ${error.message} Later: wl review refresh ${id}`);
    }
  }
  return lines;
}
