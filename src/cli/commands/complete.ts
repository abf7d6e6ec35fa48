import type { Run } from '../command.ts';
import { fenceOf } from '../fence.ts';
import { readMap } from '../input.ts';
import type { completeOptions } from '../table/doing.ts';
import { onItems } from '../transition.ts';

export const run: Run<typeof completeOptions> = async ({ args, options, cli }) => {
  const result = options.result.length === 0 ? undefined : await readMap(options.result, '--result');
  const ledger = await cli.open();
  let confirm_delete = options.yes;
  if (!options.yes && (await ledger.settings()).on_complete === 'delete') {
    confirm_delete =
      (await cli.confirm(`This ledger deletes what is completed. Delete ${args.join(', ')}?`)) === true;
    if (!confirm_delete)
      cli.notice('kept among the completed: this ledger deletes them only where --yes confirms it');
  }
  return onItems(
    cli,
    args,
    async (_, id) => {
      const fence = await fenceOf(cli, ledger, id, options);
      return ledger.completeWork(id, { result, claim: true, confirm_delete, ...fence });
    },
    ({ id }) => `completed ${id}`,
  );
};
