import { LedgerError } from '../domain/errors.ts';
import type { LedgerRemote } from '../remote/port.ts';
import type { Oid } from '../store/port.ts';
import type { Settled } from './outcome.ts';
import { type ReadCommit, readCommits } from './pending.ts';
import type { SyncContext } from './ports.ts';
import { acceptedBy, reconcile, withdraw } from './reconcile.ts';

export type RemoteContext = SyncContext & { remote: LedgerRemote };

/** Keys of local state: when the remote last answered, and a mark that changes with every push. */
export const CONTACT = 'contact';
export const PUBLISHED = 'published';

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
  state.set(CONTACT, clock.now().toISOString());
  return fetched.tip === undefined ? new Map() : reconcile(context, fetched.tip);
}

/**
 * Pushes everything that is pending, and on losing decides it again on the new tip, until it is settled. To be called by one
 * process of a clone at a time.
 *
 * @returns what became of every pending transition, of whichever process
 * @throws LedgerError `REMOTE_UNREACHABLE` and `CONTENDED`, with what is pending still pending; as `fetchAndReconcile`
 */
export async function pushPending(context: RemoteContext): Promise<Map<string, Settled>> {
  const { store, remote, clock, state, localRef, patience } = context;
  const deadline = clock.now().getTime() + patience;
  const settled = new Map<string, Settled>();
  const merge = (more: ReadonlyMap<string, Settled>): void => {
    for (const [op, outcome] of more) settled.set(op, outcome);
  };
  for (let attempt = 0; ; attempt += 1) {
    const seen = await store.readRef(remote.seenRef);
    if (seen !== undefined) merge(await reconcile(context, seen));
    const local = await store.readRef(localRef);
    const pending = local === undefined || local === seen ? [] : await readCommits(store, seen, local);
    if (local === undefined || pending.length === 0) return settled;
    const pushed = await remote.push(local);
    switch (pushed.kind) {
      case 'accepted':
        state.set(CONTACT, clock.now().toISOString());
        state.set(PUBLISHED, local);
        merge(allAccepted(pending));
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
    if (clock.now().getTime() > deadline) throw contended(remote, attempt + 1);
    await clock.sleep(backoff(attempt, clock.random()));
  }
}

const allAccepted = (pending: readonly ReadCommit[]): Map<string, Settled> =>
  new Map(pending.flatMap((commit) => (commit.op === undefined ? [] : [[commit.op, acceptedBy(commit)]])));

/**
 * Full jitter over a window that grows twice, so that a crowd spreads, and then shrinks with every loss, so that who has
 * waited longest asks most often.
 */
function backoff(attempt: number, random: number): number {
  const window = attempt === 0 ? 0 : attempt < 3 ? 60 * 2 ** attempt : 480 / attempt;
  return random * window;
}

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
  return new LedgerError('REMOTE_UNREACHABLE', `The remote ${remote.url} cannot be reached: ${cause.message}`, {
    hint: 'When it is back: wl sync',
    details: { remote: remote.name, unknown },
    cause,
  });
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
