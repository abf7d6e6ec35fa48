import { LedgerError } from '../domain/errors.ts';
import type { LedgerRemote } from '../remote/port.ts';
import type { Oid } from '../store/port.ts';
import { carry, type Offers, rankOf, readOffers } from './carry.ts';
import type { Settled } from './outcome.ts';
import { type ReadCommit, readCommits } from './pending.ts';
import type { SyncContext } from './ports.ts';
import { acceptedBy, reconcile, withdraw } from './reconcile.ts';

export type RemoteContext = SyncContext & { remote: LedgerRemote };

/** Keys of local state: when the remote last answered, a mark that changes with every push, and when it was last looked at. */
export const CONTACT = 'contact';
export const PUBLISHED = 'published';
const FETCHED = 'fetched';

/**
 * Looks at the remote and brings the local branch onto its tip.
 *
 * @returns what became of pending transitions
 * @throws LedgerError `REMOTE_UNREACHABLE`; `HISTORY_REWRITTEN` where what this clone has seen is no longer there, and
 *   `DIFFERENT_LEDGER`: nothing moves then
 */
export async function fetchAndReconcile(context: RemoteContext): Promise<Map<string, Settled>> {
  const { remote, state, clock } = context;
  const fetched = await remote.fetch();
  if (fetched.kind === 'unreachable') throw unreachable(remote, fetched.cause);
  if (fetched.kind === 'rewritten') throw rewritten(remote, fetched.seen, fetched.found);
  const now = clock.now().toISOString();
  state.set(CONTACT, now);
  state.set(FETCHED, now);
  return fetched.tip === undefined ? new Map() : reconcile(context, fetched.tip);
}

/**
 * Pushes everything that is pending, and on losing decides it again on the new tip, until it is settled. To be called by one
 * process of a clone at a time.
 *
 * A clone that lost offers what it has pending in its inbox, by the same push that tries again; whoever pushes next carries
 * it along. A clone that is pushing all the time looks at the inboxes now and then, since it alone never loses.
 *
 * @returns what became of every pending transition, of whichever process
 * @throws LedgerError `REMOTE_UNREACHABLE` and `CONTENDED`, with what is pending still pending; as `fetchAndReconcile`
 * @see docs/sync.md
 */
export async function pushPending(context: RemoteContext): Promise<Map<string, Settled>> {
  const { store, remote, clock, state, localRef } = context;
  const started = clock.now().getTime();
  const settled = new Map<string, Settled>();
  const merge = (more: ReadonlyMap<string, Settled>): void => {
    for (const [op, outcome] of more) settled.set(op, outcome);
  };
  /** What a push took last: a turn of waiting for another clone's. */
  let turn = 0;
  if (isBusy(context)) merge(await fetchAndReconcile(context));
  for (let attempt = 0; ; attempt += 1) {
    const seen = await store.readRef(remote.seenRef);
    if (seen !== undefined) merge(await reconcile(context, seen));
    const local = await store.readRef(localRef);
    const pending = local === undefined || local === seen ? [] : await readCommits(store, seen, local);
    if (local === undefined || pending.length === 0) {
      if (attempt > 0) await remote.inbox?.retract();
      return settled;
    }
    const offers: Offers = seen === undefined ? { pending: [], clones: [] } : await readOffers(context, seen);
    const rank =
      attempt < 2 || seen === undefined ? 0 : rankOf(seen, remote.inbox?.clone ?? '', offers.clones);
    if (rank > 0 && (attempt - 2) % (offers.clones.length + 1) < rank) {
      // Someone else's turn: what was offered is on its way. Look again when that push can be through.
      await clock.sleep(turn * (0.5 + clock.random()));
      merge(await fetchAndReconcile(context));
      refuseToWait(context, started, attempt);
      continue;
    }
    const tip = await carry(context, local, offers);
    const before = clock.now().getTime();
    const pushed = await remote.push(tip, attempt === 0 ? undefined : local);
    turn = Math.min(MAX_TURN_MS, clock.now().getTime() - before);
    switch (pushed.kind) {
      case 'accepted':
        state.set(CONTACT, clock.now().toISOString());
        state.set(PUBLISHED, tip);
        merge(allAccepted(pending));
        merge(await reconcile(context, tip));
        return settled;
      case 'behind':
        merge(await fetchAndReconcile(context));
        break;
      case 'refused':
        merge(await isolate(context, pending, pushed.reason));
        break;
      case 'unknown':
        merge(await resolveUnknown(context, pushed.cause));
        break;
      default:
        return pushed satisfies never;
    }
    refuseToWait(context, started, attempt);
  }
}

const MAX_TURN_MS = 3_000;
/** A clone that pushed this recently is busy, and looks at the inboxes before a push unless it did so just now. */
const BUSY_MS = 2_000;
const PEEK_MS = 400;

function isBusy({ state, clock, remote }: RemoteContext): boolean {
  if (remote.inbox === undefined) return false;
  const now = clock.now().getTime();
  const since = (key: string): number => Math.abs(now - Date.parse(state.get(key) ?? ''));
  return since(CONTACT) < BUSY_MS && !(since(FETCHED) < PEEK_MS);
}

function refuseToWait({ remote, clock, patience }: RemoteContext, started: number, attempt: number): void {
  if (clock.now().getTime() - started > patience) throw contended(remote, attempt + 1);
}

const allAccepted = (pending: readonly ReadCommit[]): Map<string, Settled> =>
  new Map(pending.flatMap((commit) => (commit.op === undefined ? [] : [[commit.op, acceptedBy(commit)]])));

/** The push broke off. Only the remote knows whether it was taken; the fetch finds out by the transitions' names. */
async function resolveUnknown(context: RemoteContext, cause: Error): Promise<Map<string, Settled>> {
  try {
    return await fetchAndReconcile(context);
  } catch (error) {
    if (!(error instanceof LedgerError) || error.code !== 'REMOTE_UNREACHABLE') throw error;
    throw unreachable(context.remote, cause, true);
  }
}

/**
 * A hook or a protected branch said no, which is final for what it said no to. Of several transitions the first is offered
 * alone, so that one bad transition does not take the others with it.
 */
async function isolate(
  context: RemoteContext,
  pending: readonly ReadCommit[],
  reason: string,
): Promise<Map<string, Settled>> {
  const { remote } = context;
  const [first] = pending;
  if (first === undefined) return new Map();
  if (pending.length > 1) {
    const alone = await remote.push(first.record.oid);
    if (alone.kind === 'accepted') return allAccepted([first]);
    if (alone.kind !== 'refused') return new Map();
  }
  const error = new LedgerError('REMOTE_REFUSED', `The remote ${remote.url} refused it: ${reason}.`, {
    hint: 'A rule of the remote forbids it; ask who keeps the repository.',
    details: { remote: remote.name, reason },
  });
  if (first.record.parents.length === 0) throw error;
  const op = first.op ?? first.record.oid;
  const settled = await withdraw(context, { ops: new Set([op]), renumber: new Set(), keepAs: error });
  settled.set(op, { kind: 'lost', op, error, kept: `refs/work-ledger/rejected/${op}` });
  return settled;
}

export function unreachable(remote: LedgerRemote, cause: Error, unknown = false): LedgerError {
  return new LedgerError(
    'REMOTE_UNREACHABLE',
    `The remote ${remote.url} cannot be reached: ${cause.message}`,
    {
      hint: 'When it is back: wl sync',
      details: { remote: remote.name, unknown },
      cause,
    },
  );
}

function rewritten(remote: LedgerRemote, seen: Oid, found: Oid | undefined): LedgerError {
  const now = found === undefined ? 'the branch is gone' : `it is at ${found.slice(0, 12)} now`;
  return new LedgerError(
    'HISTORY_REWRITTEN',
    `The ledger on ${remote.url} was rewritten: it no longer has ${seen.slice(0, 12)}, which this clone saw; ${now}.`,
    {
      hint: `Nothing was pushed and nothing here was lost. Ask who rewrote it; \`git log ${seen.slice(0, 12)}\` is what was there.`,
      details: { remote: remote.name, seen, found: found ?? null },
    },
  );
}

function contended(remote: LedgerRemote, attempts: number): LedgerError {
  return new LedgerError('CONTENDED', `Others were first ${attempts} times in a row at ${remote.url}.`, {
    hint: 'Try again: wl sync',
    details: { remote: remote.name, attempts },
  });
}
