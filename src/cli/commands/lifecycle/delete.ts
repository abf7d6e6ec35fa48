import { type Found, resolveAll } from '../../../operations/ids.ts';
import { refuse } from '../../../operations/typed.ts';
import { command, flag, IDS, REASON } from '../../command.ts';
import { confirmItems, onItems } from '../../transition.ts';

export const deleteCommand = command({
  summary: 'remove the files of finished items',
  details:
    'History stays, and an id is never given twice. Without a terminal it needs --yes. --expired stands for all that was kept for as long as `retention_days` says.',
  args: [{ ...IDS, name: '[ids...]' }],
  options: {
    ...REASON,
    expired: flag('--expired', 'all that was kept for as long as the ledger says'),
    yes: flag('--yes', 'do it without asking'),
  },
  examples: ['wl delete 0001 --yes', 'wl delete --expired --yes'],
  run: async ({ args, options: { yes, reason, expired, if_rev }, cli }) => {
    if (expired === args.length > 0) throw refuse('Name the items, or say --expired: one of the two.');
    const ledger = await cli.open();
    const named = expired ? await findExpired() : await resolveAll(ledger, args, 'delete');
    if (expired && named.found.length === 0)
      return { kind: 'items', data: [], lines: ['nothing was kept for long enough'] };
    const sure =
      yes ||
      named.found.length === 0 ||
      (await confirmItems(cli, named.found, 'Remove the files of these items? Their history stays.'));
    if (!sure) {
      throw refuse(
        'Nothing was deleted: it was not confirmed.',
        'Where it is really meant, add --yes. `wl list --all` shows what there is.',
      );
    }
    return onItems(
      cli,
      'delete',
      named,
      (_, id) => ledger.work.delete(id, { reason, if_rev }),
      ({ id }) => `deleted ${id}; its history stays`,
    );

    async function findExpired(): Promise<Found<string>> {
      const found = (await ledger.query.expired()).map(({ id }) => id);
      return { found, failures: [], several: found.length > 1 };
    }
  },
});
