import type { WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import { isVerb } from '../domain/transitions.ts';
import { type HistoryEntry, toEntry } from '../projection/history-entry.ts';
import { type IndexView, READABLE } from '../projection/index-view.ts';
import type { LedgerStore, Oid } from '../store/port.ts';
import { planBeadsImport } from '../transfer/beads.ts';
import { exportJson, type HistoryEvent } from '../transfer/json-export.ts';
import { planJsonImport } from '../transfer/json-import.ts';
import { type ImportPlan, importedIds, type TransferFile } from '../transfer/plan.ts';

/** What is imported: the text of a Beads file, or the files of a folder of JSON. */
export type ImportInput = { from: 'beads'; text: string } | { from: 'json'; files: Iterable<TransferFile> };

export function planImport(view: IndexView, input: ImportInput, now: string): ImportPlan {
  const options = {
    ledger: view,
    known: importedIds(view.select({ where: [READABLE], values: [], order: 'n' }), input.from),
    now,
  };
  return input.from === 'beads' ? planBeadsImport(input.text, options) : planJsonImport(input.files, options);
}

/** Every item that can be read, with its history from one walk over the log. */
export async function exportFiles(
  store: LedgerStore,
  tip: Oid,
  items: readonly WorkItem[],
  now: string,
): Promise<Generator<TransferFile, void>> {
  const histories = new Map<WorkId, HistoryEvent[]>();
  for await (const record of store.commits({ to: tip, changes: false })) {
    const entry = toEntry(record);
    const event = toEvent(entry);
    if (entry.id === undefined || event === undefined) continue;
    const history = histories.get(entry.id);
    if (history === undefined) histories.set(entry.id, [event]);
    else history.push(event);
  }
  return exportJson(
    items.map((item) => ({ item, history: histories.get(item.id) ?? [] })),
    now,
  );
}

function toEvent({ at, verb, actor, from, to, ...more }: HistoryEntry): HistoryEvent | undefined {
  if (!isVerb(verb)) return undefined;
  const { reason, epoch, execution_id, op, rev } = more;
  return {
    at,
    verb,
    actor,
    from: from ?? undefined,
    to: to ?? undefined,
    reason: reason ?? undefined,
    epoch: epoch ?? undefined,
    execution_id: execution_id ?? undefined,
    ...(op === null ? {} : { op }),
    ...(rev === null ? {} : { rev }),
  };
}
