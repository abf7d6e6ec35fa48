import { itemSchemas } from '../domain/item-schema.ts';
import type { Draft, SourceEdge } from './draft.ts';
import { isMap } from './foreign.ts';
import type { SourceRecord } from './record.ts';

/** Reads what an item points to; takes the blocker out of `fields.block`, since it comes back as a reference. */
export function readJsonEdges(record: SourceRecord, fields: Draft['fields']): SourceEdge[] {
  const edges: SourceEdge[] = [];
  const parent = record.text('parent_id');
  if (parent !== undefined) edges.push({ kind: 'parent', target: parent });

  for (const target of record.list('dependencies')) {
    if (typeof target === 'string' && target !== '') edges.push({ kind: 'dependency', target });
    else record.keepNoted('dependencies', 'reference_malformed', 'a dependency is not an id');
  }
  for (const entry of record.list('links')) {
    const link = itemSchemas().link.safeParse(entry);
    if (link.success) edges.push(link.data);
    else record.keepNoted('links', 'reference_malformed', 'a link has no known kind, or no target');
  }
  if (isMap(fields.block)) {
    const { blocker_id, ...block } = fields.block;
    if (typeof blocker_id === 'string') edges.push({ kind: 'blocker', target: blocker_id });
    else if (blocker_id !== undefined && blocker_id !== null) {
      record.keepNoted('block', 'reference_malformed', 'its blocker is not an id');
    }
    fields.block = block;
  }
  return edges;
}
