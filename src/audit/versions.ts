import { possiblePaths } from '../codec/path.ts';
import type { Problem } from '../codec/read-yaml.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import { type HistoryEntry, toEntry } from '../projection/history-entry.ts';
import type { CommitRecord, LedgerStore, Oid } from '../store/port.ts';
import { readAfter, readItemFile } from './files.ts';
import { itemChanges } from './item-change.ts';

/** An item as one commit left it. */
export interface Version {
  entry: HistoryEntry;
  /** `undefined` where the commit removed its file, and where that cannot be read. */
  item: WorkItem | undefined;
  problem: Problem | undefined;
}

/** Every version of an item up to `tip`, oldest first, read from git; none for an id that was never given. */
export async function readVersions(store: LedgerStore, tip: Oid, id: WorkId): Promise<Version[]> {
  const records: CommitRecord[] = [];
  for await (const record of store.commits({ to: tip, paths: possiblePaths(id) })) records.push(record);
  const changed = records.flatMap((record) => {
    const change = itemChanges(record.changes).items.find((one) => one.id === id);
    return change === undefined ? [] : [{ record, change }];
  });
  const blobs = await readAfter(
    store,
    changed.flatMap(({ record }) => record.changes),
  );
  return changed.map(({ record, change }): Version => {
    const entry = toEntry(record);
    const place = change.after.at(-1);
    const file = place && readItemFile(id, place, blobs);
    if (file?.kind === 'item') return { entry, item: file.item, problem: undefined };
    return { entry, item: undefined, problem: file?.problem };
  });
}
