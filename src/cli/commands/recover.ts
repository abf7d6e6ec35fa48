import type { Run } from '../command.ts';
import { itemsReply } from '../render/list.ts';
import type { recoverOptions } from '../table/doing.ts';
import { whereabouts } from '../transition.ts';

export const run: Run<typeof recoverOptions> = async ({ options, cli }) => {
  const ledger = await cli.open();
  if (options.dry_run) return itemsReply(cli, await ledger.getOrphanedWork());
  const items = await cli.busy('recovering', async () => {
    // Others may have given a sign of life that this clone has not seen.
    if (ledger.mode === 'push') await ledger.fetch();
    return ledger.recoverOrphanedWork();
  });
  const where = ledger.mode === 'push' ? 'remote' : 'local';
  if (items.length === 0) cli.notice('no claim has run out');
  return {
    kind: 'items',
    data: items,
    lines: items.map(({ id }) => `recovered ${id}${whereabouts(ledger, where)}`),
    ids: items.map(({ id }) => id),
    where: ledger.remote === null ? undefined : where,
  };
};
