import { map } from '../check-input.ts';
import { checkReferences, keyInUse, keyUsed, requireOwnKey } from '../graph.ts';
import type { WorkId } from '../ids.ts';
import type { WorkItem } from '../item.ts';
import { contentDigest, toItem } from '../item-schema.ts';
import { standingFor } from '../provenance.ts';
import type { LedgerView } from '../view.ts';
import { defineEntering, type EnteringVerb } from './define.ts';
import { requireUnused } from './shared.ts';

/** The keys a type names, without its index signature. */
type NamedKeys<T> = keyof { [K in keyof T as string extends K ? never : K]: T[K] };
/** An item as another tracker or a backup had it. */
export type ImportedWork = Pick<WorkItem, Exclude<NamedKeys<WorkItem>, 'schema' | 'rev' | 'last_op'>>;

type ImportInput = {
  id: WorkId;
  item: ImportedWork;
};

/** Makes an item in any status; or finds the one that came from the same source already. */
export const importItem: EnteringVerb<ImportInput> = defineEntering({
  from: ['none'],
  to: 'any',
  by: 'anyone',
  input: { item: map() },
  line: 'imported',
  enter({ id, item: imported, op, actor }, view) {
    const standing = standingFor(view, imported);
    if (standing !== undefined) return { item: standing, existed: true };
    requireUnused(view, id);
    const item = toItem({ ...imported, id, schema: 1, rev: 1, last_op: op }, 'imported item');
    checkReferences(view, item, undefined, 'elsewhere');
    requireOwnKey(view, item, actor);
    requireFreeKey(view, item);
    return { item: { ...item, labels: [...new Set(item.labels)].sort() }, existed: false };
  },
  read: ({ after }) => ({ item: after }),
  least: (item) => ({ item }),
});

/** @throws LedgerError `KEY_USED`: an item comes with its key, or without one, and is found again by its source */
function requireFreeKey(view: LedgerView, item: WorkItem): void {
  const { idempotency_key: key } = item;
  const used = keyInUse(view, item);
  if (key === undefined || used === undefined) return;
  throw keyUsed(key, used.id, {
    same: used.digest === contentDigest(item),
    deleted: view.statusOf(used.id) === undefined,
  });
}
