import { randomSuffix } from '../codec/op.ts';
import { isLedgerError, type LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import { idFrom } from '../domain/provenance.ts';
import { isVerb } from '../domain/verbs.ts';
import type { LedgerView } from '../domain/view.ts';
import { type HistoryEntry, toEntry } from '../projection/history-entry.ts';
import type { LedgerStore, Oid } from '../store/port.ts';
import type { Outcome } from '../sync/outcome.ts';
import { type ImportInput, plannerOf } from '../transfer/formats.ts';
import { exportJson, type HistoryEvent } from '../transfer/json-export.ts';
import type { ImportNote, ImportPlan, TransferFile } from '../transfer/plan.ts';
import { type Connection, currentTip, modeOf, requestBy } from './connection.ts';
import type { ImportCall } from './inputs.ts';
import { Writer } from './writer.ts';

/** What became of an import. Every id in it is the item's for good. */
export interface ImportReport {
  dry_run: boolean;
  records: number;
  /** How many of them the ledger did not have when the import began. */
  planned: number;
  tombstones: number;
  unusable: number;
  /** Items that this import made, by their ids in the source. */
  ids: Map<string, WorkId>;
  /** Items that stood already, also where another import was first meanwhile. */
  present: Map<string, WorkId>;
  /** What was not imported, and why. */
  failed: { source_id: string; error: LedgerError; kept: { op: string; ref: string } | undefined }[];
  /** Why not all of it is shared: the remote could not be asked, or others kept being first. What is in `ids` waits here. */
  unshared: LedgerError | undefined;
  notes: ImportNote[];
  where: 'remote' | 'local';
}

/**
 * Imports what the shared branch does not have, so that ids that are told are those of the shared branch; where there is none, or it
 * is not asked, what this clone does not have.
 *
 * @param onPlan told how many items are to be made
 */
export async function importWork(
  connection: Connection,
  input: ImportInput,
  { actor, dry_run = false, onPlan, signal }: ImportCall,
): Promise<ImportReport> {
  const mode = modeOf(connection);
  const offlineSuffix = mode === 'local' ? () => randomSuffix(connection.draw) : undefined;
  const writer = new Writer(connection);
  const { context } = await connection.write();
  if (mode === 'push' && !dry_run) await writer.fetch(signal);
  const now = connection.clock.now().toISOString();
  const atShared = async <T>(use: (view: LedgerView) => T): Promise<T> => {
    const seen =
      mode === 'push' ? context.remote && (await context.store.readRef(context.remote.seenRef)) : undefined;
    return connection.projection.read(seen ?? (await currentTip(connection)), use);
  };
  const planImport = await plannerOf(input);
  const plan = await atShared((view) => planImport({ ledger: view, now, randomSuffix: offlineSuffix }));
  onPlan?.(plan.items.length);
  const { items, present, notes, records, tombstones, unusable } = plan;
  const report: ImportReport = {
    dry_run,
    records,
    planned: items.length,
    tombstones,
    unusable,
    ids: new Map(),
    present: new Map(present.map(({ source_id, id }) => [source_id, id])),
    failed: [],
    unshared: undefined,
    notes,
    where: mode === 'push' ? 'remote' : 'local',
  };
  if (dry_run) return report;
  const commands = items.map(({ id, item }) => ({
    ...requestBy(connection, actor),
    verb: 'import' as const,
    id,
    item,
  }));
  try {
    const outcomes = await writer.run(commands, { provisional: true, signal });
    for (const [index, outcome] of outcomes.entries()) tell(report, items[index]?.source_id ?? '', outcome);
  } catch (error) {
    if (!isLedgerError(error) || !Array.isArray(error.details.saved)) throw error;
    await tellUnshared(report, error, { items, commands, atShared, from: input.from });
  }
  return report;
}

interface Begun {
  items: ImportPlan['items'];
  commands: readonly { op: string }[];
  atShared<T>(use: (view: LedgerView) => T): Promise<T>;
  from: string;
}

/** The remote could not be told. What waits here has an id to tell where that needs nobody's agreement any more. */
async function tellUnshared(
  report: ImportReport,
  error: LedgerError,
  { items, commands, atShared, from }: Begun,
): Promise<void> {
  const { saved, sent } = error.details as { saved: Left[]; sent?: Left[] };
  const left = new Map([...saved, ...(sent ?? [])].map(({ op, id }) => [op, id]));
  const outcomes = (error.details.outcomes ?? []) as Outcome[];
  const shared = await atShared((view) =>
    items.map(({ source_id }) => idFrom(view, { from, id: source_id.toWellFormed() })),
  );
  for (const [index, { source_id }] of items.entries()) {
    const outcome = outcomes[index];
    const waiting = left.get(commands[index]?.op ?? '');
    const standing = shared[index];
    if (waiting !== undefined) report.ids.set(source_id, waiting);
    else if (standing !== undefined) report.present.set(source_id, standing);
    else if (outcome?.kind === 'refused' || outcome?.kind === 'lost') tell(report, source_id, outcome);
  }
  report.unshared = error;
  report.where = 'local';
}

type Left = { op: string; id?: WorkId };

function tell(report: ImportReport, source_id: string, outcome: Outcome): void {
  switch (outcome.kind) {
    case 'accepted':
      if (outcome.item !== undefined) report.ids.set(source_id, outcome.item.id);
      return;
    case 'unchanged':
      if (outcome.item !== undefined) report.present.set(source_id, outcome.item.id);
      return;
    case 'lost':
    case 'refused': {
      const kept = outcome.kind === 'lost' ? { op: outcome.op, ref: outcome.kept } : undefined;
      report.failed.push({ source_id, error: outcome.error, kept });
      return;
    }
    default:
      outcome satisfies never;
  }
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
