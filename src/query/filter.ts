import { count, flag, type Inputs, listOf, oneOf, orNull, text } from '../domain/check-input.ts';
import {
  isTerminal,
  WORK_PRIORITIES,
  WORK_STATUSES,
  WORK_TYPES,
  type WorkItemIn,
  type WorkStatus,
} from '../domain/item.ts';
import { type IndexView, READABLE, type Selection } from '../projection/index-view.ts';
import type { Need } from '../projection/projection.ts';

/** What lists are asked with; each becomes a condition in `conditionsOf`. */
export const FILTER = {
  status: listOf(oneOf(WORK_STATUSES)),
  type: listOf(oneOf(WORK_TYPES)),
  priority: listOf(oneOf(WORK_PRIORITIES)),
  /** Who owns them; `null` for items that nobody owns. */
  owner: orNull(text),
  created_by: text,
  swarm_name: text,
  job_id: text,
  /** Every one of these. */
  labels: listOf(text),
  parent_id: text,
  /** Open ones that were discovered in the work on this item. */
  discovered_from: text,
  /** Old id of an imported item. */
  imported_id: text,
  /** Finished items too, where no status is asked for. */
  all: flag,
  limit: count,
};
/** Which items are asked for; every condition that is given must hold. */
export type WorkFilter<S extends WorkStatus = WorkStatus> = Omit<Inputs<typeof FILTER>, 'status'> & {
  status?: readonly S[] | undefined;
};

/** The items that match, most urgent first, then oldest. Without `status` and `all`, finished ones are left out. */
export const listItems = <S extends WorkStatus>(
  view: IndexView,
  filter: WorkFilter<S> = {},
): WorkItemIn<S>[] =>
  // The condition on `status` leaves no other.
  view.select({ ...conditionsOf(filter), limit: filter.limit }) as WorkItemIn<S>[];

/** How many items match, whatever the limit. */
export const countItems = (view: IndexView, filter: WorkFilter = {}): number =>
  view.count(conditionsOf(filter));

/** Finished work is read where it can be among what is asked for. */
export function needOf({ status, all }: WorkFilter): Need {
  return (status === undefined ? all : status.some(isTerminal)) ? 'all' : 'open';
}

type Conditions = Pick<Selection, 'where' | 'values'>;

export function conditionsOf(filter: WorkFilter): Conditions {
  const where: string[] = [];
  const values: (string | number)[] = [];
  const add = (condition: string, ...more: (string | number)[]): void => {
    where.push(condition);
    values.push(...more);
  };
  const among = (column: string, wanted: readonly (string | number)[] | undefined): void => {
    if (wanted !== undefined) add(`${column} IN (${wanted.map(() => '?').join(', ')})`, ...wanted);
  };
  const is = (column: string, wanted: string | undefined): void => {
    if (wanted !== undefined) add(`${column} = ?`, wanted);
  };
  among('status', filter.status);
  if (filter.status === undefined && !filter.all) add("state = 'active' AND status <> 'damaged'");
  else if (filter.status === undefined || filter.status.some(isTerminal)) add(READABLE);
  among('type', filter.type);
  among(
    'rank',
    filter.priority?.map((one) => WORK_PRIORITIES.length - 1 - WORK_PRIORITIES.indexOf(one)),
  );
  if (filter.owner === null) add('owner IS NULL');
  else is('owner', filter.owner);
  is('created_by', filter.created_by);
  is('swarm', filter.swarm_name);
  is('job', filter.job_id);
  is('parent', filter.parent_id);
  is('imported_id', filter.imported_id);
  if (filter.discovered_from !== undefined)
    add("id IN (SELECT id FROM edges WHERE kind = 'discovered' AND target = ?)", filter.discovered_from);
  for (const label of filter.labels ?? []) {
    add("EXISTS (SELECT 1 FROM json_each(item, '$.labels') WHERE json_each.value = ?)", label);
  }
  return { where, values };
}
