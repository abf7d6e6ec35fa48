import type { Offer } from '../remote/port.ts';
import type { Oid } from '../store/port.ts';
import { EXPOSED } from './marks.ts';
import type { RemoteContext } from './ports.ts';

/** What this clone knows of its inbox on the remote. */
interface InboxNote {
  /** What it holds, as the remote last said; `null` where it is empty. */
  holds: Oid | null;
  /** What this clone put there, or tried to, the newest last. */
  wrote: Oid[];
}

/** A look that began earlier can still find what stood there so many offers ago. */
const KEPT = 50;

const keyOf = (clone: string): string => `offered/${clone}`;

function readNote({ state }: RemoteContext, clone: string): InboxNote {
  try {
    const { holds, wrote } = JSON.parse(state.get(keyOf(clone)) ?? '{}') as Partial<InboxNote>;
    return { holds: holds ?? null, wrote: Array.isArray(wrote) ? wrote : [] };
  } catch {
    return { holds: null, wrote: [] };
  }
}

function writeNote({ state }: RemoteContext, clone: string, note: InboxNote): void {
  state.set(keyOf(clone), JSON.stringify({ ...note, wrote: note.wrote.slice(-KEPT) }));
}

/** Notes an offer down before it is out, since this process can be killed in between. */
export function prepareOffer(context: RemoteContext, pending: Oid): Offer {
  const clone = context.clone.name;
  const { holds, wrote } = readNote(context, clone);
  context.state.set(EXPOSED, pending);
  writeNote(context, clone, { holds, wrote: [...wrote.filter((oid) => oid !== pending), pending] });
  return { clone, pending, expected: holds ?? undefined };
}

/** Notes that the remote has an offer, as far as it is known. */
export function noteOffer(context: RemoteContext, { clone, pending }: Offer): void {
  writeNote(context, clone, { ...readNote(context, clone), holds: pending });
}

/** Empties this clone's inbox. Once what it offered would be legal again, others could take it up. */
export async function takeBackOffer(context: RemoteContext): Promise<void> {
  const clone = context.clone.name;
  const note = readNote(context, clone);
  if (note.holds === null) return;
  const taken = await context.remote.inbox?.retract(clone, note.holds);
  if (taken?.kind === 'accepted') writeNote(context, clone, { ...note, holds: null });
}

/**
 * Holds what a look found in this clone's inbox against what this clone put there. Nobody else writes there: what it did not
 * write is of a clone with its name, such as a copy of it.
 */
export async function checkInbox(context: RemoteContext): Promise<void> {
  const { store, remote, clone } = context;
  if (remote.inbox === undefined) return;
  const { name } = clone;
  const found = await store.readRef(`${remote.inbox.mirror}${name}`);
  const note = readNote(context, name);
  if (found !== undefined && !note.wrote.includes(found)) return giveUpName(context, name, found);
  if (note.holds !== (found ?? null)) writeNote(context, name, { ...note, holds: found ?? null });
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
