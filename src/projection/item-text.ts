import type { WorkItem } from '../domain/item.ts';

/** Everything of an item in which a word is looked for. */
export function searchText(item: WorkItem): string {
  const parts = [
    item.id,
    item.title,
    item.description,
    item.owner ?? '',
    item.swarm_name ?? '',
    item.error ?? '',
    item.block?.reason ?? '',
    item.checkpoint?.summary ?? '',
    ...item.labels,
    ...item.acceptance.map((criterion) => criterion.text),
    ...item.comments.map((comment) => comment.body),
    JSON.stringify(item.context),
    JSON.stringify(item.result ?? ''),
  ];
  return parts.join('\n');
}

/** The id that an imported item had where it came from. */
export function importedId(item: WorkItem): string | undefined {
  const imported = item.context.imported;
  if (imported === null || typeof imported !== 'object' || Array.isArray(imported)) return undefined;
  const id = imported.id;
  return typeof id === 'string' ? id : undefined;
}
