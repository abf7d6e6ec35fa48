import type { SourceEdge } from './draft.ts';
import { isMap } from './foreign.ts';
import { quoteSource } from './notebook.ts';
import type { SourceRecord } from './record.ts';

/**
 * Beads' kinds of dependency. `supersedes` stands there on the item that was replaced (`bd supersede OLD --with NEW` writes
 * OLD → NEW), in the ledger on the one that replaces it.
 */
const KINDS: Readonly<Record<string, Omit<SourceEdge, 'target'>>> = {
  blocks: { kind: 'dependency' },
  'parent-child': { kind: 'parent' },
  'discovered-from': { kind: 'discovered_from', to_item: true },
  related: { kind: 'related', to_item: true },
  'relates-to': { kind: 'related', to_item: true },
  'replies-to': { kind: 'related', to_item: true },
  duplicates: { kind: 'duplicates', to_item: true },
  supersedes: { kind: 'supersedes', reversed: true, to_item: true },
};

/** Reads what an issue depends on, and keeps the records themselves, which also say since when and through whom. */
export function readBeadsEdges(record: SourceRecord, source_id: string): SourceEdge[] {
  const edges: SourceEdge[] = [];
  for (const entry of record.list('dependencies')) {
    const edge = readEdge(entry, record, source_id);
    if (edge !== undefined) edges.push(edge);
  }
  record.keep('dependencies');
  return edges;
}

function readEdge(entry: unknown, record: SourceRecord, source_id: string): SourceEdge | undefined {
  if (!isMap(entry) || typeof entry.depends_on_id !== 'string' || entry.depends_on_id === '') {
    record.note('reference_malformed', 'a dependency names no issue');
    return undefined;
  }
  const { issue_id, depends_on_id: target, type = 'blocks' } = entry;
  if (issue_id !== undefined && issue_id !== source_id) {
    record.note(
      'reference_malformed',
      `a dependency belongs to another issue: ${quoteSource(String(issue_id))}`,
    );
    return undefined;
  }
  const known = typeof type === 'string' && Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  if (known !== undefined) return { ...known, target };
  record.note('reference_kind', `${quoteSource(String(type))} ${quoteSource(target)} became a related link`);
  return { kind: 'related', to_item: true, target };
}
