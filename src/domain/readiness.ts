// What keeps an item from being claimed: how it stands, and how much is in progress already.
import { isHeld } from './holding.ts';
import type { WorkId } from './ids.ts';
import { isTerminal, type WorkItem, type WorkStatus } from './item.ts';
import type { LedgerSettings } from './settings.ts';
import { asName, listed } from './text.ts';
import type { LedgerView } from './view.ts';

/** Why an item cannot be claimed now. `hopeless` means that waiting alone will never help. */
export type Obstacle =
  | { kind: 'status'; status: WorkStatus; holder: string | undefined }
  | { kind: 'assigned'; owner: string }
  | { kind: 'dependency'; id: WorkId; status: WorkStatus | 'damaged' | 'missing'; hopeless: boolean }
  | { kind: 'blocker'; id: WorkId; status: WorkStatus | 'damaged' | 'missing'; hopeless: boolean }
  | { kind: 'parent'; id: WorkId; status: 'failed' | 'cancelled' }
  | { kind: 'not_before'; at: string }
  | { kind: 'open_children'; ids: readonly WorkId[] };

/**
 * Lists what keeps `asker` from claiming `item` at the time `at`; an empty list means that it is ready.
 *
 * Ready = pending, unowned or assigned to the asker, every dependency completed, `not_before` past, no open children, and its parent
 * neither failed nor cancelled.
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
  const blocker = item.status === 'blocked' ? item.block?.blocker_id : undefined;
  if (blocker !== undefined) found.push({ kind: 'blocker', id: blocker, ...standing(view, blocker) });
  for (const id of item.dependencies) {
    const { status, hopeless } = standing(view, id);
    if (status !== 'completed') found.push({ kind: 'dependency', id, status, hopeless });
  }
  const parent = item.parent_id === undefined ? undefined : view.statusOf(item.parent_id);
  if (item.parent_id !== undefined && (parent === 'failed' || parent === 'cancelled'))
    found.push({ kind: 'parent', id: item.parent_id, status: parent });
  if (item.not_before !== undefined && item.not_before > at)
    found.push({ kind: 'not_before', at: item.not_before });
  const children = view.openChildrenOf(item.id);
  if (children.length > 0) found.push({ kind: 'open_children', ids: children });
  return found;
}

/** How something that is waited for stands, and whether waiting for it is in vain. */
function standing(
  view: LedgerView,
  id: WorkId,
): { status: WorkStatus | 'damaged' | 'missing'; hopeless: boolean } {
  const status = view.statusOf(id) ?? 'missing';
  const ended = status !== 'missing' && status !== 'damaged' && isTerminal(status);
  return { status, hopeless: status === 'missing' || (ended && status !== 'completed') };
}

/** One obstacle in words. */
export function describeObstacle(obstacle: Obstacle): string {
  switch (obstacle.kind) {
    case 'status':
      return obstacle.holder === undefined
        ? `it is ${obstacle.status}`
        : `it is ${obstacle.status}, held by ${asName(obstacle.holder)}`;
    case 'assigned':
      return `it is assigned to ${asName(obstacle.owner)}`;
    case 'blocker':
      return obstacle.hopeless
        ? `it is blocked on ${obstacle.id}, which is ${obstacle.status}: waiting will not unblock it`
        : `it is blocked on ${obstacle.id}, which is ${obstacle.status}`;
    case 'parent':
      return `it is a part of ${obstacle.id}, which is ${obstacle.status}: reopen that one, or give it another parent`;
    case 'dependency':
      return obstacle.hopeless
        ? `it depends on ${obstacle.id}, which is ${obstacle.status}: waiting will not unblock it`
        : `it waits for ${obstacle.id}, which is ${obstacle.status}`;
    case 'not_before':
      return `it may not start before ${obstacle.at}`;
    case 'open_children':
      return `it has open children: ${listed(obstacle.ids)}`;
    default:
      return obstacle satisfies never;
  }
}

/** What work in progress can be limited by. */
export const LIMIT_KINDS = ['owner', 'swarm', 'label'] as const;
export type LimitKind = (typeof LIMIT_KINDS)[number];

/** For each kind, how many items may be in progress by name; `*` stands for every name without a limit of its own. */
export type Limits = NonNullable<LedgerSettings['limits']>;

const EVERY = '*';

/** A limit that is used up, and the items that use it. */
export interface ReachedLimit {
  kind: LimitKind;
  name: string;
  max: number;
  items: { id: string; owner: string | undefined }[];
}

/** The names under which an item in progress counts, `owner` being who holds it. */
export function countedUnder(
  item: Pick<WorkItem, 'swarm_name' | 'labels'>,
  owner: string | undefined,
): [LimitKind, string][] {
  return [
    ...(owner === undefined ? [] : [['owner', owner] satisfies [LimitKind, string]]),
    ...(item.swarm_name === undefined ? [] : [['swarm', item.swarm_name] satisfies [LimitKind, string]]),
    ...item.labels.map((label): [LimitKind, string] => ['label', label]),
  ];
}

/** The names under which an item counts now: none unless someone holds it. */
export const countsUnder = (item: WorkItem): [LimitKind, string][] =>
  isHeld(item) ? countedUnder(item, item.owner) : [];

/** The limits that `asker` would go past by taking `item`. Who is at their limit can still answer a question. */
export function reachedLimits(view: LedgerView, item: WorkItem, asker: string | undefined): ReachedLimit[] {
  const { limits } = view.settings;
  if (limits === undefined || item.type === 'escalation') return [];
  return countedUnder(item, asker).flatMap(([kind, name]): ReachedLimit[] => {
    const max = limitOf(limits, kind, name);
    if (max === undefined) return [];
    const ids = view.inProgress(kind, name).filter((id) => id !== item.id);
    if (ids.length < max) return [];
    return [{ kind, name, max, items: ids.map((id) => ({ id, owner: view.find(id)?.owner })) }];
  });
}

function limitOf(limits: Limits, kind: LimitKind, name: string): number | undefined {
  const named = limits[kind] ?? {};
  return Object.hasOwn(named, name) ? named[name] : named[EVERY];
}

const SHOWN = 5;

/** A limit in words, with who holds what counts. */
export function describeLimit({ kind, name, max, items }: ReachedLimit): string {
  const whose = kind === 'owner' ? asName(name) : `the ${kind} ${asName(name)}`;
  const held = items
    .slice(0, SHOWN)
    .map(({ id, owner }) => `${id} (${owner === undefined ? 'nobody' : asName(owner)})`);
  const more = items.length > SHOWN ? `, and ${items.length - SHOWN} more` : '';
  const who = held.length === 0 ? '' : `: ${held.join(', ')}${more}`;
  return `${whose} may have ${max} in progress and has ${items.length}${who}`;
}
