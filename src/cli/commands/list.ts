import { LedgerError, type LedgerQueries, WORK_PRIORITIES, WORK_STATUSES, WORK_TYPES } from '../../index.ts';
import type { Cli } from '../cli.ts';
import type { OptionValues, Run } from '../command.ts';
import { someOf } from '../input.ts';
import { limited } from '../limit.ts';
import { itemsReply, tableLines } from '../render/list.ts';
import type { Reply } from '../reply.ts';
import { SHORT_PRIORITY, SHORT_STATUS } from '../short-names.ts';
import type { listOptions } from '../table/looking.ts';

export const run: Run<typeof listOptions> = async ({ options, cli }) => {
  const { parent, label } = options;
  const filter = {
    status: someOf(options.status, WORK_STATUSES, '--status', SHORT_STATUS),
    type: someOf(options.type, WORK_TYPES, '--type'),
    priority: someOf(options.priority, WORK_PRIORITIES, '--priority', SHORT_PRIORITY),
    swarm: options.swarm,
    job: options.job,
    labels: label.length === 0 ? undefined : label,
    all: options.all,
  };
  const ledger = await cli.openToAsk(options);
  if (options.damaged) return damagedReply(ledger, cli);
  const owner = ownerAsked(options, ledger.actor);
  const asked = { ...filter, owner, parent: parent && (await ledger.resolveId(parent)) };
  const list = (limit: number | undefined) => ledger.list({ ...asked, limit });
  return itemsReply(cli, await limited(cli, options.limit, list, () => ledger.count(asked)));
};

function ownerAsked(
  { owner, mine, unassigned }: OptionValues<typeof listOptions>,
  actor: string,
): string | null | undefined {
  const asked = [owner !== undefined, mine, unassigned].filter((given) => given);
  if (asked.length > 1)
    throw new LedgerError('INVALID_INPUT', '--owner, --mine and --unassigned exclude each other.');
  if (unassigned) return null;
  return mine ? actor : owner;
}

async function damagedReply(ledger: LedgerQueries, cli: Cli): Promise<Reply> {
  const damaged = await cli.busy('reading every file', () => ledger.damaged({ all: true }));
  // They are what was asked for.
  cli.notices.length = 0;
  const rows = damaged.map(({ path, problem: { rule, message, line, column } }) => [
    line === undefined ? path : `${path}:${line}:${column ?? 1}`,
    rule,
    message,
  ]);
  return {
    kind: 'damaged',
    data: damaged,
    lines: tableLines(cli, ['FILE', 'RULE', 'PROBLEM'], rows),
    ids: damaged.map(({ id, path }) => id ?? path),
  };
}
