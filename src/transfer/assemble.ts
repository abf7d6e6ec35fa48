import { idDate, isOfflineId, numberedId, parseId, type WorkId } from '../domain/ids.ts';
import { compareText, type JsonMap, LINK_KINDS, type WorkItem, type WorkLink } from '../domain/item.ts';
import { toSafeLine } from '../domain/text.ts';
import type { ImportedWork } from '../domain/verbs/import.ts';
import { type Draft, finishItem, type SourceEdge } from './draft.ts';
import type { ImportCandidate, ImportLedger, ImportOptions, ImportRule } from './plan.ts';
import { quoteSource } from './record.ts';
import { needsFirst, ReferenceGraph } from './reference-graph.ts';

/**
 * Gives drafts their ids, looks up what they point to, and puts them into the order in which they can be imported.
 *
 * @param elsewhere what those of the source's ids mean that are not among the drafts
 */
export function assemble(
  drafts: readonly Draft[],
  from: string,
  options: ImportOptions,
  elsewhere: Resolve,
): ImportCandidate[] {
  const linked = giveIds(drafts.toSorted(byAge), options);
  const graph = new ReferenceGraph(options.ledger);
  connect(new Map(linked.map((item) => [item.draft.source_id, item])), elsewhere, graph);

  const byId = new Map(linked.map((item) => [item.id, item]));
  return needsFirst([...byId.keys()], (id) => graph.needsOf(id)).flatMap((id) => {
    const item = byId.get(id);
    return item === undefined ? [] : [toCandidate(item, from)];
  });
}

function byAge(a: Draft, b: Draft): number {
  return compareText(a.fields.created_at, b.fields.created_at) || compareText(a.source_id, b.source_id);
}

/** Ids that are kept are taken before the first new one is given. */
function giveIds(drafts: readonly Draft[], { ledger, randomSuffix }: ImportOptions): Linked[] {
  const allocator = new IdAllocator(ledger, randomSuffix);
  const keeps = new Set(
    drafts.filter(({ wanted_id }) => wanted_id !== undefined && allocator.reserve(wanted_id)),
  );
  return drafts.map((draft) => {
    const { wanted_id, record } = draft;
    if (wanted_id !== undefined && keeps.has(draft)) return { draft, id: wanted_id, ...noReferences() };
    const id = allocator.allocate(draft.fields.created_at);
    if (wanted_id !== undefined)
      record.note('id', `the id ${wanted_id} cannot be kept: ${allocator.whyNot}; it gets another`);
    return { draft, id, ...noReferences() };
  });
}

const noReferences = (): Pick<Linked, 'dependencies' | 'links' | 'unresolved'> => ({
  dependencies: [],
  links: [],
  unresolved: [],
});

function toCandidate(
  { draft, id, parent_id, blocker_id, dependencies, links, unresolved }: Linked,
  from: string,
): ImportCandidate {
  const block = draft.fields.block as WorkItem['block'];
  const refs = { id, parent_id, dependencies, links, block: block && { ...block, blocker_id } };
  const { schema: _schema, rev: _rev, last_op: _op, ...item } = finishItem(draft, from, refs, unresolved);
  return { source_id: draft.source_id, id, item: item as ImportedWork };
}

/** A number above this is no counter's; what follows it would soon not fit into an id. */
const HIGHEST = 1_000_000_000;

/**
 * Gives ids of the day an item was created: one past the highest that the ledger or this plan has. Where nobody can be asked, a
 * number would be provisional until it is shared; ids are then drawn at random.
 */
class IdAllocator {
  readonly #ledger: ImportLedger;
  readonly #next = new Map<string, number>();
  readonly #reserved = new Set<WorkId>();

  readonly #randomSuffix: (() => string) | undefined;

  constructor(ledger: ImportLedger, randomSuffix?: () => string) {
    this.#ledger = ledger;
    this.#randomSuffix = randomSuffix;
  }

  /** Why an id was not reserved. */
  get whyNot(): string {
    return this.#randomSuffix === undefined
      ? 'it was given before in this ledger'
      : 'the remote is not asked whether it was given before';
  }

  /** Takes `id` itself and returns true, unless it was ever given. */
  reserve(id: WorkId): boolean {
    if (this.#randomSuffix !== undefined && !isOfflineId(id)) return false;
    if (this.#reserved.has(id) || this.#ledger.wasUsed(id)) return false;
    this.#reserved.add(id);
    const { prefix, date, number } = parseId(id);
    if (number !== undefined && number < HIGHEST) this.#raise(prefix, date, number + 1);
    return true;
  }

  /** A new id for an item that was created at `created_at`. */
  allocate(created_at: string): WorkId {
    const prefix = this.#ledger.settings.id_prefix;
    const date = idDate(created_at);
    if (this.#randomSuffix !== undefined) return `${prefix}-${date}-${this.#randomSuffix()}`;
    let number = this.#peek(prefix, date);
    while (this.#reserved.has(numberedId(prefix, date, number))) number += 1;
    this.#raise(prefix, date, number + 1);
    return numberedId(prefix, date, number);
  }

  #peek(prefix: string, date: string): number {
    return this.#next.get(`${prefix}-${date}`) ?? this.#ledger.nextNumber(prefix, date);
  }

  #raise(prefix: string, date: string, next: number): void {
    this.#next.set(`${prefix}-${date}`, Math.max(this.#peek(prefix, date), next));
  }
}

/** What an item of the source is in the ledger, or why it is nothing there. */
export type Resolved = { kind: 'item'; id: WorkId } | { kind: 'tombstone' | 'unknown' };
type Resolve = (source_id: string) => Resolved;

/** A draft that has its id, and comes by its references. */
interface Linked {
  draft: Draft;
  id: WorkId;
  parent_id?: WorkId;
  blocker_id?: WorkId;
  dependencies: WorkId[];
  links: WorkLink[];
  /** Edges that became something else or nothing. */
  unresolved: JsonMap[];
}

/**
 * Turns the edges of all drafts into references between items of the ledger.
 *
 * An edge that leads nowhere is noted and listed in `unresolved`; one that would close a circle becomes a `related` link.
 */
function connect(items: ReadonlyMap<string, Linked>, elsewhere: Resolve, graph: ReferenceGraph): void {
  const resolve: Resolve = (source_id) => {
    const planned = items.get(source_id);
    return planned === undefined ? elsewhere(source_id) : { kind: 'item', id: planned.id };
  };
  // Parents go first: where a parent and a dependency make a circle, the tree is what stays whole.
  for (const wanted of ['parent', 'dependency', 'blocker'] as const) {
    for (const item of items.values()) {
      for (const edge of item.draft.edges) {
        if (edge.kind !== wanted) continue;
        const target = find(item, edge, resolve);
        if (target !== undefined) refer(item, edge, target, graph);
      }
    }
  }
  for (const item of items.values())
    for (const edge of item.draft.edges) placeLink(item, edge, resolve, items);
}

const NOWHERE = {
  tombstone: 'was deleted in the source',
  unknown: 'is neither in the source nor in the ledger',
} as const;

function find(item: Linked, edge: SourceEdge, resolve: Resolve): WorkId | undefined {
  const resolved = resolve(edge.target);
  if (resolved.kind === 'item') return resolved.id;
  const message = `its ${edge.kind} ${quoteSource(edge.target)} ${NOWHERE[resolved.kind]}`;
  giveUp(item, edge, `reference_${resolved.kind}`, message);
  return undefined;
}

function refer(item: Linked, edge: SourceEdge, target: WorkId, graph: ReferenceGraph): void {
  // By its name in the source: its id here may be provisional.
  const name = quoteSource(edge.target);
  const circle = `${name} as its ${edge.kind} would make a circle; it became a related link`;
  if (edge.kind === 'dependency') {
    if (item.dependencies.includes(target)) return;
    if (graph.addDependency(item.id, target)) item.dependencies.push(target);
    else demote(item, edge, target, 'reference_cycle', circle);
  } else if (edge.kind === 'blocker') {
    if (graph.addBlocker(item.id, target)) item.blocker_id = target;
    else demote(item, edge, target, 'reference_cycle', circle);
  } else if (item.parent_id !== undefined) {
    if (item.parent_id === target) return;
    demote(item, edge, target, 'second_parent', `it has a parent already; ${name} became a related link`);
  } else if (graph.addParent(item.id, target)) item.parent_id = target;
  else demote(item, edge, target, 'reference_cycle', circle);
}

function giveUp(item: Linked, { kind, target }: SourceEdge, rule: ImportRule, message: string): void {
  item.unresolved.push({ kind, target: target.toWellFormed(), rule });
  item.draft.record.note(rule, message);
}

function demote(item: Linked, edge: SourceEdge, target: WorkId, rule: ImportRule, message: string): void {
  giveUp(item, edge, rule, message);
  if (target !== item.id) addLink(item, { kind: 'related', target });
}

function placeLink(
  item: Linked,
  edge: SourceEdge,
  resolve: Resolve,
  items: ReadonlyMap<string, Linked>,
): void {
  const kind = LINK_KINDS.find((known) => known === edge.kind);
  if (kind === undefined) return;
  const resolved = resolve(edge.target);
  const target = resolved.kind === 'item' ? resolved.id : toSafeLine(edge.target, 500);
  if (target === '') {
    giveUp(item, edge, 'reference_malformed', `its ${kind} names nothing`);
    return;
  }
  if (edge.to_item && resolved.kind !== 'item') {
    const message = `its ${kind} ${quoteSource(edge.target)} ${NOWHERE[resolved.kind]}; the link keeps the old id`;
    item.draft.record.note(`reference_${resolved.kind}`, message);
  }
  const other = items.get(edge.target);
  if (!edge.reversed) addLink(item, { kind, target });
  else if (other !== undefined) addLink(other, { kind, target: item.id });
  else {
    giveUp(
      item,
      edge,
      'reference_kind',
      `${quoteSource(edge.target)} ${kind} it, but is not in this plan; it became a related link`,
    );
    addLink(item, { kind: 'related', target });
  }
}

function addLink({ links }: Linked, link: WorkLink): void {
  if (!links.some(({ kind, target }) => kind === link.kind && target === link.target)) links.push(link);
}
