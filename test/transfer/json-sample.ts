import fc from 'fast-check';
import { numberedId } from '../../src/domain/ids.ts';
import {
  isTerminal,
  type Json,
  LINK_KINDS,
  WORK_PRIORITIES,
  WORK_STATUSES,
  WORK_TYPES,
  type WorkItem,
  type WorkLink,
} from '../../src/domain/item.ts';
import { normalizeText, toName, toSafeLine } from '../../src/domain/text.ts';
import { itemOf } from './memory-ledger.ts';

const line = (max: number) =>
  fc
    .string({ unit: 'binary', maxLength: max })
    .map((text) => toSafeLine(text, max))
    .filter((text) => text !== '');
const name = line(30).map((text) => toName(`a${text.replaceAll(/[<>]/g, '')} b`, 40) || 'ab');
const text = fc.string({ unit: 'binary' }).map(normalizeText);
const time = fc
  .date({ min: new Date('1999-01-01'), max: new Date('2099-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());
const json = fc
  .jsonValue({ maxDepth: 2 })
  .map((value) => JSON.stringify(value))
  .map((text) => JSON.parse(text) as Json);
const key = fc.string({ maxLength: 8 }).filter((word) => word !== 'imported');
const map = fc.dictionary(key, json, { maxKeys: 3 });
const claim = fc.record({
  epoch: fc.integer({ min: 1, max: 99 }),
  execution_id: name,
  claimed_at: time,
  ttl_s: fc.constant(60),
});
const link = fc.record<WorkLink>({ kind: fc.constantFrom(...LINK_KINDS), target: line(20) });

/** Fields of one item that stand by themselves; the status decides what else there must be. */
const fields = fc.record(
  {
    title: line(80),
    type: fc.constantFrom(...WORK_TYPES),
    priority: fc.constantFrom(...WORK_PRIORITIES),
    status: fc.constantFrom(...WORK_STATUSES),
    owner: name,
    labels: fc.uniqueArray(name, { maxLength: 3 }).map((labels) => labels.toSorted()),
    description: text,
    acceptance: fc.array(fc.record({ text: line(20), done: fc.boolean() }), { maxLength: 2 }),
    context: map,
    links: fc.uniqueArray(link, { maxLength: 3, selector: (value) => JSON.stringify(value) }),
    swarm_name: name,
    job_id: name,
    execution_id: name,
    created_at: time,
    created_by: name,
    updated_at: time,
    started_at: time,
    not_before: time,
    claim,
    attempts: fc.nat(9),
    checkpoint: fc.record({ at: time, attempt: fc.nat(3), step: text, data: json }),
    result: map,
    error: text,
    comments: fc.array(fc.record({ at: time, by: name, body: line(20) }), { maxLength: 2 }),
    x_unknown: json,
  },
  { requiredKeys: ['title', 'type', 'priority', 'status', 'created_at', 'created_by', 'updated_at'] },
);

const shape = fc.record({
  fields,
  parent: fc.option(fc.nat(9)),
  needs: fc.array(fc.nat(9), { maxLength: 3 }),
  blocker: fc.option(fc.nat(9)),
});

/** The items of a ledger that could be: references lead to items, and nothing waits for itself. */
export const ledgerItems: fc.Arbitrary<WorkItem[]> = fc.array(shape, { maxLength: 10 }).map((shapes) => {
  const items = shapes.map((each, index) => complete(itemOf({ ...each.fields, id: idOf(index) })));
  for (const [index, item] of items.entries()) {
    const { parent = null, needs = [], blocker = null } = shapes[index] ?? {};
    // References lead to older ids, or an order to import them in would not always exist.
    const known = (at: number | null) => (at !== null && at < index ? items[at]?.id : undefined);
    addUnlessCircular(items, item, { parent_id: known(parent) });
    for (const need of new Set(needs.map(known))) {
      if (need !== undefined) addUnlessCircular(items, item, { dependencies: [...item.dependencies, need] });
    }
    if (item.block !== undefined)
      addUnlessCircular(items, item, { block: { ...item.block, blocker_id: known(blocker) } });
  }
  return items;
});

const idOf = (index: number): string => numberedId('WRK', `2026010${index % 2}`, index + 1);

function complete(item: WorkItem): WorkItem {
  const held = item.status === 'in_progress' || item.status === 'in_review';
  return {
    ...item,
    ...(held && item.owner === undefined ? { owner: 'ada' } : {}),
    ...(isTerminal(item.status) ? { completed_at: item.updated_at } : {}),
    ...(item.status === 'blocked'
      ? { block: { reason: 'why', since: item.updated_at, from: 'pending' as const } }
      : {}),
  };
}

function addUnlessCircular(items: readonly WorkItem[], item: WorkItem, change: Partial<WorkItem>): void {
  const before = { parent_id: item.parent_id, dependencies: item.dependencies, block: item.block };
  Object.assign(item, change);
  const waits = (id: string): string[] => {
    const at = items.find((other) => other.id === id);
    const children = items.filter((other) => other.parent_id === id).map((other) => other.id);
    return [
      ...(at?.dependencies ?? []),
      ...(at?.block?.blocker_id === undefined ? [] : [at.block.blocker_id]),
      ...children,
    ];
  };
  const seen = new Set<string>();
  for (const queue = items.flatMap(({ id }) => (id === item.id ? waits(id) : [])); queue.length > 0; ) {
    const id = queue.shift() ?? '';
    if (id === item.id || (item.parent_id === id && item.dependencies.includes(id))) {
      Object.assign(item, before);
      return;
    }
    if (!seen.has(id)) queue.push(...waits(id));
    seen.add(id);
  }
}

/** What must survive a round trip, without what a file leaves out. */
export function comparable(item: Record<string, unknown>): Record<string, unknown> {
  const { schema: _schema, rev: _rev, last_op: _op, context, ...rest } = item;
  const { imported: _imported, ...own } = context as Record<string, unknown>;
  const all = JSON.parse(JSON.stringify({ ...rest, context: own })) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(all).filter(([, value]) => !isEmpty(value)));
}

const isEmpty = (value: unknown): boolean =>
  value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);
