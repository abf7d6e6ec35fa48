import { LedgerError } from '../domain/errors.ts';
import type { Oid } from '../store/port.ts';
import type { Finding, SyncContext } from './ports.ts';
import type { ReadCommit } from './read-commits.ts';
import { CHECKED } from './state-keys.ts';

/** Pending commits that must not be shared, by name, and why. */
export type Wrong = ReadonlyMap<Oid, LedgerError>;

const NONE: Wrong = new Map();

/** Whether all that is pending at `local` was decided by this program, in whichever process, or checked. */
export const isChecked = ({ state }: SyncContext, local: Oid): boolean => state.get(CHECKED) === local;

export function markChecked({ state }: SyncContext, local: Oid): void {
  state.set(CHECKED, local);
}

/**
 * To be called where this program committed `to` on `from`: what it decides needs no check, unless it builds on what does.
 *
 * A process that is killed before it gets here leaves a commit that is checked like anyone else's.
 */
export async function markDecided(context: SyncContext, from: Oid | undefined, to: Oid): Promise<void> {
  const { store, remote } = context;
  const isGood =
    from === undefined ||
    isChecked(context, from) ||
    (remote !== undefined && (await store.readRef(remote.seenRef)) === from);
  if (isGood) markChecked(context, to);
}

/**
 * Looks for pending commits that this program did not make as they are: made, amended or merged by hand, or by another program.
 * Each is held against the audit's rules once.
 *
 * @param pending commits of `local` that are not shared
 * @param from what they build on; `undefined` where they begin the ledger
 * @throws LedgerError `VERIFICATION_FAILED` where what is wrong is the root, without which there is nothing
 */
export async function findWrong(
  context: SyncContext,
  { local, from, pending }: { local: Oid; from: Oid | undefined; pending: readonly ReadCommit[] },
): Promise<Wrong> {
  const { state, judge } = context;
  if (isChecked(context, local)) return NONE;
  const records = new Map(pending.map(({ record }) => [record.oid, record]));
  const checked = state.get(CHECKED) ?? '';
  const found = await judge.check(records.has(checked) ? checked : from, local);
  const wrong = new Map<Oid, LedgerError>();
  for (const finding of found) {
    const record = records.get(finding.commit);
    if (record === undefined || wrong.has(finding.commit)) continue;
    const error = keptBack(finding);
    if (from === undefined && record.parents.length === 0) throw error;
    wrong.set(finding.commit, error);
  }
  if (wrong.size === 0) markChecked(context, local);
  return wrong;
}

function keptBack({ commit, rule, message, id }: Finding): LedgerError {
  return new LedgerError(
    'VERIFICATION_FAILED',
    `Commit ${commit.slice(0, 12)} on this clone's branch is not as wl would have made it (${rule}): ${message}.`,
    {
      hint: 'It was not shared. Change items by wl alone.',
      details: { commit, rule, ...(id === undefined ? {} : { id }) },
    },
  );
}
