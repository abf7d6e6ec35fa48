import { isLedgerError, type Verb, type WorkLedger } from '../../../index.ts';
import { required } from '../../../operations/typed.ts';
import type { Write } from '../../../operations/writes.ts';
import type { Cli } from '../../cli.ts';
import { command, FENCE, IDS, REASON, type Reply } from '../../command.ts';
import type { Line } from '../../render/line.ts';
import { proposedLine } from '../../render/review.ts';
import { type Describe, onItems } from '../../transition.ts';

export const reviewApproveCommand = command({
  summary: 'accept work that is in review',
  args: [IDS],
  options: REASON,
  examples: ['wl review approve 0001', 'wl review approve 0001 --reason "well tested"'],
  run: async ({ args, options: { reason, if_rev }, cli }) => {
    const reply = await endReviews(
      cli,
      'approve',
      args,
      (ledger, id) => ledger.work.approve(id, { reason, if_rev }),
      ({ id, status }) => (status === 'in_review' ? `approved ${id}, which needs more` : `approved ${id}`),
    );
    if (reply.where !== 'remote') return reply;
    return {
      ...reply,
      lines: [...reply.lines, ...(await proposeLast(cli, await cli.open(), reply.ids ?? []))],
    };
  },
});

export const reviewRejectCommand = command({
  summary: 'send work back from review to its holder; needs a reason',
  args: [IDS],
  options: REASON,
  examples: [
    'wl review reject 0001 --reason "tests are missing"',
    'wl review reject 0001 0002 --reason late',
  ],
  run: async ({ args, options, cli }) => {
    const reason = required(options.reason, 'A reason', `wl review reject ${args[0]} --reason TEXT`);
    return endReviews(
      cli,
      'reject',
      args,
      (ledger, id) => ledger.work.reject(id, { reason, if_rev: options.if_rev }),
      ({ id, owner }) => `sent ${id} back to ${owner}`,
    );
  },
});

export const reviewWithdrawCommand = command({
  summary: 'take back what was submitted, to go on with it',
  args: [IDS],
  options: { ...REASON, ...FENCE },
  examples: ['wl review withdraw 0001', 'wl review withdraw 0001 --reason "one more test"'],
  run: ({ args, options, cli }) =>
    endReviews(
      cli,
      'withdraw',
      args,
      (ledger, id) => ledger.work.withdraw(id, { reason: options.reason, ...cli.fence(options) }),
      ({ id }) => `withdrew ${id}`,
    ),
});

/** Where one approval is left to give, a merge can be it. The approvals took place; a branch can be made later. */
async function proposeLast(cli: Cli, ledger: WorkLedger, ids: readonly string[]): Promise<Line[]> {
  const open = await ledger.query.list({ status: ['in_review'] });
  const lines: Line[] = [];
  for (const { id } of open.filter((item) => ids.includes(item.id))) {
    const { proposeReview } = await import('../../../review.ts');
    try {
      const proposed = await cli.busy('proposing', () => proposeReview(ledger, id));
      if (proposed.kind !== 'refused') lines.push(proposedLine(proposed, ledger.clone.remote?.name ?? ''));
    } catch (error) {
      if (!isLedgerError(error)) throw error;
      cli.notice(`no review branch yet: ${error.message} Later: wl review refresh ${id}`);
    }
  }
  return lines;
}

/** Ends the review of items, and takes away the branches that nobody needs any more. */
export async function endReviews(
  cli: Cli,
  verb: Verb,
  typed: readonly string[],
  write: Write,
  describe: Describe,
): Promise<Reply> {
  const reply = await onItems(cli, verb, typed, write, describe);
  // Where nothing took place, no branch is needed less than before.
  if (reply.where === 'remote' && reply.ids?.length) await clearUp(cli, await cli.open());
  return reply;
}

/** Takes away the review branches that nobody needs any more. What is left over does no harm, and goes with the next call. */
export async function clearUp(cli: Cli, ledger: WorkLedger): Promise<void> {
  const { clearBranches } = await import('../../../review.ts');
  try {
    const cleared = await cli.busy('clearing up', () => clearBranches(ledger));
    const left = cleared.filter(({ gone }) => !gone).map(({ branch }) => branch);
    if (left.length > 0) cli.notice(`the remote still has ${left.join(', ')}`);
  } catch (error) {
    if (!isLedgerError(error)) throw error;
    cli.notice(`review branches were left as they are: ${error.message}`);
  }
}
