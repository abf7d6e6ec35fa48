import { LedgerError } from '../../index.ts';
import type { Run } from '../command.ts';
import type { deleteOptions } from '../table/items.ts';
import { onItems } from '../transition.ts';

export const run: Run<typeof deleteOptions> = async ({ args, options: { yes, reason, expired }, cli }) => {
  if (expired === args.length > 0)
    throw new LedgerError('INVALID_INPUT', 'Name the items, or say --expired: one of the two.');
  const ids = expired ? (await (await cli.open()).getExpired()).map(({ id }) => id) : args;
  if (ids.length === 0) return { kind: 'items', data: [], lines: ['nothing was kept for long enough'] };
  const sure =
    yes ||
    (await cli.confirm(
      `Remove the files of ${ids.length > 9 ? `${ids.length} items` : ids.join(', ')}? Their history stays.`,
    ));
  if (!sure) {
    throw new LedgerError('INVALID_INPUT', 'Nothing was deleted: it was not confirmed.', {
      hint: 'Where it is really meant, add --yes. `wl list --all` shows what there is.',
    });
  }
  return onItems(
    cli,
    ids,
    (ledger, id) => ledger.deleteWork(id, { reason }),
    ({ id }) => `deleted ${id}; its history stays`,
  );
};
