import type { Oid } from '../store/port.ts';
import { rankOf, readOffers } from './carry.ts';
import { look } from './look.ts';
import { CONTACT, CONTENDED, EXPOSED, FETCHED, LED, OFFERED, TURN } from './marks.ts';
import { NAMES, readCommits } from './pending.ts';
import type { RemoteContext } from './ports.ts';
import { isStillPending } from './reconcile.ts';

/** Others that were met this long ago are reckoned with. */
const CONTENDED_MS = 3_000;
/** A clone that pushed this recently is busy, and looks at the inboxes before a push unless it did so just now. */
const BUSY_MS = 2_000;
const PEEK_MS = 400;
const FIRST_TURN_MS = 200;
const MAX_TURN_MS = 5_000;
/** A clone whose offer was passed over this often does not wait to be carried any more. */
const PASSED_OVER = 3;

/** How one attempt to bring out what is pending stands among others. */
export interface Contest {
  /** When the time is up. */
  deadline: number;
  /** The transitions that are offered. */
  offered: ReadonlySet<string>;
  /** How often others pushed meanwhile, and left it out. */
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
  state.set(TURN, String(Math.min(MAX_TURN_MS, clock.now().getTime() - before)));
  return result;
}

/**
 * Waits until it is this clone's turn to push, or until something that it has pending is settled.
 *
 * The clone that pushed the tip goes on, and carries the others. They offer what they have and wait to find it on the branch.
 * Where the branch stands still, the clone that led is gone, and the next one is settled without talking; where it moves and
 * leaves an offer out again and again, that one's clone pushes by itself.
 */
export async function waitForTurn(context: RemoteContext, contest: Contest, seen: Oid): Promise<void> {
  const { clock, state } = context;
  let tip = seen;
  if (state.get(LED) === tip) {
    tip = (await look(context)) ?? tip;
    if (tip === seen) return;
  }
  for (let still = 0; ; ) {
    if (tip !== seen && !(await isStillPending(context, tip))) return;
    await offer(context, contest, tip);
    await clock.sleep(pauseOf(context, contest, still));
    const found = await look(context, still === 0 ? 'branch' : 'all');
    if (found === undefined || clock.now().getTime() > contest.deadline) return;
    if (found === tip) {
      if (still > 0 && (await rankAt(context, tip)) < still) return;
      still += 1;
      continue;
    }
    meetOthers(context);
    tip = found;
    still = 0;
    contest.passed += 1;
    if (contest.passed > PASSED_OVER && (await isStillPending(context, tip))) {
      await look(context);
      return;
    }
  }
}

/** Whoever leads looks and pushes: two turns. The wait shrinks with every time that it was in vain. */
function pauseOf({ clock, state }: RemoteContext, { passed }: Contest, still: number): number {
  const turns = still === 0 ? 2 / (1 + passed) : 1;
  return turns * Number(state.get(TURN) ?? FIRST_TURN_MS) * (0.75 + 0.5 * clock.random());
}

async function rankAt(context: RemoteContext, tip: Oid): Promise<number> {
  const others = await readOffers(context, tip);
  return rankOf(
    tip,
    context.remote.inbox?.clone ?? '',
    others.map(({ clone }) => clone),
  );
}

/** Puts what is pending into the inbox, unless all of it is there: decided again on another tip it is the same. */
async function offer(context: RemoteContext, contest: Contest, seen: Oid): Promise<void> {
  const { remote, store, state, localRef } = context;
  const local = await store.readRef(localRef);
  if (local === undefined || remote.inbox === undefined) return;
  const pending = (await readCommits(store, seen, local, NAMES)).flatMap(({ op }) => op ?? []);
  if (pending.every((op) => contest.offered.has(op))) return;
  // Noted down before it is out, since this process can be killed in between.
  state.set(EXPOSED, local);
  state.set(OFFERED, local);
  const { inbox } = remote;
  if (await timed(context, () => inbox.offer(local))) contest.offered = new Set(pending);
}
