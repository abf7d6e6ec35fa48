import type { WorkId } from './ids.ts';
import { isTerminal, type WorkItem, type WorkStatus } from './item.ts';
import type { LedgerView } from './view.ts';

/** Why an item cannot be claimed now. `hopeless` means that waiting alone will never help. */
export type Obstacle =
  | { kind: 'status'; status: WorkStatus; holder: string | undefined }
  | { kind: 'assigned'; owner: string }
  | { kind: 'dependency'; id: WorkId; status: WorkStatus | 'damaged' | 'missing'; hopeless: boolean }
  | { kind: 'not_before'; at: string }
  | { kind: 'open_children'; ids: readonly WorkId[] };

/**
 * Lists what keeps `asker` from claiming `item` at the time `at`; an empty list means that it is ready.
 *
 * Ready = pending, unowned or assigned to the asker, every dependency completed, `not_before` past, no open children.
 * Without an asker an assigned item counts as not ready.
 */
export function obstacles(
  view: LedgerView,
  item: WorkItem,
  asker: string | undefined,
  at: string,
): Obstacle[] {
  const found: Obstacle[] = [];
  if (item.status !== 'pending') found.push({ kind: 'status', status: item.status, holder: item.owner });
  else if (item.owner !== undefined && item.owner !== asker)
    found.push({ kind: 'assigned', owner: item.owner });
  if (isTerminal(item.status)) return found;
  for (const id of item.dependencies) {
    const status = view.statusOf(id) ?? 'missing';
    if (status === 'completed') continue;
    const hopeless = status === 'missing' || (status !== 'damaged' && isTerminal(status));
    found.push({ kind: 'dependency', id, status, hopeless });
  }
  if (item.not_before !== undefined && item.not_before > at)
    found.push({ kind: 'not_before', at: item.not_before });
  const children = view.openChildrenOf(item.id);
  if (children.length > 0) found.push({ kind: 'open_children', ids: children });
  return found;
}

/** One obstacle in words. */
export function describeObstacle(obstacle: Obstacle): string {
  switch (obstacle.kind) {
    case 'status':
      return obstacle.holder === undefined
        ? `it is ${obstacle.status}`
        : `it is ${obstacle.status}, held by ${obstacle.holder}`;
    case 'assigned':
      return `it is assigned to ${obstacle.owner}`;
    case 'dependency':
      return obstacle.hopeless
        ? `it depends on ${obstacle.id}, which is ${obstacle.status}: waiting will not unblock it`
        : `it waits for ${obstacle.id}, which is ${obstacle.status}`;
    case 'not_before':
      return `it may not start before ${obstacle.at}`;
    case 'open_children':
      return `it has open children: ${obstacle.ids.join(', ')}`;
    default:
      return obstacle satisfies never;
  }
}
