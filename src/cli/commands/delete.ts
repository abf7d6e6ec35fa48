import { LedgerError } from '../../index.ts';
import type { Run } from '../command.ts';
import type { deleteOptions } from '../table/items.ts';
import { onItems } from '../transition.ts';

export const run: Run<typeof deleteOptions> = async ({ args, options: { yes, reason }, cli }) => {
  const sure = yes || (await cli.confirm(`Remove the files of ${args.join(', ')}? Their history stays.`));
  if (!sure) {
    throw new LedgerError('INVALID_INPUT', 'Nothing was deleted: it was not confirmed.', {
      hint: 'Where it is really meant, add --yes. `wl list --all` shows what there is.',
    });
  }
  return onItems(
    cli,
    args,
    (ledger, id) => ledger.deleteWork(id, { reason }),
    ({ id }) => `deleted ${id}; its history stays`,
  );
};
