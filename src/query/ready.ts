import { isHeld } from '../domain/holding.ts';
import type { WorkId } from '../domain/ids.ts';
import { isTerminal, type WorkItem } from '../domain/item.ts';
import {
  describeLimit,
  describeObstacle,
  type Obstacle,
  obstacles,
  type ReachedLimit,
  reachedLimits,
} from '../domain/readiness.ts';
import { quoted } from '../domain/text.ts';
import type { IndexView, Selection } from '../projection/index-view.ts';
import { conditionsOf, type WorkFilter } from './filter.ts';

/** Who asks, and when. Without an actor, what anyone can take is meant. */
export interface Asking {
  actor: string | undefined;
  /** ISO time. */
  now: string;
}

/** Which items nobody is to take on this clone, whatever the ledger says, and why, in words. */
export type HeldBack = (view: IndexView) => ReadonlyMap<WorkId, string>;

const NOTHING: HeldBack = () => new Map();

/** What can be claimed, most urgent first, then oldest. */
export const readyItems = (
  view: IndexView,
  filter: WorkFilter,
  asking: Asking,
  heldBack = NOTHING,
): WorkItem[] => view.select({ ...readyTo(filter, asking, heldBack(view)), limit: filter.limit });

/** How many items can be claimed, whatever the limit. */
export const countReady = (view: IndexView, filter: WorkFilter, asking: Asking, heldBack = NOTHING): number =>
  view.count(readyTo(filter, asking, heldBack(view)));

/** When the first of those that wait for nothing but their time can be claimed; `undefined` where there is none. */
export function nextReadyAt(view: IndexView, filter: WorkFilter, asking: Asking): string | undefined {
  const [first] = view.select({
    ...readyTo(filter, asking, new Map(), 'not_before > ?'),
    order: 'not_before',
    limit: 1,
  });
  return first?.not_before;
}

/** The same rule as `obstacles`, over the index: `waits` counts open children and dependencies that are not completed. */
function readyTo(
  filter: WorkFilter,
  { actor, now }: Asking,
  heldBack: ReadonlyMap<WorkId, string>,
  inTime = '(not_before IS NULL OR not_before <= ?)',
): Selection {
  const { where, values } = conditionsOf({ ...filter, status: ['pending'] });
  // A question waits for whoever can answer it, and is given only to who asks for questions.
  const kinds = filter.type === undefined ? ["type <> 'escalation'"] : [];
  const held = [...heldBack.keys()];
  const free = held.length === 0 ? [] : [`id NOT IN (${held.map(() => '?').join(', ')})`];
  return {
    by: 'items_ready',
    where: [
      // As that index has it.
      "status = 'pending'",
      'waits = 0',
      actor === undefined ? 'owner IS NULL' : '(owner IS NULL OR owner = ?)',
      inTime,
      ...where,
      ...kinds,
      ...free,
    ],
    values: [...(actor === undefined ? [] : [actor]), now, ...values, ...held],
  };
}

export interface Explanation {
  id: WorkId;
  ready: boolean;
  obstacles: Obstacle[];
  /** Limits that taking it would go past. `wl ready` lists it all the same. */
  limits: ReachedLimit[];
  /** The same in words, for a person. */
  reasons: string[];
}

/** Why an item is or is not ready, in words and as facts. */
export function explainItem(
  view: IndexView,
  item: WorkItem,
  { actor, now }: Asking,
  heldBack = NOTHING,
): Explanation {
  const found = obstacles(view, item, actor, now);
  const limits = isTerminal(item.status) || isHeld(item) ? [] : reachedLimits(view, item, actor);
  const reasons = [...found.map(describeObstacle), ...limits.map(describeLimit)];
  const held = heldBack(view).get(item.id);
  if (held !== undefined) reasons.unshift(held);
  const ready = found.length === 0 && limits.length === 0 && held === undefined;
  if (item.block !== undefined && !isTerminal(item.status))
    reasons.push(`it was blocked: ${quoted(item.block.reason)}`);
  if (ready) {
    reasons.push(
      item.type === 'escalation'
        ? `it is a question to a person, which work that is asked for leaves out: wl answer ${item.id}`
        : 'it is pending, nobody else owns it, and nothing it waits for is open',
    );
  }
  return { id: item.id, ready, obstacles: found, limits, reasons };
}

/** Work in progress that nobody has touched for so many seconds. */
export function staleItems(view: IndexView, threshold_s: number, now: Date): WorkItem[] {
  const limit = new Date(now.getTime() - threshold_s * 1000).toISOString();
  return view.select({ where: ["status = 'in_progress'", 'updated_at <= ?'], values: [limit] });
}
