import { isHeld } from './holding.ts';
import type { WorkItem } from './item.ts';
import type { LedgerSettings } from './settings.ts';
import type { LedgerView } from './view.ts';

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
  const whose = kind === 'owner' ? name : `the ${kind} ${name}`;
  const held = items.slice(0, SHOWN).map(({ id, owner }) => `${id} (${owner ?? 'nobody'})`);
  const more = items.length > SHOWN ? `, and ${items.length - SHOWN} more` : '';
  const who = held.length === 0 ? '' : `: ${held.join(', ')}${more}`;
  return `${whose} may have ${max} in progress and has ${items.length}${who}`;
}
