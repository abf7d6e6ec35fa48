import { LedgerError } from '../domain/errors.ts';
import type { Patience } from '../remote/port.ts';
import type { CommitDraft, Oid } from '../store/port.ts';
import { deadlineOf, elapsed, inCall, timeUntil } from './call.ts';
import { commitInTime } from './committed-time.ts';
import { confirm, waitToRead } from './confirm.ts';
import { type Meeting, watchLeader } from './leader.ts';
import { denied, look, unreachable } from './look.ts';
import type { CallContext, SyncContext } from './ports.ts';

const TRIES = 5;

/** What is to be committed on a tip, by the settings there. */
export interface OnTip {
  drafts: readonly CommitDraft[];
  skew_s: number;
}

/**
 * Commits what is of the shared tip alone, and shares it at once. It is not decided again: it becomes the shared tip, or nothing,
 * and where others were first, it is made anew on theirs.
 *
 * @param what for messages: `mend`
 * @param make what to commit on a tip; without drafts, nothing is to be done. May be called more than once
 * @param time of the call that this is a part of; without one, its own begins now
 * @returns the commits
 * @throws LedgerError `REMOTE_UNREACHABLE`, `REMOTE_REFUSED`, `CONTENDED`, `HISTORY_REWRITTEN`; `REMOTE_STALE` and
 *   `DIFFERENT_REMOTES` where it is read elsewhere than it is written
 */
export async function commitOnTip(
  context: SyncContext,
  what: string,
  make: (tip: Oid) => Promise<OnTip>,
  time?: Patience,
): Promise<readonly Oid[]> {
  const { clock, patience, remote } = context;
  if (remote === undefined) return commitHere(context, make);
  const since = elapsed(clock) + (time?.left() ?? patience) - patience;
  return alone(context, async () => {
    // One for all tries: a remote that lags, or that others are always first at, is not waited for once for each.
    const call = inCall({ ...context, remote }, timeUntil(clock, deadlineOf(clock, since, patience)));
    try {
      for (let attempt = 0; attempt < TRIES; attempt += 1) {
        const made = await tryOnTip(call, what, make);
        if (made !== undefined) return made;
      }
    } finally {
      time?.extend(call.time.transferred);
    }
    throw contended();
  });
}

const contended = (): LedgerError =>
  new LedgerError('CONTENDED', `Others were first ${TRIES} times in a row.`, { hint: 'Try again.' });

async function commitHere(context: SyncContext, make: (tip: Oid) => Promise<OnTip>): Promise<readonly Oid[]> {
  const { store, localRef } = context;
  const tip = await store.readRef(localRef);
  const { drafts, skew_s } = tip === undefined ? { drafts: [], skew_s: 0 } : await make(tip);
  if (tip === undefined || drafts.length === 0) return [];
  const made = await commitInTime(context, { ref: localRef, expected: tip, base: tip, drafts }, skew_s);
  if (made.kind === 'moved') throw contended();
  return made.oids;
}

/** @returns `undefined` where others were first */
async function tryOnTip(
  context: CallContext,
  what: string,
  make: (tip: Oid) => Promise<OnTip>,
): Promise<readonly Oid[] | undefined> {
  const { store } = context;
  const tip = await look(context, 'branch');
  if (tip === undefined) return [];
  const { drafts, skew_s } = await make(tip);
  if (drafts.length === 0) return [];
  const ref = `refs/work-ledger/tmp/${context.randomSuffix()}`;
  const made = await commitInTime(context, { ref, expected: undefined, base: tip, drafts }, skew_s);
  if (made.kind === 'moved') return undefined;
  try {
    return (await share(context, what, tip, made.tip)) ? made.oids : undefined;
  } finally {
    await store.moveRef(ref, made.tip, undefined);
  }
}

/** @returns whether it was taken; false where others were first */
async function share(context: CallContext, what: string, base: Oid, tip: Oid): Promise<boolean> {
  const { remote } = context;
  const sent = await remote.push(tip);
  const pushed = sent.kind === 'unconfirmed' ? await confirm(context, tip) : sent;
  if (pushed.kind === 'accepted') return true;
  if (pushed.kind === 'behind') {
    // Where it is written has something else than where it is read, for now or for good.
    if (remote.writesTo !== undefined && (await look(context, 'branch')) === base)
      await waitToRead(context, base);
    return false;
  }
  if (pushed.kind === 'refused')
    throw new LedgerError(
      'REMOTE_REFUSED',
      `The remote ${remote.url} refused the ${what}: ${pushed.reason}.`,
      {
        hint: 'A rule of the remote forbids it; ask who keeps the repository.',
        details: { remote: remote.name, reason: pushed.reason },
      },
    );
  if (pushed.kind === 'denied') throw denied(remote, pushed.reason);
  throw unreachable(remote, pushed.cause, pushed.kind === 'unknown');
}

/** Does alone, while no other process of the clone leads, what needs the remote; and around a leader that stands still. */
export async function alone<T>(
  meeting: Pick<Meeting, 'clock' | 'state' | 'lock'>,
  task: () => Promise<T>,
): Promise<T> {
  const done = await meeting.lock.run('serve', async () => ({ value: await task() }), watchLeader(meeting));
  return done === undefined ? task() : done.value;
}
