import type { WorkId } from '../domain/ids.ts';
import { type JsonMap, LINK_KINDS, type WorkLink } from '../domain/item.ts';
import { toSafeLine } from '../domain/text.ts';
import type { Draft, SourceEdge } from './draft.ts';
import type { ImportRule } from './plan.ts';
import { quoteSource } from './record.ts';
import type { ReferenceGraph } from './reference-graph.ts';

/** What an item of the source is in the ledger, or why it is nothing there. */
export type Resolved = { kind: 'item'; id: WorkId } | { kind: 'tombstone' | 'unknown' };
export type Resolve = (source_id: string) => Resolved;

/** A draft that has its id, and comes by its references. */
export interface Linked {
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
export function connect(items: ReadonlyMap<string, Linked>, elsewhere: Resolve, graph: ReferenceGraph): void {
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
