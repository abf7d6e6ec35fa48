import { readKeyed, readTrailers } from '../codec/message.ts';
import { SETTINGS_PATH } from '../codec/path.ts';
import type { CommitRecord, LedgerStore, Oid, TreeChange } from '../store/port.ts';
import { settle } from './acknowledge.ts';
import { CommitCheck } from './check-commit.ts';
import { itemChanges, readAfter, readItemFile, readSettingsFile } from './files.ts';
import { ReplayState } from './replay-state.ts';
import type { Acknowledged, Finding } from './rules.ts';
import { judgeProofs, type SignatureReader, type SignatureReport } from './signatures.ts';
import { beginAt, type Dated, datedOf, follow, joinTimes, type Timeline } from './timeline.ts';

export interface VerifyOptions {
  /**
   * A commit whose ledger is trusted as it stands: only what comes after it is checked. Every commit up to the tip must build
   * on it; `replayBase` tells.
   */
  from?: Oid | undefined;
  /**
   * Where `from` was verified before, what was acknowledged up to there. Then what later commits show to be wrong of its past is
   * found, too, as by a replay from the root.
   */
  resumes?: readonly Acknowledged[] | undefined;
  /** Seconds since 1970: the tip is not dated ahead of it, as far as two clocks may differ. Without it, no clock is looked at. */
  now?: number | undefined;
  /** Reads the signatures that policy asks for; without it, they count as not shown. */
  signatures?: SignatureReader | undefined;
  /** Called now and then with what was done so far. */
  onProgress?: ((progress: { commits: number; findings: number }) => void) | undefined;
}

export interface Verification {
  /** True where nothing was found that nobody answers for. */
  ok: boolean;
  /** The commit that was trusted as it stands; `null` where history was replayed from its root. */
  from: Oid | null;
  tip: Oid;
  /** How many were checked. */
  commits: number;
  /** Commits of an item. */
  transitions: number;
  /** Items at the tip. */
  items: number;
  /** Oldest commit first. */
  findings: Finding[];
  /** What was found and is acknowledged; it counts as nothing that is wrong. */
  acknowledged: Acknowledged[];
  /** Where signatures were checked. */
  signatures?: SignatureReport | undefined;
}

export interface Replayed {
  verification: Verification;
  /** What is left at the tip. */
  state: ReplayState;
}

const BATCH = 250;

/**
 * Replays a ledger from its root, or from a commit that is trusted, and checks every commit: that it is one transition of one
 * item, that message and files agree, and that the command, decided again on the state before it, gives what was committed. A
 * commit that is wrong is reported, taken as it stands, and does not stop the replay.
 *
 * History with merges is followed in one order of several, so items beside the one that a commit touches can be newer than
 * what its author saw.
 *
 * @see RULES for what is checked
 */
export async function verifyLedger(
  store: LedgerStore,
  tip: Oid,
  options: VerifyOptions = {},
): Promise<Verification> {
  return (await replayLedger(store, tip, options)).verification;
}

/** As `verifyLedger`, and what is left at the tip. */
export async function replayLedger(
  store: LedgerStore,
  tip: Oid,
  { from, resumes, now, signatures, onProgress }: VerifyOptions = {},
): Promise<Replayed> {
  const state = new ReplayState(store);
  const check = new CommitCheck(store, state, await store.mayHaveTreeFaults({ from, to: tip }));
  if (from !== undefined) await trust(store, from, state, check, resumes !== undefined);
  const findings: Finding[] = [];
  const places = new Map<Oid, number>();
  let commits = 0;
  for await (const batch of inBatches(store.commits({ to: tip, from }))) {
    const blobs = await readAfter(
      store,
      batch.flatMap(({ changes }) => changes),
    );
    for (const record of batch) {
      places.set(record.oid, places.size);
      // The clock here may be off as much as the one that the tip was dated by.
      const latest = now !== undefined && record.oid === tip ? now + state.settings.clock_skew_s : undefined;
      findings.push(...(await check.check(record, blobs, latest)));
    }
    commits += batch.length;
    onProgress?.({ commits, findings: findings.length });
  }
  findings.sort((a, b) => (places.get(a.commit) ?? -1) - (places.get(b.commit) ?? -1));
  findings.push(...check.groups.end(), ...(await judgeProofs(check, signatures)));
  const isKnown = (commit: Oid) => resumes !== undefined || places.has(commit);
  const { open, acknowledged } = await settle(store, findings, check.acknowledging, isKnown, resumes);
  const verification = {
    ok: open.length === 0,
    from: from ?? null,
    tip,
    commits,
    transitions: check.transitions,
    items: state.view.size,
    findings: open,
    acknowledged,
  };
  return { verification, state };
}

/** Takes the ledger at `from` as it stands, with the transitions that were made and the ids that were given up to there. */
async function trust(
  store: LedgerStore,
  from: Oid,
  state: ReplayState,
  check: CommitCheck,
  resumes: boolean,
): Promise<void> {
  const past: Past[] = [];
  for await (const record of store.commits({ to: from, changes: false })) {
    const trailers = readTrailers(record.message);
    const { values } = trailers;
    const op = values.get('Work-Op');
    if (op !== undefined) state.enter(op, record.oid);
    const id = values.get('Work-Item');
    if (id !== undefined && values.get('Work-Verb') === 'delete') state.view.markDeleted(id);
    const keyed = record.parents.length > 1 ? undefined : readKeyed(values);
    if (id !== undefined && op !== undefined && keyed !== undefined)
      state.view.markKey(keyed.key, { id, op, digest: keyed.digest });
    if (resumes || record.oid === from)
      past.push({ dated: datedOf(record, trailers), parents: record.parents });
    if (record.oid === from) check.groups.trust({ ...record, changes: [] }, values);
  }
  const entries = await store.readTree(from);
  for (let at = 0; at < entries.length; at += BATCH) {
    const changes = entries
      .slice(at, at + BATCH)
      .map(({ path, mode, oid }): TreeChange => ({ path, before: undefined, after: { mode, oid } }));
    const blobs = await readAfter(store, changes);
    for (const change of itemChanges(changes).items) {
      const read = change.after.map((file) => readItemFile(change.id, file, blobs));
      state.apply(change, read, from);
    }
    const settings = readSettingsFile(changes, blobs);
    if (settings !== undefined) state.adoptSettings(settings);
  }
  const skewOf = await readSkews(store, from, past, state.settings.clock_skew_s);
  check.trust(from, { settings: state.settings, time: timeAt(from, past, skewOf) });
}

/** A commit of the past, as far as its dates tell something. */
interface Past {
  dated: Dated;
  parents: readonly Oid[];
}

/** Which time it was at `from`, as commits up to there tell. */
function timeAt(from: Oid, past: readonly Past[], skewOf: (commit: Oid) => number): Timeline {
  const times = new Map<Oid, Timeline>();
  for (const { dated, parents } of past) {
    const before = joinTimes(parents.flatMap((parent) => times.get(parent) ?? []));
    const [parent = from] = parents;
    const time = before === undefined ? beginAt(dated.recorded) : follow(before, dated, skewOf(parent)).time;
    times.set(dated.oid, time);
  }
  return times.get(from) ?? beginAt(0);
}

/** By how much a clock may be off, as the settings at each commit have it; they are read where they ever changed. */
async function readSkews(
  store: LedgerStore,
  from: Oid,
  past: readonly Past[],
  now: number,
): Promise<(commit: Oid) => number> {
  if (
    !past.some(
      ({ dated: { subject } }) => subject.startsWith('configure ') && subject.includes('clock_skew_s'),
    )
  )
    return () => now;
  const skews = new Map<Oid, number>();
  for await (const { oid, changes } of store.commits({ to: from, paths: [SETTINGS_PATH] })) {
    const file = readSettingsFile(changes, await readAfter(store, changes));
    if (file?.kind === 'settings') skews.set(oid, file.settings.clock_skew_s);
  }
  for (const {
    dated,
    parents: [parent = ''],
  } of past)
    if (!skews.has(dated.oid)) skews.set(dated.oid, skews.get(parent) ?? now);
  return (commit) => skews.get(commit) ?? now;
}

async function* inBatches(records: AsyncIterable<CommitRecord>): AsyncIterable<CommitRecord[]> {
  let batch: CommitRecord[] = [];
  for await (const record of records) {
    batch.push(record);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/**
 * The newest commit up to `from` on which every commit between it and `tip` builds, so that what it left is all that they were
 * decided on: `from` itself, or where work that began before it was merged in after it, where that began.
 *
 * @returns `undefined` where `from` is on another line
 */
export async function replayBase(store: LedgerStore, from: Oid, tip: Oid): Promise<Oid | undefined> {
  if (from === tip) return from;
  if ((await store.mergeBase(from, tip)) !== from) return undefined;
  let base: Oid | undefined = from;
  while (base !== undefined) {
    const older: Oid | undefined = await olderParent(store, base, tip);
    if (older === undefined) return base;
    base = await store.mergeBase(base, older);
  }
  return undefined;
}

/** A commit before `base` on which one after it builds. */
async function olderParent(store: LedgerStore, base: Oid, tip: Oid): Promise<Oid | undefined> {
  const known = new Set([base]);
  for await (const { oid, parents } of store.commits({ to: tip, from: base, changes: false })) {
    const older = parents.find((parent) => !known.has(parent));
    if (older !== undefined) return older;
    known.add(oid);
  }
  return undefined;
}
