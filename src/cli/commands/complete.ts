import type { Run } from '../command.ts';
import { resolveAll } from '../ids.ts';
import { readMap } from '../input.ts';
import type { completeOptions } from '../table/doing.ts';
import { confirmItems, onItems } from '../transition.ts';

export const run: Run<typeof completeOptions> = async ({ args, options, cli }) => {
  const result = options.result.length === 0 ? undefined : await readMap(options.result, '--result');
  const ledger = await cli.open();
  const named = await resolveAll(ledger, args, 'complete');
  let confirm_delete = options.yes;
  if (!options.yes && named.ids.length > 0 && (await ledger.settings()).on_complete === 'delete') {
    const question = 'This ledger deletes what is completed. Delete these items?';
    confirm_delete = (await confirmItems(cli, named.ids, question)) === true;
    if (!confirm_delete)
      cli.notice('kept among the completed: this ledger deletes them only where --yes confirms it');
  }
  return onItems(
    cli,
    'complete',
    named,
    (_, id) => ledger.completeWork(id, { result, claim: true, confirm_delete, ...cli.fence(options) }),
    ({ id }) => `completed ${id}`,
  );
};
