import type { Run } from '../command.ts';
import { required } from '../input.ts';
import type { assignOptions } from '../table/items.ts';
import { onItems } from '../transition.ts';

export const run: Run<typeof assignOptions> = async ({ args, options, cli }) => {
  const { nobody, reason } = options;
  const ids = nobody ? args : args.slice(0, -1);
  const owner = nobody ? undefined : args.at(-1);
  required(ids[0], 'An id', 'wl assign ID OWNER, or: wl assign ID --nobody');
  return onItems(
    cli,
    'assign',
    ids,
    (ledger, id) => ledger.assignWork(id, owner, reason === undefined ? {} : { reason }),
    ({ id }) => (owner === undefined ? `${id} is anyone's to claim` : `assigned ${id} to ${owner}`),
  );
};
