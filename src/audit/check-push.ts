import { isKnownFile } from '../codec/auxiliary-files.ts';
import { readTrailers } from '../codec/message.ts';
import { SETTINGS_PATH } from '../codec/path.ts';
import type { CommitRecord, Oid } from '../store/port.ts';
import { settle } from './acknowledge.ts';
import type { BaseState, Incoming } from './base-state.ts';
import { CommitCheck } from './check-commit.ts';
import { MAX_PARENTS } from './check-merge.ts';
import { itemChanges, readAfter } from './files.ts';
import { PushState } from './push-state.ts';
import { type Finding, type Refusal, refusalOf } from './rules.ts';
import { judgeProofs, type SignatureReader } from './signatures.ts';
import { beginAt } from './timeline.ts';

export interface Push {
  incoming: Incoming;
  /** `undefined` where the branch is new. */
  baseState: BaseState | undefined;
  /** What the branch is to point to. */
  tip: Oid;
  /** Seconds since 1970. */
  now: number;
  /** Reads the signatures that policy asks for. */
  signatures?: SignatureReader | undefined;
}

/** Commits whose files are in memory at once: each file may have some megabytes. */
const BATCH = 25;
/** More files than any commit of a ledger touches; they are not even read. */
const MAX_FILES = 25;

/**
 * Checks what a push would add to a ledger's branch, by the rules of `verify`, from the state that it builds on. Nothing older
 * is read but what the pushed commits touch and what deciding them asks about.
 *
 * @returns why it is not to be taken; `undefined` where all of it is right
 */
export async function checkPush(push: Push): Promise<Refusal | undefined> {
  const { baseState, tip } = push;
  if (tip === baseState?.tip) return undefined;
  const records = await recordsOf(push);
  const foreign = checkShape(records, baseState, tip);
  if (foreign !== undefined) return foreign;
  for await (const finding of findings(push, records)) return refusalOf(finding);
  return undefined;
}

/**
 * As `checkPush`, and goes on after what is wrong: later commits are held against the files that it left, and by the policy
 * and the clock of what it builds on.
 *
 * @returns everything that is wrong
 */
export async function findInPush(push: Push): Promise<Refusal[]> {
  const { baseState, tip } = push;
  if (tip === baseState?.tip) return [];
  const records = await recordsOf(push);
  const foreign = checkShape(records, baseState, tip);
  const found = foreign === undefined ? [] : [foreign];
  for await (const finding of findings(push, records)) found.push(refusalOf(finding));
  return found;
}

async function recordsOf({ incoming, baseState, tip }: Push): Promise<CommitRecord[]> {
  const records: CommitRecord[] = [];
  for await (const record of incoming.commits({ from: baseState?.tip, to: tip })) records.push(record);
  return records;
}

/** What is wrong with the commits of a push, one by one. */
async function* findings(
  { incoming, baseState, now, signatures }: Push,
  records: readonly CommitRecord[],
): AsyncIterable<Finding> {
  const ops = records.flatMap((record) => opOf(record) ?? []);
  const state = new PushState(incoming, baseState, (await baseState?.commitsOf(ops)) ?? new Map(), now);
  const check = new CommitCheck(incoming, state);
  if (baseState !== undefined) {
    // What stands there and is ahead of the clock here makes no honest commit wrong.
    const time = beginAt(Math.min(baseState.recordedAt, now));
    check.trust(baseState.tip, { settings: state.settings, time });
  }
  const checked: { record: CommitRecord; wrong: Finding[] }[] = [];
  let recalled = false;
  for (let at = 0; at < records.length; at += BATCH) {
    const some = records.slice(at, at + BATCH);
    const blobs = await readAfter(
      incoming,
      some.flatMap(({ changes }) => changes),
    );
    for (const record of some) {
      if (!recalled && (await undoes(state, record))) {
        recalled = true;
        await recallSuspects(state, incoming, baseState);
        for (const { record: earlier, wrong } of checked) check.stand(earlier, wrong);
      }
      const wrong = await check.check(record, blobs, now);
      if (!recalled) checked.push({ record, wrong });
      if (wrong.some(({ commit }) => commit === record.oid)) await check.distrust(record);
      yield* wrong;
    }
  }
  yield* check.groups.end();
  yield* await judgeProofs(check, signatures);
  yield* await wronglyAcknowledged(incoming, baseState, check);
}

/** Whether a commit mends what can be read: that is right where it undoes what broke a rule, which history alone tells. */
async function undoes(state: PushState, record: CommitRecord): Promise<boolean> {
  if (readTrailers(record.message).values.get('Work-Verb') !== 'repair') return false;
  await state.prepare(record, record.changes);
  const { items, others } = itemChanges(record.changes);
  return (
    others.some(({ path }) => path === SETTINGS_PATH || isKnownFile(path)) ||
    items.some(({ id }) => state.isWhole(id))
  );
}

async function recallSuspects(
  state: PushState,
  incoming: Incoming,
  baseState: BaseState | undefined,
): Promise<void> {
  const before = await baseState?.verify?.();
  if (before === undefined) return;
  state.undoing.begin(before.state.undoing);
  // What is found once all was looked at, as of signatures.
  for (const finding of before.verification.findings) {
    if (state.undoing.knows(finding.commit)) continue;
    const { parents } = await incoming.readCommit(finding.commit);
    const [parent, ...others] = parents;
    if (parent === undefined || others.length > 0) continue;
    const changes = await incoming.diffTrees(parent, finding.commit);
    const files = Object.fromEntries(changes.map(({ path, before }) => [path, before?.oid ?? null]));
    state.recallSuspect({ ...finding, files });
  }
}

/** What is acknowledged stands before the push: what the push brings and is wrong is not taken. */
async function wronglyAcknowledged(
  incoming: Incoming,
  baseState: BaseState | undefined,
  { acknowledging }: CommitCheck,
): Promise<Finding[]> {
  if (acknowledging.length === 0) return [];
  const { verification } = (await baseState?.verify?.()) ?? {};
  const found = [...(verification?.findings ?? []), ...(verification?.acknowledged ?? [])];
  const { open } = await settle(incoming, found, acknowledging, () => true);
  const own = new Set(acknowledging.map(({ record }) => record.oid));
  return open.filter(({ commit }) => own.has(commit));
}

/** What can be told without reading a file. */
function checkShape(
  records: readonly CommitRecord[],
  baseState: BaseState | undefined,
  tip: Oid,
): Refusal | undefined {
  const strange = records.find(({ fault }) => fault !== undefined);
  if (strange?.fault !== undefined) return { rule: 'commit', message: strange.fault, commit: strange.oid };
  const foreign = baseState === undefined ? checkRoots(records) : checkLineage(records, baseState.tip, tip);
  if (foreign !== undefined) return foreign;
  if (baseState !== undefined && baseState.settings === undefined) {
    const other = records.find(({ message }) => readTrailers(message).values.get('Work-Verb') !== 'repair');
    const message = 'the settings cannot be read; first, they have to be mended: wl doctor --fix';
    if (other !== undefined) return { rule: 'configure', message, commit: other.oid };
  }
  const large = records.find(({ changes }) => changes.length > MAX_FILES);
  if (large !== undefined)
    return { rule: 'size', message: `it touches ${large.changes.length} files`, commit: large.oid };
  const wide = records.find(({ parents }) => parents.length > MAX_PARENTS);
  return wide && { rule: 'size', message: `it has ${wide.parents.length} parents`, commit: wide.oid };
}

/** What is new reaches the old tip exactly where one of its commits has it as a parent. */
function checkLineage(records: readonly CommitRecord[], old: Oid, tip: Oid): Refusal | undefined {
  const root = records.find(({ parents }) => parents.length === 0);
  if (root !== undefined) return { rule: 'root', message: 'history has another root', commit: root.oid };
  if (records.some(({ parents }) => parents.includes(old))) return undefined;
  const message = `it does not build on ${old.slice(0, 12)}, which the branch points to`;
  return { rule: 'non-fast-forward', message, commit: tip };
}

function checkRoots(records: readonly CommitRecord[]): Refusal | undefined {
  const root = records.filter(({ parents }) => parents.length === 0)[1];
  return root && { rule: 'root', message: 'history has another root', commit: root.oid };
}

export const opOf = ({ message, parents }: CommitRecord): string | undefined =>
  parents.length > 1 ? undefined : readTrailers(message).values.get('Work-Op');
