import { isLedgerError, type Verb, type WorkLedger } from '../index.ts';
import type { Cli } from './cli.ts';
import type { Reply } from './reply.ts';
import { onItems, type Tell, type Write } from './transition.ts';

/** Ends the review of items, and takes away the branches that nobody needs any more. */
export async function endReviews(
  cli: Cli,
  verb: Verb,
  typed: readonly string[],
  write: Write,
  tell: Tell,
): Promise<Reply> {
  const reply = await onItems(cli, verb, typed, write, tell);
  if (reply.where === 'remote') await clearUp(cli, await cli.open());
  return reply;
}

/** Takes away the review branches that nobody needs any more. What is left over does no harm, and goes with the next call. */
export async function clearUp(cli: Cli, ledger: WorkLedger): Promise<void> {
  const { clearBranches } = await import('../review.ts');
  try {
    const cleared = await cli.busy('clearing up', () => clearBranches(ledger));
    const left = cleared.filter(({ gone }) => !gone).map(({ branch }) => branch);
    if (left.length > 0) cli.notice(`the remote still has ${left.join(', ')}`);
  } catch (error) {
    if (!isLedgerError(error)) throw error;
    cli.notice(`review branches were left as they are: ${error.message}`);
  }
}
