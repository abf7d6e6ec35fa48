import { isKnownFile } from '../codec/auxiliary-files.ts';
import { likelyChange } from '../codec/message.ts';
import { parsePath, SETTINGS_PATH } from '../codec/path.ts';
import type { WorkId } from '../domain/ids.ts';
import { toSafeLine } from '../domain/text.ts';
import type { Change } from '../projection/catch-up.ts';
import type { Content } from '../projection/index-writer.ts';
import type { Projection } from '../projection/projection.ts';
import type { CommitRecord, LedgerStore, Oid, TreeChange } from '../store/port.ts';
import { type Acknowledging, settle } from './acknowledge.ts';
import { type BaseState, baseStateAt, type Incoming } from './base-state.ts';
import { CommitCheck } from './check-commit.ts';
import { incomingOf } from './check-pending.ts';
import { opOf } from './check-push.ts';
import { readAfter } from './files.ts';
import type { Undoing } from './item-files.ts';
import { PushState } from './push-state.ts';
import type { Finding } from './rules.ts';
import { judgeProofs, type SignatureReader } from './signatures.ts';
import { beginAt } from './timeline.ts';
import { replayLedger } from './verify.ts';

/** A commit that arrived and is not as it must be, with what it touched. */
export interface ArrivedFinding extends Omit<Finding, 'rule'> {
  /** One of a version before may have had other names. */
  rule: string;
  /** Its author, as it says. */
  actor: string;
  items: readonly WorkId[];
  /** The files that it touched, each as it stood before. */
  files: Readonly<Record<string, Oid | null>>;
  /** Of its items and paths, those that stand: a right commit built on them since, or they were put back. */
  standing?: readonly string[] | undefined;
  /** True where it is about settings, files that may stand beside them, or history itself. What is no file of a ledger does nothing. */
  whole: boolean;
}

export interface Arrival {
  store: LedgerStore;
  projection: Projection;
  signatures: SignatureReader | undefined;
  /** Seconds since 1970. */
  now: number;
  /** What was checked before. */
  from: Oid;
  to: Oid;
  /** What is wrong with what was checked before, and nobody answers for yet. */
  known: readonly ArrivedFinding[];
}

/** Commits that are read at once, and files of them: each file may have some megabytes. */
const BATCH = { commits: 250, files: 250 };
const LINE = 500;

/*
 * Whose clock is wrong no clone can tell alone: by one that is behind, all others are ahead. So the rule `clock` puts nothing in question;
 * who is ahead is told where that matters, and `verify` finds it.
 */

/**
 * Holds what came from a remote against every rule, each commit after its parents. It goes on after what is wrong, which counts as the
 * files that it left, and not by the policy and the clock that it left.
 *
 * @returns what is wrong, of what was known as well, without what somebody answers for and what was put back as it was; oldest first
 * @throws LedgerError `UPGRADE_REQUIRED`
 */
export async function checkArrived(arrival: Arrival): Promise<ArrivedFinding[]> {
  const { store, projection, signatures, now, from, to, known } = arrival;
  const incoming = incomingOf(store);
  const records: CommitRecord[] = [];
  for await (const record of store.commits({ from, to, likely: likelyChange })) records.push(record);
  // Which ids, keys and ops were used, history tells: it is read once, and not for each question.
  const read: BaseState['read'] = (use) => projection.read(from, use);
  const base = { ...(await baseStateAt(from, projection, incoming)), read };
  const happened = await base.commitsOf(records.flatMap((record) => opOf(record) ?? []));
  const state = new PushState(incoming, base, happened, now);
  for (const one of known) state.recallSuspect(one);
  const check = new CommitCheck(incoming, state);
  // What stands there and is ahead of the clock here makes no honest commit wrong.
  check.trust(from, { settings: state.settings, time: beginAt(Math.min(base.recordedAt, now)) });
  const found: Finding[] = [];
  for (const some of inBatches(records)) {
    const blobs = await readAfter(
      incoming,
      some.flatMap(({ changes }) => changes),
    );
    for (let at = 0; at < some.length; ) {
      const { checked, found: last } = await check.checkTogether(some.slice(at), blobs);
      const [record] = some.slice(checked === 0 ? at : at + checked - 1);
      if (record === undefined) break;
      const all = checked === 0 ? await check.check(record, blobs) : last;
      const wrong = all.filter(({ rule }) => rule !== 'clock');
      if (wrong.some(({ commit }) => commit === record.oid)) await check.distrust(record);
      found.push(...wrong);
      at += Math.max(1, checked);
    }
  }
  found.push(...check.groups.end(), ...(await judgeProofs(check, signatures)));
  if (found.length === 0 && isOneLine(from, records))
    projection.expected = { from, to, changes: leftBy(records, state), commits: records };
  const suspects = await Promise.all(found.map((finding) => suspectOf(finding, records, incoming)));
  const open = await stillOpen(arrival, [...known, ...suspects], records, check.acknowledging);
  return open.map((one) => withStanding(one, state.undoing));
}

function withStanding(one: ArrivedFinding, undoing: Undoing): ArrivedFinding {
  const standing = undoing.standing(one.commit, Object.keys(one.files));
  return standing.length === 0 ? one : { ...one, standing };
}

/**
 * Holds a whole history against every rule.
 *
 * @returns what is wrong and nobody answers for, oldest first
 */
export async function checkHistory({
  store,
  signatures,
  to,
}: Pick<Arrival, 'store' | 'signatures' | 'to'>): Promise<ArrivedFinding[]> {
  const { verification, state } = await replayLedger(store, to, { signatures });
  const { findings } = verification;
  const incoming = incomingOf(store);
  const suspects: ArrivedFinding[] = [];
  for (const finding of findings.filter(({ rule }) => rule !== 'clock')) {
    const records: CommitRecord[] = [];
    for await (const record of store.commits({ to: finding.commit, newest: 1 })) records.push(record);
    const suspect = await suspectOf(finding, records, incoming);
    if (!(await isUndone(incoming, to, suspect))) suspects.push(withStanding(suspect, state.undoing));
  }
  return suspects;
}

/** What is acknowledged, and what was put back as it was, is in question no longer. */
async function stillOpen(
  { store, to }: Arrival,
  all: readonly ArrivedFinding[],
  records: readonly CommitRecord[],
  acknowledging: readonly Acknowledging[],
): Promise<ArrivedFinding[]> {
  if (all.length === 0 && acknowledging.length === 0) return [];
  const judged = new Set([...all.map(({ commit }) => commit), ...records.map(({ oid }) => oid)]);
  const { open } = await settle(store, all, acknowledging, (commit) => judged.has(commit));
  const incoming = incomingOf(store);
  const left: ArrivedFinding[] = [];
  for (const finding of open) {
    const suspect =
      'files' in finding ? (finding as ArrivedFinding) : await suspectOf(finding, records, incoming);
    if (!(await isUndone(incoming, to, suspect))) left.push(suspect);
  }
  return left;
}

/** A name that is no text of Unicode is not found again by its path: of that, it cannot be told. */
async function isUndone(incoming: Incoming, tip: Oid, { files }: ArrivedFinding): Promise<boolean> {
  const paths = Object.keys(files);
  if (paths.some((path) => path.includes('\ufffd'))) return false;
  const now = new Map((await incoming.entriesAt(tip, paths)).map(({ path, oid }) => [path, oid]));
  return paths.length > 0 && paths.every((path) => (now.get(path) ?? null) === files[path]);
}

async function suspectOf(
  finding: Finding,
  records: readonly CommitRecord[],
  incoming: Incoming,
): Promise<ArrivedFinding> {
  const record = records.find(({ oid }) => oid === finding.commit);
  const changes = record === undefined ? [] : await changesOf(record, incoming);
  const ids = changes.map(({ path }) => parsePath(path)?.id);
  const items = finding.id === undefined ? ids.flatMap((id) => id ?? []) : [finding.id];
  const isHistory = /^(?:root|merge)$/.test(finding.rule) && finding.id === undefined;
  return {
    ...finding,
    actor: toSafeLine(record?.author.name ?? '', LINE),
    items: [...new Set(items)],
    files: Object.fromEntries(changes.map(({ path, before }) => [path, before?.oid ?? null])),
    whole: isHistory || changes.some(({ path }) => path === SETTINGS_PATH || isKnownFile(path)),
  };
}

/** True where each did what it says on top of the one before it, and nothing else. */
const isOneLine = (from: Oid, records: readonly CommitRecord[]): boolean =>
  records.every(
    ({ sound, parents }, at) =>
      sound && parents.length === 1 && parents[0] === (records[at - 1]?.oid ?? from),
  );

/** Where the files stand now that these commits changed, as they left them; finished work is known by path. */
function leftBy(records: readonly CommitRecord[], state: PushState): Change[] {
  const left = new Map<string, TreeChange['after']>();
  for (const { changes } of records) for (const { path, after } of changes) left.set(path, after);
  return [...left].map(([path, after]): Change => {
    const parsed = parsePath(path);
    const item = parsed && state.changed().get(parsed.id);
    if (after === undefined || parsed === undefined || item === undefined) return { path, now: undefined };
    const content: Content =
      parsed.state === 'active' ? { kind: 'item', item } : { kind: 'unread', oid: after.oid };
    return { path, now: { kind: 'item', path, ...parsed, content } };
  });
}

/** Of a merge, what it changed of the side that it was made on. */
async function changesOf(record: CommitRecord, incoming: Incoming): Promise<readonly TreeChange[]> {
  const [parent, ...others] = record.parents;
  return parent === undefined || others.length === 0
    ? record.changes
    : incoming.diffTrees(parent, record.oid);
}

function* inBatches(records: readonly CommitRecord[]): Iterable<CommitRecord[]> {
  let batch: CommitRecord[] = [];
  let files = 0;
  for (const record of records) {
    batch.push(record);
    files += record.changes.length;
    if (batch.length < BATCH.commits && files < BATCH.files) continue;
    yield batch;
    [batch, files] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}
