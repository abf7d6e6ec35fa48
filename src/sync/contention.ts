import type { Oid } from '../store/port.ts';
import { type Offers, rankOf, readOffers } from './carry.ts';
import { look } from './look.ts';
import { CONTACT, CONTENDED, EXPOSED, FETCHED, TURN } from './marks.ts';
import type { RemoteContext } from './ports.ts';
import { isStillPending } from './reconcile.ts';

/** Others that were met this long ago are reckoned with. */
const CONTENDED_MS = 3_000;
/** A clone that pushed this recently is busy, and looks at the inboxes before a push unless it did so just now. */
const BUSY_MS = 2_000;
const PEEK_MS = 400;
const FIRST_TURN_MS = 200;
const MAX_TURN_MS = 5_000;

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

/** Runs a push and remembers what it took: that is how long a turn is. */
export async function timed<T>({ clock, state }: RemoteContext, push: () => Promise<T>): Promise<T> {
  const before = clock.now().getTime();
  const result = await push();
  state.set(TURN, String(Math.min(MAX_TURN_MS, clock.now().getTime() - before)));
  return result;
}

/**
 * Waits until it is this clone's turn to push, or until what it has pending is settled.
 *
 * Clones that contend rank themselves for each tip; the first pushes and carries what the others offered. A clone that is
 * not first offers what it has, and after each turn looks again: a new tip gives new ranks, and where none comes, the ones
 * in front are gone and the next one's turn begins.
 *
 * @returns whether this clone has an offer out
 */
export async function waitForTurn(
  context: RemoteContext,
  seen: Oid,
  deadline: number,
  offeredBefore: boolean,
): Promise<boolean> {
  const { remote, store, state, clock, localRef } = context;
  const self = remote.inbox?.clone ?? '';
  let offered = offeredBefore;
  let tip = seen;
  for (let waited = 0; ; waited += 1) {
    const offers: Offers = await readOffers(context, tip);
    if (offers.clones.length > 0) state.set(CONTENDED, clock.now().toISOString());
    const ahead = rankOf(tip, self, offers.clones) - waited;
    if (ahead <= 0) return offered;
    const local = await store.readRef(localRef);
    if (!offered && local !== undefined) {
      state.set(EXPOSED, local);
      offered = (await remote.inbox?.offer(local)) ?? false;
    }
    // Who comes later looks less often: the first in line carries what it offered.
    const turns = (1 + Math.min(ahead, 4)) / 2;
    await clock.sleep(turns * Number(state.get(TURN) ?? FIRST_TURN_MS) * (0.7 + 0.6 * clock.random()));
    const found = await look(context);
    if (found === undefined || clock.now().getTime() > deadline) return offered;
    if (found !== tip) {
      if (!(await isStillPending(context, found))) return offered;
      waited = -1;
    }
    tip = found;
  }
}
