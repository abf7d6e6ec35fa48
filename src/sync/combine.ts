import { createHash } from 'node:crypto';
import { CLONE_NAME } from '../domain/values.ts';
import { Overlay } from '../domain/view.ts';
import type { Oid } from '../store/port.ts';
import { readAuxiliaryFilesFor } from './auxiliary-files.ts';
import { commitInTime } from './committed-time.ts';
import { draftOf } from './draft.ts';
import type { RemoteContext } from './ports.ts';
import { NAMES, type ReadCommit, readCommits } from './read-commits.ts';
import { emailOf, learnDeletionsFor } from './reconcile.ts';
import { replay } from './replay.ts';

const CANDIDATE = 'refs/work-ledger/candidate';

/** What another clone has pending, as it was offered when this clone last fetched. */
export interface Offered {
  clone: string;
  pending: ReadCommit[];
}

/** An offer this old has nobody waiting for it any more. */
const OFFER_MS = 120_000;

/**
 * Reads the inboxes of the other clones and leaves out what is on the shared branch already, known by `Work-Op`.
 *
 * A transition is offered on a base on which it was still pending, so only what came after that base must be looked at.
 */
export async function readOffers(context: RemoteContext, seen: Oid | undefined): Promise<Offered[]> {
  const { store, remote, state, clock } = context;
  const { inbox } = remote;
  const offers: Offered[] = [];
  if (inbox === undefined || seen === undefined) return offers;
  const own = context.clone.name;
  for (const { ref, oid } of await store.listRefs(inbox.mirror)) {
    const clone = ref.slice(inbox.mirror.length);
    const done = `inbox.${clone}`;
    if (clone === own || !CLONE_NAME.test(clone) || state.get(done) === oid) continue;
    const pending = await openIn(context, oid, seen);
    if (pending.length === 0) state.set(done, oid);
    else if (!isAbandoned(pending, clock.now())) offers.push({ clone, pending });
  }
  return offers;
}

async function openIn({ store }: RemoteContext, offered: Oid, seen: Oid): Promise<ReadCommit[]> {
  const base = await store.mergeBase(offered, seen);
  if (base === undefined || base === offered) return [];
  const arrived = new Set((await readCommits(store, base, seen, NAMES)).map(({ op }) => op));
  const names = await readCommits(store, base, offered, NAMES);
  const open = new Set(names.flatMap(({ op }) => (op === undefined || arrived.has(op) ? [] : [op])));
  if (open.size === 0) return [];
  return (await readCommits(store, base, offered, open)).filter(({ op }) => open.has(op ?? ''));
}

/** True also of what was asked for ahead of this machine's clock: by it, nobody could push that. */
function isAbandoned(open: readonly ReadCommit[], now: Date): boolean {
  const newest = Math.max(...open.map(({ record }) => record.committer.at * 1000));
  const asked = Math.max(...open.map(({ command }) => Date.parse(command?.at ?? '') || 0));
  return Math.abs(now.getTime() - newest) > OFFER_MS || asked - now.getTime() > OFFER_MS;
}

/**
 * Puts other clones' pending transitions on top of this clone's own, each decided again and its author kept. What is not
 * legal there is left to its owner. The local branch is not touched: it takes the chain over once the remote has.
 *
 * @returns the tip to push
 */
export async function combine(context: RemoteContext, local: Oid, offers: readonly Offered[]): Promise<Oid> {
  const offered = offers.flatMap(({ pending }) => pending);
  if (offered.length === 0) return local;
  const { store, views, committer, clock, signs } = context;
  await learnDeletionsFor(context, local, offered);
  const auxiliary = await readAuxiliaryFilesFor(store, local, offered);
  const { steps, skew_s } = await views.peek(local, (view) => ({
    ...replay(new Overlay(view, auxiliary), offered, { known: new Map(), signs }),
    skew_s: view.settings.clock_skew_s,
  }));
  if (steps.length === 0) return local;
  const now = clock.now();
  const drafts = steps.map(({ step, from }) => draftOf(step, committer, now, emailOf(from)));
  const expected = await store.readRef(CANDIDATE);
  const made = await commitInTime(context, { ref: CANDIDATE, expected, base: local, drafts }, skew_s);
  return made.kind === 'committed' ? made.tip : local;
}

/**
 * Who pushes next, settled without talking: clones that contend for the same tip rank themselves by a hash that all of them
 * can work out. The first one combines what the others offered.
 */
export function rankOf(tip: Oid, self: string, others: readonly string[]): number {
  const weigh = (clone: string): string => createHash('sha256').update(`${tip}\n${clone}`).digest('hex');
  const own = weigh(self);
  return others.filter((clone) => weigh(clone) < own).length;
}
