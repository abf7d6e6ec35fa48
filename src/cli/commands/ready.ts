import { WORK_PRIORITIES, WORK_TYPES } from '../../index.ts';
import type { Run } from '../command.ts';
import { someOf } from '../input.ts';
import { limited } from '../limit.ts';
import { itemsReply } from '../render/list.ts';
import { SHORT_PRIORITY } from '../short-names.ts';
import type { readyOptions } from '../table/looking.ts';

export const run: Run<typeof readyOptions> = async ({ options, cli }) => {
  const { parent, label, swarm } = options;
  const type = someOf(options.type, WORK_TYPES, '--type');
  const priority = someOf(options.priority, WORK_PRIORITIES, '--priority', SHORT_PRIORITY);
  const ledger = await cli.openToAsk(options);
  const asked = {
    asker: ledger.actor,
    swarm,
    type,
    priority,
    labels: label.length === 0 ? undefined : label,
    parent: parent && (await ledger.resolveId(parent)),
  };
  const ready = (limit: number | undefined) => ledger.getReadyToStart({ ...asked, limit });
  return itemsReply(cli, await limited(cli, options.limit, ready, () => ledger.countReady(asked)));
};
