import type { GitObject } from '../../src/git/model/object.ts';
import type { Oid } from '../../src/store/port.ts';
import { isUndone } from './by-the-page.ts';
import { describe, type Fail } from './failure.ts';
import { fetching, type Pushed, type Verdict, verify } from './judges.ts';
import { carries, fetches, type Lived, type Met, meetsAll } from './living.ts';
import { FuzzObjects } from './objects.ts';

/** A case that whole clones meet. */
export interface LivedCase {
  seed: number;
  pushed: Pushed;
  met: Met;
  /** Objects that it brings, and names that these say. */
  brought: ReadonlyMap<Oid, GitObject>;
  named: ReadonlySet<Oid>;
}

/** More than a clone reads that works for two days beside what anyone may push. */
const MOST_READS = 400_000;
/** What a clone keeps of its own doing may grow by so many refs and files. */
const MOST_GROWN = 30;

/** Holds whole clones against what `verify` finds: one on the branch, one in another's inbox, and one that meets refs and its own disk. */
export async function compareLives(lived: LivedCase, byVerify: Verdict, fail: Fail): Promise<void> {
  const { seed, pushed, met } = lived;
  // A whole clone costs as much as ten judges.
  if (seed % 16 === 1 && pushed.tip !== pushed.base) {
    await compareFetching(lived, byVerify, fail);
    await compareCarrying(lived, fail);
  }
  if (met.beside.length + met.local.length > 0) await compareMeeting(lived, byVerify, fail);
}

function throws({ thrown }: Lived, fail: Fail): boolean {
  if (thrown !== undefined) fail(`a whole clone throws ${describe(thrown)}`, thrown.stack ?? thrown.message);
  return thrown !== undefined;
}

/** Whether what is in question is more than items, so that a clone takes nothing over and writes nothing. */
const stopsAll = async (pushed: Pushed): Promise<boolean> =>
  (await fetching(pushed)).wrong.some(({ whole }) => whole);

/** What is in question nobody takes. What a clone did not take over is not what it shows. */
function compareTaking({ pushed }: LivedCase, { ready, stood }: Lived, byVerify: Verdict, fail: Fail): void {
  const { objects, tip } = pushed;
  const taken = byVerify.wrong.find(
    ({ rule, commit = '', id = '' }) =>
      rule !== 'clock' && ready.includes(id) && stood.has(commit) && !isUndone(objects, tip, commit),
  );
  if (taken !== undefined)
    fail(`a clone would take what is in question: ${taken.rule}`, `${taken.id}: ${taken.message}`);
}

async function compareFetching(lived: LivedCase, byVerify: Verdict, fail: Fail): Promise<void> {
  const fetched = await fetches(lived.pushed, lived.brought);
  if (!throws(fetched, fail)) compareTaking(lived, fetched, byVerify, fail);
}

async function compareCarrying({ pushed, brought, named }: LivedCase, fail: Fail): Promise<void> {
  const carried = await carries(pushed, brought);
  if (throws(carried, fail)) return;
  // Nothing here can check signatures, and a ledger that asks for them takes nothing without.
  if (pushed.corpus.name === 'signed') return;
  // What is not there no server takes.
  const isWhole = [...named].every((oid) => pushed.objects.get(oid) !== undefined);
  const stopped = carried.refused.find(
    (code) => code !== 'POLICY_DENIED' && (isWhole || code !== 'STORAGE_FAILED'),
  );
  if (stopped !== undefined)
    return fail(`an offer stops other clones: ${stopped}`, carried.refused.join(', '));
  await compareWritten(pushed, carried, [], fail);
}

/** What a clone writes is right. @param before what was found before it wrote */
async function compareWritten(
  pushed: Pushed,
  { objects, tip }: Lived,
  before: Verdict['wrong'],
  fail: Fail,
): Promise<void> {
  const all = new FuzzObjects();
  for (const [, { type, bytes }] of objects) all.add(type, bytes);
  const known = new Set(before.map(({ rule, commit }) => `${rule} ${commit}`));
  const { wrong, thrown } = await verify({ ...pushed, objects: all, tip }, 'anew');
  if (thrown !== undefined) return fail(`verify throws ${describe(thrown)}`, thrown.stack ?? thrown.message);
  // Whether an earlier commit is answered for shows later.
  const finding = wrong.find(
    ({ rule, commit }) => rule !== 'acknowledge' && rule !== 'clock' && !known.has(`${rule} ${commit}`),
  );
  if (finding !== undefined) fail(`what a clone writes is found by verify: ${finding.rule}`, finding.message);
}

/** What stands beside the branch, and what a clone finds on its own disk, makes it do nothing that is wrong, and stops it in nothing. */
async function compareMeeting(lived: LivedCase, byVerify: Verdict, fail: Fail): Promise<void> {
  const { pushed, met, brought } = lived;
  const life = await meetsAll(pushed, met, brought);
  if (throws(life, fail)) return;
  if (life.reads > MOST_READS) fail('a clone reads without end', `${life.reads} objects`);
  if (!met.isPushed) return compareWritten(pushed, life, [], fail);
  compareTaking(lived, life, byVerify, fail);
  const isGood = byVerify.wrong.length === 0 && byVerify.thrown === undefined;
  if (pushed.corpus.name !== 'signed') {
    await compareWritten(pushed, life, byVerify.wrong, fail);
    if (!isGood && life.tip !== pushed.tip && (await stopsAll(pushed)))
      fail('a clone writes where settings or history are in question', byVerify.wrong[0]?.message ?? '');
  }
  if (met.local.length > 0) return;
  if (life.grown.length > MOST_GROWN)
    fail('a clone keeps what is gone from the remote', life.grown.join(', '));
  const stopped = life.refused.find((code) => code !== 'POLICY_DENIED');
  if (isGood && pushed.corpus.name !== 'signed' && stopped !== undefined)
    fail(`what stands beside the branch stops a clone: ${stopped}`, life.refused.join(', '));
}
