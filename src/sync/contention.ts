import { isPassing } from '../domain/errors.ts';
import type { Oid } from '../store/port.ts';
import { rankOf, readOffers } from './combine.ts';
import { heldNow, isInboxClear, noteHeld, noteOffer, noteValue, prepareOffer, withMark } from './inbox.ts';
import { isChecked } from './journal.ts';
import { look } from './look.ts';
import type { CallContext, RemoteContext } from './ports.ts';
import { NAMES, type ReadCommit, readCommits } from './read-commits.ts';
import { isStillPending } from './reconcile.ts';
import { CONTACT, CONTENDED, FETCHED, LED, ROUND, TURN } from './state-keys.ts';

/** Others that were met this long ago are reckoned with. */
const CONTENDED_MS = 3_000;
/** A clone that pushed this recently is busy, and looks at the inboxes before a push unless it did so just now. */
const BUSY_MS = 2_000;
const PEEK_MS = 400;
const FIRST_TURN_MS = 200;
const LONGEST_MS = 5_000;
/** A clone whose offer was passed over this often does not wait for a leading clone any more. */
const PASSED_OVER = 3;
/** An inbox that holds something else than expected is looked at, and tried again. */
const OFFER_TRIES = 2;
/** When a clone that waits looks, as parts of the time that it waited before: most offers are found by the first look. */
const FIRST_LOOK = 0.6;
const NEXT_LOOK = 0.25;
/** After so many looks at a branch that stands still, whoever led it is gone. */
const GONE = 3;

/** How one attempt to bring out what is pending stands among others. */
export interface Contest {
  /** The transitions that are offered. */
  offered: ReadonlySet<string>;
  /** When they were. */
  since: number;
  /** How often others pushed meanwhile, and left something out. */
  passed: number;
}

function within({ state, clock }: RemoteContext, key: string, ms: number): boolean {
  return Math.abs(clock.now().getTime() - Date.parse(state.get(key) ?? '')) < ms;
}

/** A clone that wins every push would never learn of others: while it is busy, it looks now and then. */
export function isBusy(context: RemoteContext): boolean {
  if (context.remote.inbox === undefined) return false;
  return within(context, CONTACT, BUSY_MS) && !within(context, FETCHED, PEEK_MS);
}

export function isContended(context: RemoteContext): boolean {
  return context.remote.inbox !== undefined && within(context, CONTENDED, CONTENDED_MS);
}

export function meetOthers({ state, clock }: RemoteContext): void {
  state.set(CONTENDED, clock.now().toISOString());
}

/** Runs a push and remembers what it took: that is how long a turn is. */
export async function timed<T>({ clock, state }: RemoteContext, push: () => Promise<T>): Promise<T> {
  const before = clock.now().getTime();
  const result = await push();
  state.set(TURN, String(Math.min(LONGEST_MS, clock.now().getTime() - before)));
  return result;
}

/**
 * Waits until it is this clone's turn to push, or until something that it has pending is settled.
 *
 * The clone that pushed the tip goes on, and combines what the others offer with its own. They offer what they have and wait to find it on the branch.
 * Where the branch stands still, the clone that led is gone, and the next one is settled without talking; where it moves and
 * leaves an offer out again and again, that one's clone pushes by itself.
 */
export async function waitForTurn(context: CallContext, contest: Contest, seen: Oid): Promise<void> {
  const { clock, state, time } = context;
  let tip = seen;
  if (state.get(LED) === tip) {
    // A moment for the others to offer: a clone that went on at once would leave them behind, and combine little.
    await clock.sleep(Math.min(turnOf(context) * (0.4 + 0.2 * clock.random()), time.left()));
    tip = (await look(context, 'all')) ?? tip;
    if (tip === seen) return;
  }
  for (let still = 0; ; ) {
    if (!(await isStillPending(context, tip))) return noteRound(context, contest);
    await offer(context, contest, tip);
    await clock.sleep(Math.min(pauseOf(context, contest, still), time.left()));
    const found = await look(context, still < GONE ? 'branch' : 'all');
    if (found === undefined || time.left() === 0) return;
    if (found === tip) {
      if (still > GONE && (await rankAt(context, tip)) < still - GONE) return;
      still += 1;
      continue;
    }
    meetOthers(context);
    tip = found;
    still = 0;
    contest.passed += 1;
    if (contest.passed > PASSED_OVER && (await isStillPending(context, tip))) {
      await look(context, 'all');
      return;
    }
  }
}

/** How long it took until what was offered was found on the branch: about as long will the next one take. */
function noteRound({ clock, state }: RemoteContext, { since }: Contest): void {
  if (since > 0) state.set(ROUND, String(Math.min(LONGEST_MS, clock.now().getTime() - since)));
}

/** Those who were passed over look sooner and sooner. */
function pauseOf(context: RemoteContext, { passed }: Contest, still: number): number {
  const { clock, state } = context;
  const turn = turnOf(context);
  const round = Math.max(2 * turn, Number(state.get(ROUND) ?? 3 * turn));
  const part = still === 0 ? FIRST_LOOK / (1 + passed) : NEXT_LOOK;
  return part * round * (0.75 + 0.5 * clock.random());
}

const turnOf = ({ state }: RemoteContext): number => Number(state.get(TURN) ?? FIRST_TURN_MS);

async function rankAt(context: RemoteContext, tip: Oid): Promise<number> {
  const others = await readOffers(context, tip);
  return rankOf(
    tip,
    context.clone.name,
    others.map(({ clone }) => clone),
  );
}

/** Puts what is pending into the inbox, unless all of it is there: decided again on another tip it is the same. */
async function offer(context: CallContext, contest: Contest, seen: Oid): Promise<void> {
  const { remote, store, localRef } = context;
  const local = await store.readRef(localRef);
  // What someone else committed here meanwhile is looked at before the next push.
  if (local === undefined || remote.inbox === undefined || !isChecked(context, local)) return;
  const pending = await readCommits(store, seen, local, NAMES);
  if (pending.every(({ op }) => contest.offered.has(op ?? ''))) return;
  const { inbox } = remote;
  for (let tried = 1; tried <= OFFER_TRIES; tried += 1) {
    const made = await prepareOffer(context, local);
    const { kind } = await timed(context, () => inbox.publish(made.clone, local, made.expected));
    if (kind === 'accepted') {
      noteOffer(context, made, true);
      noteOffered(context, contest, pending);
      return;
    }
    if (kind !== 'behind') return;
    // The inbox holds something else: an offer of which nobody said whether it arrived, or what another clone put there.
    await look(context, 'all');
  }
}

/** An inbox that others move meanwhile is looked at, and tried again. */
const TAKE_BACK_TRIES = 3;

/**
 * Takes back what this clone offered: something that offers nothing is put in its place, so that a push that combines it fails.
 *
 * @returns true where nothing of it can come to the branch any more; false where nobody knows
 */
export async function takeBackOffer(context: CallContext): Promise<boolean> {
  const { remote, clone } = context;
  const { inbox } = remote;
  if (inbox === undefined) return true;
  try {
    for (let tried = 1; tried <= TAKE_BACK_TRIES; tried += 1) {
      if (await isInboxClear(context)) return true;
      const { name } = clone;
      const message = `nothing is offered\n\n${name} took back what it offered before ${newMark(context)}.\n`;
      const taken = await withMark(context, message, async (mark) => {
        const expected = await heldNow(context);
        const number = noteValue(context, mark);
        const { kind } = await inbox.publish(name, mark, expected);
        if (kind === 'accepted') noteHeld(context, mark, number);
        return kind;
      });
      if (taken === 'accepted') return true;
      if (taken !== 'behind') return false;
      await look(context);
    }
  } catch (error) {
    if (!isPassing(error)) throw error;
  }
  return false;
}

/** No two marks are one commit. */
const newMark = ({ clock }: RemoteContext): string => `${clock.now().toISOString()} ${clock.random()}`;

export function noteOffered(
  { clock }: RemoteContext,
  contest: Contest,
  pending: readonly ReadCommit[],
): void {
  contest.offered = new Set(pending.map(({ op }) => op ?? ''));
  contest.since = clock.now().getTime();
}
