import { LedgerError } from '../domain/errors.ts';
import { requireKnownRules } from '../domain/policy.ts';
import type { LedgerRemote } from '../remote/port.ts';
import type { Oid } from '../store/port.ts';
import { isChecked } from './checked.ts';
import { combine, readOffers } from './combine.ts';
import { push, waitToRead } from './confirm.ts';
import {
  type Contest,
  isBusy,
  isContended,
  meetOthers,
  noteOffered,
  timed,
  waitForTurn,
} from './contention.ts';
import { noteOffer, prepareOffer, takeBackOffer } from './inbox.ts';
import { awaited, denied, look, lookOrUnknown, pause, unreachable } from './look.ts';
import type { Lost, Settled, Unchanged } from './outcome.ts';
import type { RemoteContext } from './ports.ts';
import { firstGroup, NAMES, type ReadCommit, readCommits } from './read-commits.ts';
import { dropWrong, reconcile } from './reconcile.ts';
import { CONTACT, EXPOSED, LED, PUBLISHED } from './state-keys.ts';
import { withdraw } from './withdraw.ts';

/** What became of a transition; of an accepted one, only that it was. */
export type Ending = { kind: 'accepted' } | Unchanged | Lost;

/**
 * Looks at the remote and brings the local branch onto its tip.
 *
 * @returns what became of pending transitions
 * @throws LedgerError as `look`; `DIFFERENT_LEDGER`
 */
export async function fetchAndReconcile(context: RemoteContext): Promise<Map<string, Ending>> {
  const tip = await look(context);
  return tip === undefined ? new Map() : settleOn(context, tip);
}

/** Brings the local branch onto the shared tip. An offer of what lost there is taken back: nobody waits for it any more. */
async function settleOn(context: RemoteContext, tip: Oid): Promise<Map<string, Ending>> {
  return toldToAll(context, await reconcile(context, tip));
}

/** Takes what this program did not make as it is from the local branch, which builds on `tip`. @see dropWrong */
export async function keepBackWrong(
  context: RemoteContext,
  tip: Oid | undefined,
): Promise<Map<string, Ending>> {
  return toldToAll(context, await dropWrong(context, tip));
}

/** Processes of this clone that wait for one of these are woken. */
async function toldToAll(
  context: RemoteContext,
  settled: Map<string, Settled>,
): Promise<Map<string, Ending>> {
  const { store, localRef } = context;
  if (settled.size > 0) context.state.set(PUBLISHED, `${await store.readRef(localRef)} settled`);
  if ([...settled.values()].some(({ kind }) => kind !== 'accepted')) await takeBackOffer(context);
  return settled;
}

/**
 * Pushes everything that is pending, and on losing decides it again on the new tip, until it is settled. To be called by one
 * process of a clone at a time.
 *
 * Where others push too, a clone offers what it has pending in its inbox and waits: the clone that leads combines it with its own.
 *
 * @param wanted ops after whose end nothing more is waited for; all that is pending where none are given
 * @returns what became of pending transitions, of whichever process
 * @throws LedgerError `REMOTE_UNREACHABLE`, `REMOTE_STALE`, `PUSH_DENIED` and `CONTENDED`, with what is pending still pending; `DIFFERENT_REMOTES`; as
 *   `fetchAndReconcile`
 * @see docs/sync.md
 */
export async function pushPending(
  context: RemoteContext,
  wanted?: ReadonlySet<string>,
): Promise<Map<string, Ending>> {
  const { store, remote, clock, state, localRef, patience } = context;
  const contest: Contest = {
    deadline: clock.now().getTime() + patience,
    offered: new Set(),
    since: 0,
    passed: 0,
  };
  const settled = new Map<string, Ending>();
  const merge = (more: ReadonlyMap<string, Ending>): void => {
    for (const [op, outcome] of more) settled.set(op, outcome);
  };
  let alone = false;
  let lost = 0;
  let still = 0;
  const { deadline } = contest;
  if (!isContended(context) && isBusy(context)) await look(context, 'all', deadline);
  for (let first = true; ; first = false) {
    if (!first && clock.now().getTime() > deadline) {
      await takeBackOffer(context);
      throw contended(remote, lost);
    }
    const seen = await store.readRef(remote.seenRef);
    if (seen !== undefined && isContended(context))
      await awaited(context, 'turn', () => waitForTurn(context, contest, seen));
    const tip = await store.readRef(remote.seenRef);
    if (tip !== undefined) merge(await settleOn(context, tip));
    merge(await keepBackWrong(context, tip));
    const local = await store.readRef(localRef);
    // Someone committed meanwhile who is not this program: it is checked first.
    if (local !== undefined && local !== tip && !isChecked(context, local)) continue;
    const pending = local === undefined || local === tip ? [] : await readCommits(store, tip, local, NAMES);
    if (local === undefined || pending.length === 0) return settled;
    if (wanted !== undefined && [...wanted].every((op) => settled.has(op))) return settled;
    requireKnownRules(await context.views.peek(local, (view) => view.settings), 'share what is pending here');
    const candidate = alone ? local : await combine(context, local, await readOffers(context, tip));
    if (candidate !== local) meetOthers(context);
    // Noted down before it is out, since this process can be killed in between.
    const exposed = state.get(EXPOSED) ?? '';
    state.set(EXPOSED, local);
    // Who lost once tries again at once, and offers what it has by the same push; who loses again waits for the clone that leads.
    const offers = lost === 1 && contest.offered.size === 0 && remote.inbox !== undefined;
    const offer = offers ? prepareOffer(context, local) : undefined;
    const pushed = await timed(context, () => push(context, candidate, { offer, deadline }));
    if (offer !== undefined) {
      if (pushed.kind !== 'unreachable') noteOffer(context, offer);
      noteOffered(context, contest, pending);
    }
    // What was accepted is found to be shared; of what broke off nobody knows.
    const isOut = offer !== undefined && pushed.kind !== 'unreachable';
    if (pushed.kind !== 'accepted' && pushed.kind !== 'unknown' && !isOut) state.set(EXPOSED, exposed);
    switch (pushed.kind) {
      case 'accepted':
        state.set(CONTACT, clock.now().toISOString());
        state.set(LED, candidate);
        merge(new Map(pending.flatMap(({ op }) => (op === undefined ? [] : [[op, ACCEPTED]]))));
        merge(await settleOn(context, candidate));
        state.set(PUBLISHED, candidate);
        return settled;
      case 'behind':
        // A branch that was rewritten is no race: nothing is offered to it.
        if ((await look(context, 'all', deadline)) !== tip) still = 0;
        else if (remote.writesTo !== undefined)
          await awaited(context, 'newer reading', () => waitToRead(context, tip, deadline));
        else {
          still += 1;
          await noteStill(context, still, { reason: pushed.reason, deadline });
        }
        lost += 1;
        if (lost > 1) meetOthers(context);
        break;
      case 'refused':
        // Whatever it says no to must be this clone's own before anything of this clone's is given up for it.
        if (candidate !== local) alone = true;
        else merge(await isolate(context, pending, { reason: pushed.reason, deadline }));
        break;
      case 'denied':
        throw denied(remote, pushed.reason);
      case 'unreachable':
        throw unreachable(remote, pushed.cause);
      case 'unknown':
        // It broke off. Whether it was taken, a look finds out by the transitions' names.
        await lookOrUnknown(context, 'all', deadline);
        break;
      default:
        return pushed satisfies never;
    }
  }
}

const ACCEPTED: Ending = { kind: 'accepted' };

/** A lock that another push holds is gone by then. */
const STILL = 3;

/**
 * A push found the branch elsewhere, and it stands where it was seen. Where that goes on, and it is so as well where pushes go, nobody was
 * first: the remote does not take it, for a reason of its own.
 *
 * @throws LedgerError `PUSH_DENIED`
 */
async function noteStill(
  context: RemoteContext,
  still: number,
  { reason, deadline }: { reason: string | undefined; deadline: number },
): Promise<void> {
  const { remote } = context;
  if (still >= STILL && ['holds', 'lacks'].includes(await remote.written()))
    throw denied(remote, reason ?? 'it gives no reason');
  await pause(context, still, deadline);
}

/**
 * A hook or a protected branch said no, which is final for what it said no to. Of several transitions the first is offered
 * alone, with its group, so that one bad transition does not take the others with it.
 */
async function isolate(
  context: RemoteContext,
  pending: readonly ReadCommit[],
  { reason, deadline }: { reason: string; deadline: number },
): Promise<Map<string, Ending>> {
  const { remote } = context;
  const group = firstGroup(pending);
  const [first, last] = [group[0], group.at(-1)];
  if (first === undefined || last === undefined) return new Map();
  const ops = group.map(({ op, record }) => op ?? record.oid);
  if (pending.length > group.length) {
    context.state.set(EXPOSED, last.record.oid);
    const alone = await push(context, last.record.oid, { deadline });
    if (alone.kind === 'accepted') return new Map(ops.map((op) => [op, ACCEPTED]));
    if (alone.kind === 'denied') throw denied(remote, alone.reason);
    if (alone.kind === 'unreachable') throw unreachable(remote, alone.cause);
    if (alone.kind === 'unknown') await lookOrUnknown(context, 'all', deadline);
    if (alone.kind !== 'refused') return new Map();
  }
  const error = new LedgerError('REMOTE_REFUSED', `The remote ${remote.url} refused it: ${reason}.`, {
    hint: 'A rule of the remote forbids it; ask who keeps the repository.',
    details: { remote: remote.name, reason },
  });
  if (first.record.parents.length === 0) throw error;
  const withdrawn = await withdraw(context, { ops: new Set(ops), renumber: new Set(), keepAs: error });
  // Before anyone is told: whoever finds it in the inbox could bring it in once the remote takes it.
  await takeBackOffer(context);
  const settled = new Map<string, Settled>(withdrawn);
  for (const op of ops) settled.set(op, { kind: 'lost', op, error, kept: `refs/work-ledger/rejected/${op}` });
  return settled;
}

function contended(remote: LedgerRemote, lost: number): LedgerError {
  const times = `${lost} ${lost === 1 ? 'time' : 'times'}`;
  return new LedgerError('CONTENDED', `The time is up at ${remote.url}: others were first ${times}.`, {
    hint: 'Try again: wl sync',
    details: { remote: remote.name, lost },
  });
}
