import { LedgerError } from '../domain/errors.ts';
import { requireKnownRules } from '../domain/policy.ts';
import type { Combined, LedgerRemote, Offer, Patience, PushResult } from '../remote/port.ts';
import type { Oid } from '../store/port.ts';
import { inCall } from './call.ts';
import { combine, noteApart, offersFor } from './combine.ts';
import {
  type Contest,
  isBusy,
  isContended,
  meetOthers,
  noteOffered,
  takeBackOffer,
  timed,
  waitForTurn,
} from './contention.ts';
import { type Answer, begin, type Effect, type Facts, type Failure, next, type Plan } from './exchange.ts';
import { noteOffer, notePushed, prepareOffer, pruneInboxes } from './inbox.ts';
import { asFarAsKnown, expose, findSettled, isChecked, localTip, unexpose, type Wanted } from './journal.ts';
import { commitLocally } from './local.ts';
import { awaited, denied, look, lookOrUnknown, pause, unreachable } from './look.ts';
import type { Ending, Settled } from './outcome.ts';
import { overdueUnblocks, withoutOverdue } from './overdue-unblocks.ts';
import type { CallContext, RemoteContext } from './ports.ts';
import { firstGroup, NAMES, type ReadCommit, readCommits } from './read-commits.ts';
import { dropWrong, reconcile, whereCheckedOut } from './reconcile.ts';
import { CONTACT, LED } from './state-keys.ts';

/** What an exchange is for, with the transitions that someone waits for. */
export interface Purpose extends Omit<Plan, 'push'> {
  push: Wanted | 'all' | 'nothing';
}

/** A purpose that is to look, and no more. */
export const TO_LOOK: Purpose = { look: true, overdue: false, push: 'nothing' };
/** One that is to push all that is pending. */
export const TO_PUSH: Purpose = { look: false, overdue: false, push: 'all' };
/** Both, and what follows from completions besides. */
export const TO_SYNC: Purpose = { look: true, overdue: true, push: 'all' };

/**
 * Exchanges with the remote until what was asked for is done. To be called by one process of a clone at a time, and by one caller in it.
 *
 * @param time of all messages; where none is given, it begins now
 * @returns what became of pending transitions, of whichever process
 * @throws LedgerError `REMOTE_UNREACHABLE`, `REMOTE_STALE`, `PUSH_DENIED` and `CONTENDED`, with what is pending still pending;
 *   `HISTORY_REWRITTEN`, `DIFFERENT_LEDGER`, `DIFFERENT_REMOTES`: nothing moves then
 */
export async function performExchange(
  context: RemoteContext,
  purpose: Purpose,
  time?: Patience,
): Promise<ReadonlyMap<string, Ending>> {
  return new Exchanging(inCall(context, time), purpose).run();
}

class Exchanging {
  readonly #context: CallContext;
  readonly #purpose: Purpose;
  readonly #contest: Contest = { offered: new Set(), since: 0, passed: 0 };
  /** As the last effect `reconcile` left them: the shared tip, the local one, and what lies between. */
  #seen: Oid | undefined;
  #local: Oid | undefined;
  #pending: readonly ReadCommit[] = [];
  #overdue: ReadonlySet<string> = new Set();

  constructor(context: CallContext, purpose: Purpose) {
    this.#context = context;
    this.#purpose = purpose;
  }

  async run(): Promise<ReadonlyMap<string, Ending>> {
    const { push } = this.#purpose;
    const ops = typeof push === 'string' ? push : new Set(push.ops.keys());
    let exchange = begin({ ...this.#purpose, push: ops }, await this.#facts());
    while (exchange.doing.do !== 'end') {
      const answer = await this.#perform(exchange.doing).catch(
        (error: unknown): Answer => ({ kind: 'failed', error }),
      );
      exchange = next(exchange, answer, await this.#facts());
    }
    const { failure } = exchange.doing;
    if (failure === undefined) {
      const ended = await withoutOverdue(this.#context, exchange.settled, this.#overdue);
      if (this.#purpose.overdue) await pruneInboxes(this.#context);
      return asFarAsKnown(this.#context, ended);
    }
    throw this.#errorOf(failure);
  }

  async #facts(): Promise<Facts> {
    const context = this.#context;
    const { remote, time } = context;
    return {
      timeUp: time.left() === 0,
      shared: (await this.#seenNow()) !== undefined,
      contended: isContended(context),
      busy: isBusy(context),
      mayOffer: this.#contest.offered.size === 0 && remote.inbox !== undefined,
      twoAddresses: remote.writesTo !== undefined,
    };
  }

  async #perform(effect: Exclude<Effect, { do: 'end' }>): Promise<Answer> {
    const context = this.#context;
    const { remote } = context;
    switch (effect.do) {
      case 'find': {
        const { push } = this.#purpose;
        return {
          kind: 'found',
          settled: typeof push === 'string' ? new Map() : await findSettled(context, push),
        };
      }
      case 'look': {
        const found = effect.why === 'in doubt' ? await lookOrUnknown(context, 'all') : await look(context);
        return { kind: 'looked', moved: found !== this.#seen };
      }
      case 'wait for a turn': {
        const seen = await this.#seenNow();
        if (seen !== undefined)
          await awaited(context, 'turn', () => waitForTurn(context, this.#contest, seen));
        return { kind: 'done' };
      }
      case 'reconcile':
        return this.#reconcile();
      case 'make overdue':
        this.#overdue = await makeOverdue(context);
        return { kind: 'done' };
      case 'push':
        return this.#push(effect);
      case 'wait to read':
        await awaited(context, 'newer reading', async () =>
          (await import('./confirm.ts')).waitToRead(context, this.#seen),
        );
        return { kind: 'done' };
      case 'ask where it is written':
        return { kind: 'written', stands: ['holds', 'lacks'].includes(await remote.written()) };
      case 'pause':
        await pause(context, effect.tries);
        return { kind: 'done' };
      case 'refuse':
        return {
          kind: 'found',
          settled: await (await import('./withdraw.ts')).keepRefused(
            context,
            firstGroup(this.#pending),
            effect.reason,
          ),
        };
      case 'take back the offer':
        await takeBackOffer(context);
        return { kind: 'done' };
      case 'take over':
        return { kind: 'found', settled: await this.#settleOn(await this.#seenNow()).catch(whereCheckedOut) };
      case 'meet others':
        meetOthers(context);
        return { kind: 'done' };
      default:
        return effect satisfies never;
    }
  }

  /** An offer of what lost there is taken back: nobody waits for it any more. */
  async #settleOn(tip: Oid | undefined): Promise<Map<string, Ending>> {
    const settled = tip === undefined ? new Map<string, Settled>() : await reconcile(this.#context, tip);
    const isTakenBack = [...settled.values()].some(({ kind }) => kind !== 'accepted');
    return isTakenBack ? this.#takenBack(settled) : settled;
  }

  async #isStillHere(own: Oid): Promise<boolean> {
    const { store, localRef } = this.#context;
    const local = await store.readRef(localRef);
    return local !== undefined && (local === own || (await store.mergeBase(own, local)) === own);
  }

  #seenNow(): Promise<Oid | undefined> {
    const { store, remote } = this.#context;
    return store.readRef(remote.seenRef);
  }

  /** Another clone can be faster, where what was lost here is legal on the tip that it pushes. */
  async #takenBack(settled: ReadonlyMap<string, Ending>): Promise<Map<string, Ending>> {
    const { store } = this.#context;
    const endings = new Map(settled);
    const before = await this.#seenNow();
    await takeBackOffer(this.#context);
    const now = await this.#seenNow();
    for (const { op = '' } of now === undefined ? [] : await readCommits(store, before, now, NAMES))
      if (endings.has(op)) endings.set(op, { kind: 'accepted' });
    return endings;
  }

  /** @param before what earlier tries settled */
  async #reconcile(before: ReadonlyMap<string, Ending> = new Map()): Promise<Answer> {
    const context = this.#context;
    const { store } = context;
    const seen = await this.#seenNow();
    const settled = new Map([...before, ...(await this.#settleOn(seen))]);
    const wrong = await dropWrong(context, seen);
    for (const [op, one] of wrong.size > 0 ? await this.#takenBack(wrong) : wrong) settled.set(op, one);
    const local = await localTip(context);
    // Another process of the clone looked meanwhile: what lies between the two is not what is pending.
    if ((await this.#seenNow()) !== seen) return this.#reconcile(settled);
    const isShared = local === undefined || local === seen;
    // Nobody waits for what is in the inbox.
    if (isShared) await takeBackOffer(context);
    const commits = isShared ? [] : await readCommits(store, seen, local, NAMES);
    [this.#seen, this.#local, this.#pending] = [seen, local, commits];
    const pending: string[][] = [];
    for (let left = commits; left.length > 0; ) {
      const group = firstGroup(left);
      pending.push(group.flatMap(({ op }) => op ?? []));
      left = left.slice(group.length);
    }
    return { kind: 'reconciled', settled, pending, checked: isShared || isChecked(context, local) };
  }

  /** Where pushes go elsewhere than readings come from, one is accepted once it is read. */
  async #send(
    tip: Oid,
    offer: Offer | undefined,
    combined: readonly Combined[] | undefined,
  ): Promise<PushResult> {
    const pushed = await this.#context.remote.push(tip, offer, combined);
    if (pushed.kind !== 'unconfirmed') return pushed;
    const { confirm } = await import('./confirm.ts');
    return awaited(this.#context, 'confirmation', () => confirm(this.#context, tip));
  }

  async #push({ what, offer: offers }: Extract<Effect, { do: 'push' }>): Promise<Answer> {
    const context = this.#context;
    const { state, clock, judge } = context;
    const own = what === 'first' ? firstGroup(this.#pending).at(-1)?.record.oid : this.#local;
    if (own === undefined) return { kind: 'pushed', result: { kind: 'behind' }, combined: false };
    requireKnownRules(await context.views.peek(own, (view) => view.settings), 'share what is pending here');
    // Who offers by the same push takes nothing of others with it: its offer is taken whatever becomes of the branch.
    const others = what === 'all' && !offers ? await offersFor(context, this.#seen) : [];
    const { tip: candidate, combined } = await combine(context, own, { mine: this.#pending, others });
    if (candidate !== own) meetOthers(context);
    // Noted down before it is out, since this process can be killed in between.
    const before = expose(context, own);
    if (!(await this.#isStillHere(own)) || (await this.#seenNow()) !== this.#seen) {
      // Another process of this clone took something of it back meanwhile, or looked, so that it was combined with what is shared.
      unexpose(context, before);
      return { kind: 'pushed', result: { kind: 'behind' }, combined: false };
    }
    const offer = offers ? await prepareOffer(context, own) : undefined;
    const result = await timed(context, () => this.#send(candidate, offer, combined));
    if (offer !== undefined) {
      if (result.kind !== 'unreachable') noteOffer(context, offer, false);
      noteOffered(context, this.#contest, this.#pending);
    }
    if (result.kind === 'refused' && result.together === false) noteApart(context);
    // What was accepted is found to be shared; of what broke off nobody knows.
    if (result.kind !== 'unknown') unexpose(context, result.kind === 'accepted' ? '' : before);
    if (result.kind === 'accepted') {
      state.set(CONTACT, clock.now().toISOString());
      state.set(LED, candidate);
      judge.shared(this.#seen, candidate);
      if (what !== 'first') notePushed(context);
    }
    return { kind: 'pushed', result, combined: candidate !== own };
  }

  #errorOf(failure: Failure): unknown {
    const { remote } = this.#context;
    switch (failure.why) {
      case 'contended':
        return contended(remote, failure.lost);
      case 'denied':
        return denied(remote, failure.reason);
      case 'unreachable':
        return unreachable(remote, failure.cause);
      case 'error':
        return failure.error;
      default:
        return failure satisfies never;
    }
  }
}

/** Commits here what is overdue. @returns the ops of it */
async function makeOverdue(context: RemoteContext): Promise<ReadonlySet<string>> {
  const { store, localRef } = context;
  const tip = await store.readRef(localRef);
  if (tip === undefined) return new Set();
  const overdue = await overdueUnblocks(context, tip);
  if (overdue.length > 0) await commitLocally(context, []);
  return new Set(overdue.map(({ op }) => op));
}

function contended(remote: LedgerRemote, lost: number): LedgerError {
  const times = `${lost} ${lost === 1 ? 'time' : 'times'}`;
  return new LedgerError('CONTENDED', `The time is up at ${remote.url}: others were first ${times}.`, {
    hint: 'Try again: wl sync',
    details: { remote: remote.name, lost },
  });
}
