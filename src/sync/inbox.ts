import type { Offer } from '../remote/port.ts';
import type { Oid } from '../store/port.ts';
import type { RemoteContext } from './ports.ts';
import { EXPOSED } from './state-keys.ts';

/** A look that began earlier can still find what stood there so many offers ago. */
const KEPT = 50;

/**
 * What this clone put into its inbox under a name, or tried to: a file for each offer, by its number and its commit. None is ever
 * written again, so that no process can undo what another one noted.
 */
const folderOf = (clone: string): string => `inboxes/${clone}`;
const OFFER = /^([1-9]\d{0,14})-([0-9a-f]+)$/;

/** What the inbox holds, as the remote last said; empty where it holds nothing. A wrong guess costs a look. */
const holdsOf = (clone: string): string => `${folderOf(clone)}/holds`;

interface Offered {
  key: string;
  number: number;
  commit: Oid;
}

function offersOf({ state }: RemoteContext, clone: string): Offered[] {
  const folder = folderOf(clone);
  return state.keys(folder).flatMap((name) => {
    const [, number, commit] = OFFER.exec(name) ?? [];
    return commit === undefined ? [] : [{ key: `${folder}/${name}`, number: Number(number), commit }];
  });
}

function heldBy({ state }: RemoteContext, clone: string): Oid | undefined {
  return state.get(holdsOf(clone)) || undefined;
}

/** Notes an offer down before it is out, since this process can be killed in between. */
export function prepareOffer(context: RemoteContext, pending: Oid): Offer {
  const { state } = context;
  const clone = context.clone.name;
  state.set(EXPOSED, pending);
  const before = offersOf(context, clone);
  const number = 1 + Math.max(0, ...before.map((offer) => offer.number));
  state.add(`${folderOf(clone)}/${number}-${pending}`, '');
  for (const old of before) if (old.number <= number - KEPT) state.delete(old.key);
  return { clone, pending, expected: heldBy(context, clone) };
}

/** Notes that the remote has an offer, as far as it is known. */
export function noteOffer({ state }: RemoteContext, { clone, pending }: Offer): void {
  state.set(holdsOf(clone), pending);
}

/** Empties this clone's inbox. Once what it offered would be legal again, others could take it up. */
export async function takeBackOffer(context: RemoteContext): Promise<void> {
  const clone = context.clone.name;
  const held = heldBy(context, clone);
  if (held === undefined) return;
  const taken = await context.remote.inbox?.retract(clone, held);
  if (taken?.kind === 'accepted') context.state.set(holdsOf(clone), '');
}

/**
 * Holds what a look found in this clone's inbox against what this clone put there. Nobody else writes there: what it did not
 * write is of a clone with its name, such as a copy of it.
 */
export async function checkInbox(context: RemoteContext): Promise<void> {
  const { store, remote, clone, state } = context;
  if (remote.inbox === undefined) return;
  const { name } = clone;
  const found = await store.readRef(`${remote.inbox.mirror}${name}`);
  // Read after that: what a process of this clone put there, it noted before.
  const isOwn = found === undefined || offersOf(context, name).some(({ commit }) => commit === found);
  if (!isOwn) return giveUpName(context, name, found);
  if (heldBy(context, name) !== found) state.set(holdsOf(name), found ?? '');
}

/**
 * Goes on under another name: another clone writes under this one. What neither of the two wrote before is put into the inbox,
 * so that the other clone, too, finds that it is not alone, and none of them passes for the other.
 */
export async function giveUpName(context: RemoteContext, name: string, found?: Oid): Promise<void> {
  const { clone, remote, store, committer, clock } = context;
  const next = clone.giveUp(name);
  if (remote.inbox === undefined) return;
  const ref = `refs/work-ledger/tmp/${next}`;
  const at = Math.floor(clock.now().getTime() / 1000);
  const message = `given up: ${name}\n\nMore than one clone wrote under this name. One of them is ${next} now.\n`;
  const made = await store.commit({
    ref,
    expected: await store.readRef(ref),
    base: undefined,
    drafts: [
      {
        message,
        author: committer,
        authored_at: at,
        committer,
        committed_at: at,
        changes: [{ path: 'README', bytes: Buffer.from(message) }],
      },
    ],
  });
  if (made.kind !== 'committed') return;
  // Where it does not arrive, the other clone finds out some other way, or holds the name alone.
  await remote.inbox.publish(name, made.tip, found);
  await store.moveRef(ref, made.tip, undefined);
}
