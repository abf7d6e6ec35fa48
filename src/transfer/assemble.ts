import type { ImportedWork } from '../domain/commands.ts';
import { compareText, type WorkItem } from '../domain/item.ts';
import { IdAllocator } from './allocate.ts';
import { connect, type Linked, type Resolve } from './connect.ts';
import { type Draft, finishItem } from './draft.ts';
import { needsFirst } from './order.ts';
import type { ImportCandidate, ImportOptions, ImportSource } from './plan.ts';
import { ReferenceGraph } from './references.ts';

/**
 * Gives drafts their ids, looks up what they point to, and puts them into the order in which they can be imported.
 *
 * @param elsewhere what those of the source's ids mean that are not among the drafts
 */
export function assemble(
  drafts: readonly Draft[],
  from: ImportSource,
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
    const id = allocator.take(draft.fields.created_at);
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
  from: ImportSource,
): ImportCandidate {
  const block = draft.fields.block as WorkItem['block'];
  const refs = { id, parent_id, dependencies, links, block: block && { ...block, blocker_id } };
  const { schema: _schema, rev: _rev, last_op: _op, ...item } = finishItem(draft, from, refs, unresolved);
  return { source_id: draft.source_id, id, item: item as ImportedWork };
}
