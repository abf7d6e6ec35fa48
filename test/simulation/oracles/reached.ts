import type { Asked } from '../told.ts';
import type { History, ItemFile, LedgerCommit } from './history.ts';

/** Whether the item is as the command would leave it, so that there is nothing left to do. */
export function isReached({ verb, command }: Asked, item: ItemFile): boolean {
  const asked = command as { owner?: string; patch?: { set?: Readonly<Record<string, unknown>> } };
  if (verb === 'assign') return item.owner === asked.owner;
  const set = Object.entries(asked.patch?.set ?? {});
  return verb === 'update' && set.length > 0 && set.every(([key, value]) => (item[key] ?? null) === value);
}

/** Whether it was so at any time: what another clone did first is no change, and is on the branch under that one's name alone. */
export const wasReached = (branch: readonly LedgerCommit[], history: History, asked: Asked): boolean =>
  branch.some(({ id, oid }) => {
    const item = id === asked.id && id !== undefined ? history.item(oid, id) : undefined;
    return item !== undefined && isReached(asked, item);
  });
