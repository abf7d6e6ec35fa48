import { idDate, isOfflineId, numberedId, parseId, type WorkId } from '../domain/ids.ts';
import { compareText, type WorkItem } from '../domain/item.ts';
import type { ImportedWork } from '../domain/verbs/import.ts';
import { connect, type Linked, type Resolve } from './connect.ts';
import { type Draft, finishItem } from './draft.ts';
import type { ImportCandidate, ImportLedger, ImportOptions } from './plan.ts';
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
