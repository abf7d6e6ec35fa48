import type { LedgerQueries, WorkItem, WorkWithHistory } from '../../index.ts';
import type { Run } from '../command.ts';
import { itemLines } from '../render/item.ts';
import type { Line } from '../render/line.ts';
import type { Reply } from '../reply.ts';
import type { readOptions } from '../table/looking.ts';

export const run: Run<typeof readOptions> = async ({ args, options, cli }) => {
  const ledger = await cli.openToAsk(options);
  const found = await Promise.allSettled(
    args.map(async (typed) => ledger.getWork(await ledger.resolveId(typed))),
  );
  const items = found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failures = found.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  return { ...(await showItems(ledger, items, args.length > 1)), failures };
};

/** Items in full. */
export async function showItems(
  ledger: LedgerQueries,
  items: readonly WorkWithHistory[],
  several: boolean,
): Promise<Reply> {
  const lines: Line[] = [];
  for (const item of items)
    lines.push(...(lines.length === 0 ? [] : ['', '']), ...itemLines(item, await relatedTo(ledger, item)));
  return {
    kind: several ? 'items' : 'item',
    data: items.length === 0 ? undefined : several ? items : items[0],
    lines,
    ids: items.map(({ id }) => id),
  };
}

/** Items that it names, to tell how they stand; a damaged one is no reason not to show this one. */
async function relatedTo(ledger: LedgerQueries, item: WorkWithHistory): Promise<Map<string, WorkItem>> {
  const ids = [...item.dependencies, item.parent_id, item.block?.blocker_id].filter((id) => id !== undefined);
  const found = await Promise.all(ids.map((id) => ledger.findWork(id).catch(() => undefined)));
  return new Map(found.flatMap((one) => (one === undefined ? [] : [[one.id, one]])));
}
