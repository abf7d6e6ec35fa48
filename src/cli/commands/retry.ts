import { LedgerError } from '../../index.ts';
import type { Run } from '../command.ts';
import { readTime } from '../input.ts';
import type { retryOptions } from '../table/doing.ts';
import { onItems } from '../transition.ts';

export const run: Run<typeof retryOptions> = async ({ args, options, cli }) => {
  const { now, after, not_before: typed, reset, reason } = options;
  if ([now, after !== undefined, typed !== undefined].filter(Boolean).length > 1) {
    throw new LedgerError('INVALID_INPUT', '--now, --after and --not-before exclude each other.');
  }
  const later =
    after === undefined ? undefined : new Date(cli.clock.now().getTime() + after * 1000).toISOString();
  const not_before = now ? null : typed === undefined ? later : readTime(typed, '--not-before');
  return onItems(
    cli,
    'retry',
    args,
    (ledger, id) => ledger.retryWork(id, { not_before, reset, reason }),
    ({ id, not_before: from }) => `${id} is pending again${from === undefined ? '' : `, not before ${from}`}`,
  );
};
