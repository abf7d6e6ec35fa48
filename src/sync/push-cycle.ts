import { LedgerError } from '../domain/errors.ts';
import type { LedgerRemote } from '../remote/port.ts';
import { carry, readOffers } from './carry.ts';
import { isBusy, isContended, timed, waitForTurn } from './contention.ts';
import { look, unreachable } from './look.ts';
import { CONTACT, CONTENDED, EXPOSED, PUBLISHED } from './marks.ts';
import type { Settled } from './outcome.ts';
import { type ReadCommit, readCommits } from './pending.ts';
import type { RemoteContext } from './ports.ts';
import { acceptedBy, reconcile, withdraw } from './reconcile.ts';

/**
 * Looks at the remote and brings the local branch onto its tip.
 *
 * @returns what became of pending transitions
 * @throws LedgerError as `look`; `DIFFERENT_LEDGER`
 */
export async function fetchAndReconcile(context: RemoteContext): Promise<Map<string, Settled>> {
  const tip = await look(context);
  return tip === undefined ? new Map() : reconcile(context, tip);
}

/**
 * Pushes everything that is pending, and on losing decides it again on the new tip, until it is settled. To be called by one
 * process of a clone at a time.
 *
 * Where others push too, a clone offers what it has pending in its inbox and waits: whoever's turn it is carries it along.
 *
 * @returns what became of every pending transition, of whichever process
 * @throws LedgerError `REMOTE_UNREACHABLE` and `CONTENDED`, with what is pending still pending; as `fetchAndReconcile`
 * @see docs/sync.md
 */
export async function pushPending(context: RemoteContext): Promise<Map<string, Settled>> {
  const { store, remote, clock, state, localRef, patience } = context;
  const deadline = clock.now().getTime() + patience;
  const settled = new Map<string, Settled>();
  const merge = (more: ReadonlyMap<string, Settled>): void => {
    for (const [op, outcome] of more) settled.set(op, outcome);
  };
  let offered = false;
  let alone = false;
  if (isBusy(context)) await look(context);
  for (let attempt = 1; ; attempt += 1) {
    const seen = await store.readRef(remote.seenRef);
    if (seen !== undefined && isContended(context)) {
      offered = await waitForTurn(context, seen, deadline, offered);
    }
    const tip = await store.readRef(remote.seenRef);
    if (tip !== undefined) merge(await reconcile(context, tip));
    const local = await store.readRef(localRef);
    const pending = local === undefined || local === tip ? [] : await readCommits(store, tip, local);
    if (local === undefined || pending.length === 0) {
      await retractLost(context, offered, settled);
      return settled;
    }
    const offers = await readOffers(context, tip);
    if (offers.clones.length > 0) state.set(CONTENDED, clock.now().toISOString());
    const candidate = alone ? local : await carry(context, local, offers);
    // Among others, what is pending is offered by the same push: should it lose, it is on its way all the same.
    const offer = isContended(context) ? local : undefined;
    // Noted down before it is out, since this process can be killed in between.
    const exposed = state.get(EXPOSED) ?? '';
    state.set(EXPOSED, local);
    const pushed = await timed(context, () => remote.push(candidate, offer));
    offered ||= offer !== undefined;
    if (pushed.kind === 'unreachable' || (offer === undefined && pushed.kind !== 'unknown'))
      state.set(EXPOSED, exposed);
    switch (pushed.kind) {
      case 'accepted':
        state.set(CONTACT, clock.now().toISOString());
        state.set(PUBLISHED, candidate);
        merge(allAccepted(pending));
        merge(await reconcile(context, candidate));
        await retractLost(context, offered, settled);
        return settled;
      case 'behind':
        // A branch that was rewritten is no race: nothing is offered to it.
        await look(context);
        state.set(CONTENDED, clock.now().toISOString());
        break;
      case 'refused':
        // Whatever it says no to must be this clone's own before anything of this clone's is given up for it.
        if (candidate !== local) alone = true;
        else merge(await isolate(context, pending, pushed.reason));
        break;
      case 'unreachable':
        throw unreachable(remote, pushed.cause);
      case 'unknown':
        await resolveUnknown(context, pushed.cause);
        break;
      default:
        return pushed satisfies never;
    }
    if (clock.now().getTime() > deadline) {
      if (offered) await remote.inbox?.retract();
      throw contended(remote, attempt);
    }
  }
}

/** An offer that lost must not be taken up later, when it would be legal again and nobody waits for it. */
async function retractLost(
  { remote }: RemoteContext,
  offered: boolean,
  settled: ReadonlyMap<string, Settled>,
): Promise<void> {
  if (offered && [...settled.values()].some(({ kind }) => kind !== 'accepted')) await remote.inbox?.retract();
}

const allAccepted = (pending: readonly ReadCommit[]): Map<string, Settled> =>
  new Map(pending.flatMap((commit) => (commit.op === undefined ? [] : [[commit.op, acceptedBy(commit)]])));

/** The push broke off. Only the remote knows whether it was taken; the next look finds out by the transitions' names. */
async function resolveUnknown(context: RemoteContext, cause: Error): Promise<void> {
  try {
    await look(context);
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
    context.state.set(EXPOSED, first.record.oid);
    const alone = await remote.push(first.record.oid);
    if (alone.kind === 'accepted') return allAccepted([first]);
    if (alone.kind === 'unreachable') throw unreachable(remote, alone.cause);
    if (alone.kind === 'unknown') await resolveUnknown(context, alone.cause);
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

function contended(remote: LedgerRemote, attempts: number): LedgerError {
  return new LedgerError('CONTENDED', `Others were first ${attempts} times in a row at ${remote.url}.`, {
    hint: 'Try again: wl sync',
    details: { remote: remote.name, attempts },
  });
}
