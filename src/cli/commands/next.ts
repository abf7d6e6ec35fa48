import {
  isLedgerError,
  type ReachedLimit,
  type TransitionResult,
  WORK_TYPES,
  type WorkFilter,
  type WorkItem,
  type WorkLedger,
} from '../../index.ts';
import type { Cli } from '../cli.ts';
import type { OptionValues, Run } from '../command.ts';
import { someOf } from '../input.ts';
import { resumeLines } from '../render/item.ts';
import { columns } from '../render/line.ts';
import { itemColumns, itemsReply } from '../render/list.ts';
import type { Reply } from '../reply.ts';
import type { nextOptions } from '../table/next.ts';
import { claimOptions, tellTaken } from '../take.ts';
import { attempt, writeReply } from '../transition.ts';

type Options = OptionValues<typeof nextOptions>;

export const run: Run<typeof nextOptions> = async ({ options, cli }) => {
  const filter: WorkFilter = {
    swarm: options.swarm,
    type: someOf(options.type, WORK_TYPES, '--type'),
    labels: options.label.length === 0 ? undefined : options.label,
  };
  if (options.claim) return claimNext(filter, options, cli);
  const ledger = await cli.openToRead(options);
  const [item] = await ledger.getReadyToStart({ ...filter, asker: ledger.actor, limit: 1 });
  if (item === undefined) return nothing(cli);
  return { ...itemsReply(cli, [item]), kind: 'item', data: item, lines: columns([itemColumns(item)]) };
};

async function claimNext(filter: WorkFilter, options: Options, cli: Cli): Promise<Reply> {
  const ledger = await cli.open();
  // What others took is known then, and need not be tried.
  if (ledger.mode === 'push') await ledger.fetch();
  const asked = claimOptions(cli, options);
  const tried = new Set<string>();
  const full: Limit[] = [];
  for (;;) {
    const ready = await ledger.getReadyToStart({ ...filter, asker: ledger.actor });
    const item = ready.find((one) => !tried.has(one.id) && !isLimited(one, full));
    if (item === undefined) return nothing(cli);
    tried.add(item.id);
    const taken = await attempt(ledger, () => claimOrLose(ledger, item.id, asked));
    if (taken.done === undefined && wasFaster(taken.failure)) continue;
    const reached = limitsIn(taken.failure);
    full.push(...reached);
    // A limit of the one who asks keeps it from every item.
    if (reached.length > 0 && !reached.some(({ kind }) => kind === 'owner')) continue;
    return writeReply(ledger, [taken], [], false, (mine) => [
      tellTaken('claimed', mine),
      `  ${mine.title}`,
      ...resumeLines(mine),
    ]);
  }
}

const claimOrLose = (
  ledger: WorkLedger,
  id: string,
  options: Parameters<WorkLedger['claimWork']>[1],
): Promise<TransitionResult> => ledger.claimWork(id, options);

/** True where the item is no longer to be had, which says nothing about the next one. */
const wasFaster = (failure: unknown): boolean =>
  (
    ['ALREADY_CLAIMED', 'STALE_EPOCH', 'NOT_READY', 'NOT_OWNER', 'ILLEGAL_TRANSITION', 'NOT_FOUND'] as const
  ).some((code) => isLedgerError(failure, code));

type Limit = Pick<ReachedLimit, 'kind' | 'name'>;

const limitsIn = (failure: unknown): Limit[] =>
  isLedgerError(failure, 'LIMIT_REACHED') ? (failure.details.limits as Limit[]) : [];

const isLimited = ({ swarm_name, labels }: WorkItem, full: readonly Limit[]): boolean =>
  full.some(({ kind, name }) => (kind === 'swarm' ? swarm_name === name : labels.includes(name)));

function nothing(cli: Cli): Reply {
  cli.notice('nothing is ready; wl list shows what is open, and wl explain ID why it waits');
  return { kind: 'item', data: null, lines: [], ids: [] };
}
