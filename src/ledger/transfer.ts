import { randomSuffix } from '../codec/op.ts';
import { checkOptions, type Kind, needed, oneOf, text } from '../domain/check-input.ts';
import { isLedgerError, type LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import { idFrom } from '../domain/provenance.ts';
import { isVerb } from '../domain/verbs.ts';
import type { LedgerView } from '../domain/view.ts';
import { type HistoryEntry, toEntry } from '../projection/history-entry.ts';
import { READABLE } from '../projection/index-view.ts';
import type { Oid } from '../store/port.ts';
import type { Outcome } from '../sync/outcome.ts';
import { IMPORT_FORMATS, type ImportInput, plannerOf } from '../transfer/formats.ts';
import { exportJson, type HistoryEvent } from '../transfer/json-export.ts';
import type { ImportNote, ImportPlan, TransferFile } from '../transfer/plan.ts';
import { type Connection, checkCall, currentTip, modeOf, readNow, requestBy } from './connection.ts';
import { raced } from './giving-up.ts';
import { inTime, oneCall } from './in-time.ts';
import { IMPORT, type ImportCall } from './inputs.ts';
import { secretIn, submit } from './submit.ts';

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
 * @see LedgerAdmin.importWork
 */
export async function importWork(
  asking: Connection,
  input: ImportInput,
  options: ImportCall,
): Promise<ImportReport> {
  const connection = oneCall(asking);
  checkCall(connection, 'importWork', {}, IMPORT, options);
  checkInput('importWork', input);
  const { actor, dry_run = false, onPlan, signal } = options;
  signal?.throwIfAborted();
  const mode = modeOf(connection);
  const offlineSuffix = mode === 'local' ? () => randomSuffix(connection.draw) : undefined;
  const { context, sync } = await connection.write();
  if (mode === 'push' && !dry_run) {
    await raced(
      inTime(connection, (time) => sync.fetch(time)),
      signal,
    );
  }
  const now = connection.clock.now().toISOString();
  const atShared = async <T>(use: (view: LedgerView) => T): Promise<T> => {
    const seen =
      mode === 'push' ? context.remote && (await context.store.readRef(context.remote.seenRef)) : undefined;
    return readWithPast(connection, seen ?? (await currentTip(connection)), use);
  };
  const planOf = await plannerOf(input);
  const plan = await atShared((view) => planOf({ ledger: view, now, randomSuffix: offlineSuffix }));
  onPlan?.(plan.items.length);
  const { items: planned, present, notes, records, tombstones, unusable } = plan;
  const report: ImportReport = {
    dry_run,
    records,
    planned: planned.length,
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
  const all = planned.map(({ id, item }) => ({
    ...requestBy(connection, actor),
    verb: 'import' as const,
    id,
    item,
  }));
  const refused = connection.allowSecrets ? [] : await Promise.all(all.map((command) => secretIn(command)));
  for (const [index, error] of refused.entries())
    if (error !== undefined)
      report.failed.push({ source_id: planned[index]?.source_id ?? '', error, kept: undefined });
  const isClean = (_one: unknown, index: number): boolean => refused[index] === undefined;
  const [items, commands] = [planned.filter(isClean), all.filter(isClean)];
  try {
    const outcomes = await submit(connection, commands, { provisional: true, signal });
    for (const [index, outcome] of outcomes.entries()) tell(report, items[index]?.source_id ?? '', outcome);
  } catch (error) {
    if (!isLedgerError(error) || !Array.isArray(error.details.saved)) throw error;
    await tellUnshared(report, error, { items, commands, atShared, from: input.from });
  }
  return report;
}

/** @see LedgerAdmin.planImport */
export async function planImport(connection: Connection, input: ImportInput): Promise<ImportPlan> {
  checkCall(connection, 'planImport', {});
  checkInput('planImport', input);
  const now = connection.clock.now().toISOString();
  const planOf = await plannerOf(input);
  return readWithPast(connection, await currentTip(connection), (view) => planOf({ ledger: view, now }));
}

/** With what history alone knows: ids that were given, and keys that were used, of whatever item. */
async function readWithPast<T>(
  { projection }: Connection,
  tip: Oid,
  use: (view: LedgerView) => T,
): Promise<T> {
  await projection.knowDeletions(tip);
  return projection.read(tip, use);
}

const FILES: Kind<Iterable<TransferFile>, true> = {
  what: 'an iterable of files',
  needed: true,
  is: (value) => typeof value === 'object' && value !== null && Symbol.iterator in value,
};
const FROM = { from: needed(oneOf(Object.keys(IMPORT_FORMATS))) };
const INPUTS = { file: { ...FROM, text: needed(text) }, folder: { ...FROM, files: FILES } };

function checkInput(call: string, input: ImportInput): void {
  const { from } = (input ?? {}) as { from?: unknown };
  const [, format] = Object.entries(IMPORT_FORMATS).find(([name]) => name === from) ?? [];
  checkOptions(call, INPUTS[format?.source ?? 'file'], input);
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

/** Every item that can be read, with its history from one walk over the log. @see LedgerAdmin.exportFiles */
export async function exportFiles(connection: Connection): Promise<Iterable<TransferFile>> {
  checkCall(connection, 'exportFiles', {});
  const store = await connection.store();
  const tip = await currentTip(connection);
  const all = { where: [READABLE], values: [], order: 'id' } as const;
  const items = await readNow(connection, (view) => view.select(all), 'all');
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
    connection.clock.now().toISOString(),
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
