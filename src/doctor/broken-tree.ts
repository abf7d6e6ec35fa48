import type { ReplayState } from '../audit/replay-state.ts';
import { replayLedger, type Verification, type VerifyOptions } from '../audit/verify.ts';
import { decodeItem } from '../codec/item.ts';
import { pathIn, SETTINGS_PATH } from '../codec/path.ts';
import { describeProblem } from '../codec/problem.ts';
import { MAX_FILE_BYTES } from '../codec/read-yaml.ts';
import type { WorkId } from '../domain/ids.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import type { Suspect } from '../ledger/suspects.ts';
import type { LedgerStore, Oid } from '../store/port.ts';
import { type BrokenItem, planRepairs, planUndoing, type Repair } from './plan-repairs.ts';

/** A ledger's tree as it stands, held against its history. */
export interface TreeReport {
  verification: Verification;
  mends: Repair[];
  /** The settings as they were last whole: what a repair is decided by. */
  policy: LedgerSettings;
}

/**
 * Replays the ledger up to `tip`, and plans how what is wrong with its tree is repaired.
 *
 * @param suspects what this clone has in question of it
 */
export async function examineTree(
  store: LedgerStore,
  tip: Oid,
  options: Pick<VerifyOptions, 'onProgress' | 'signatures'> = {},
  suspects: readonly Suspect[] = [],
): Promise<TreeReport> {
  const { verification, state } = await replayLedger(store, tip, options);
  const entries = await store.readTree(tip);
  const items = await Promise.all(state.broken().map((id) => describe(store, state, id)));
  const standing = entries.find(({ path }) => path === SETTINGS_PATH)?.oid;
  const settings = state.settingsFile;
  const broken = !settings.whole || standing !== settings.good;
  const faults = await store.treeFaults(tip, []);
  const mends = planRepairs({ entries, items, settings: broken ? settings.good : undefined, faults });
  const isLast = (id: WorkId, commits: ReadonlySet<Oid>): boolean =>
    state.isWhole(id) && commits.has(state.lastChangeOf(id) ?? '');
  const undone = planUndoing(suspects, entries, isLast);
  const policy = state.undoing.rightSettings ?? state.settings;
  const repaired = new Set(mends.flatMap(({ files }) => files.map(({ path }) => path)));
  const others = undone.filter(({ files }) => !files.some(({ path }) => repaired.has(path)));
  return { verification, mends: [...mends, ...others], policy };
}

async function describe(store: LedgerStore, state: ReplayState, id: WorkId): Promise<BrokenItem> {
  const good = state.lastGood(id);
  const wrong = whatIsWrong(state, id);
  if (good === undefined) return { id, wrong, good };
  const blob = (await store.readBlobs([good.oid], MAX_FILE_BYTES)).get(good.oid);
  const decoded = blob?.kind === 'bytes' ? decodeItem(blob.bytes, id, good.state) : undefined;
  // An object that is gone from the repository cannot be put back.
  if (decoded?.kind !== 'item') return { id, wrong, good: undefined };
  return { id, wrong, good: { path: pathIn(good.state, id), oid: good.oid, rev: decoded.item.rev } };
}

function whatIsWrong(state: ReplayState, id: WorkId): string {
  const places = state.statesOf(id);
  if (places.length === 0) return 'its file is gone, and nobody deleted it';
  if (places.length > 1) return `it stands in ${places.join('/ and ')}/`;
  const problem = state.problemOf(id);
  return problem === undefined ? 'it cannot be read' : `it cannot be read: ${describeProblem(problem)}`;
}
