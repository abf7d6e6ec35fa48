import { isPassing, LedgerError } from '../domain/errors.ts';
import type { Patience } from '../remote/port.ts';
import type { Oid } from '../store/port.ts';
import { answer, giveUp, type Made, type Open, refuse, wantedBy } from './answers.ts';
import { deadlineOf, elapsed, timeTo, timeUntil } from './call.ts';
import { findSettled } from './journal.ts';
import { Leader, type Manner, type PlainGroup, type Told, type Work } from './leader.ts';
import { commitLocally, type Group, type Progress, TAKING } from './local.ts';
import type { Ending, Outcome } from './outcome.ts';
import { type Purpose as Exchange, performExchange, TO_LOOK, TO_PUSH, TO_SYNC } from './perform-exchange.ts';
import type { RemoteContext, SyncContext } from './ports.ts';
import { rejectionsOf } from './rejected.ts';
import {
  type Asked,
  type Effect,
  type Event,
  NONE,
  type Purpose,
  type RequestId,
  type Requests,
  step,
} from './requests.ts';
import { CONTACT } from './state-keys.ts';
import type { Before } from './takeover.ts';

/** A view of the remote that is younger than this is fresh enough to decide on. */
const FRESH_MS = 2_000;

const PURPOSES: Record<Exclude<Purpose, 'push'>, Exchange> = {
  look: TO_LOOK,
  'push all': TO_PUSH,
  sync: TO_SYNC,
};

/**
 * The write path of one clone: does what `requests.ts` says is next, and says what that came to.
 *
 * 1. look at the remote, where that saves a lost race; 2. decide on the local tip and commit; 3. push everything pending;
 * 4. on losing, decide again on the new tip; 5. tell each caller what became of its transitions.
 */
export class Synchronizer {
  readonly #context: SyncContext;
  readonly #remote: RemoteContext | undefined;
  readonly #leader: Leader<Before> | undefined;
  readonly #open = new Map<RequestId, Open>();
  #requests: Requests = NONE;
  #asked: Open[] = [];
  /** Of the exchange that is under way. */
  #time: Patience | undefined;
  /** How long something was coming in all exchanges, in milliseconds. */
  #transferred = 0;
  /** What the last exchange settled. */
  #settled: ReadonlyMap<string, Ending> = new Map();
  #lastId = 0;
  #commits = 0;

  constructor(context: SyncContext) {
    const { remote } = context;
    this.#context = context;
    this.#remote = remote && { ...context, remote };
    this.#leader =
      remote &&
      new Leader(context, {
        perform: (work, manner) => this.#ask(work, { publish: work.kind === 'write', ...manner }),
        remember: async (group) => (await import('./takeover.ts')).remember(context, group),
        takeOver: (group, before, manner) => this.#takeOver(group, before, manner),
      });
  }

  /**
   * Decides and commits a group; with `publish`, also brings it to the remote.
   *
   * @param time of the call that this is a part of; without one, its own begins now
   * @throws LedgerError `REMOTE_UNREACHABLE`, `REMOTE_STALE`, `PUSH_DENIED` and `CONTENDED`, with `details.saved` (transitions that wait
   *   here for the next sync), `details.sent` (which wait as well, and were taken where pushes go, which is not where the remote is read)
   *   and `details.withdrawn` (claims that were not made); `HISTORY_REWRITTEN`, `DIFFERENT_LEDGER`, `NO_LEDGER`
   */
  submit(group: Group, publish: boolean, time?: Patience): Promise<Outcome[]> {
    const work: Work = { kind: 'write', group: publish ? group : { ...group, offline: true } };
    // What needs no remote needs nobody else: it waits for no network, and for no process that does.
    const told =
      publish && this.#leader !== undefined
        ? this.#lead(this.#leader, work, time)
        : this.#ask(work, { publish: false });
    return told as Promise<Outcome[]>;
  }

  /** Fetches, brings what is pending onto the shared tip, and pushes it. @returns what became of what was pending */
  async sync(time?: Patience): Promise<readonly Ending[]> {
    if (this.#leader === undefined)
      throw new LedgerError('NO_REMOTE', 'This clone has no remote to sync with.', {
        hint: 'Add one with: git remote add origin URL',
      });
    return (await this.#lead(this.#leader, { kind: 'sync' }, time)) as readonly Ending[];
  }

  /** Fetches and takes over what others did; pending transitions stay pending. */
  async fetch(time?: Patience): Promise<void> {
    if (this.#leader !== undefined) await this.#lead(this.#leader, { kind: 'fetch' }, time);
  }

  /** A call that has waited already asks as if it had done so that much earlier. */
  async #lead(leader: Leader<Before>, work: Work, time: Patience | undefined): Promise<Told> {
    if (time === undefined) return leader.lead(work);
    const { clock, patience } = this.#context;
    const before = this.#transferred;
    try {
      return await leader.lead(work, elapsed(clock) + time.left() - patience);
    } finally {
      time.extend(this.#transferred - before);
    }
  }

  /** Ends when what other processes of this clone were promised is done. */
  async close(): Promise<void> {
    await this.#leader?.close();
  }

  /** Ends what a leader that died had begun: what it committed is to reach the remote. */
  async #takeOver(group: PlainGroup, before: Before, manner: Manner): Promise<Outcome[]> {
    const { takeOver } = await import('./takeover.ts');
    const context = this.#remote;
    return takeOver(this.#context, group, before, {
      findSettled: async (wanted) => (context === undefined ? new Map() : findSettled(context, wanted)),
      publish: async (outcomes, { seen: since, rejections }) => {
        const made = { outcomes, since, rejections, order: 0 };
        return (await this.#ask({ kind: 'write' }, { publish: true, ...manner, made })) as Outcome[];
      },
      submit: (left) =>
        this.#ask({ kind: 'write', group: left }, { publish: true, ...manner }) as Promise<Outcome[]>,
    });
  }

  #ask(
    { kind, group }: { kind: Work['kind']; group?: Group },
    { publish, around = false, since, made }: { publish: boolean; made?: Made } & Partial<Manner>,
  ): Promise<Told> {
    const { clock, patience, turn } = this.#context;
    const deadline = deadlineOf(clock, since ?? elapsed(clock), patience);
    return new Promise((resolve, reject) => {
      const waits = made !== undefined;
      const open = { kind, ...(group && { group }), publish, around, resolve, reject, deadline, made, waits };
      // Requests of one turn come together, and share one push.
      if (this.#asked.push(open) === 1) void turn().then(() => this.#begin(this.#asked.splice(0)));
    });
  }

  #begin(asked: readonly Open[]): void {
    const requests = asked.map((open): Asked => {
      this.#lastId += 1;
      this.#open.set(this.#lastId, open);
      const { kind, publish, deadline, group, waits } = open;
      const takes = group !== undefined && isTaking(group);
      return { id: this.#lastId, kind, publish, takes, committed: waits, deadline };
    });
    this.#on({ kind: 'asked', requests });
  }

  #on(event: Event): void {
    const { clock, state } = this.#context;
    const contact = Date.parse(state.get(CONTACT) ?? '');
    const fresh = Math.abs(clock.now().getTime() - contact) < FRESH_MS;
    const [requests, effects] = step(this.#requests, event, { now: elapsed(clock), fresh });
    this.#requests = requests;
    for (const effect of effects) this.#do(effect);
  }

  #do(effect: Effect): void {
    switch (effect.do) {
      case 'commit':
        void this.#commit(effect.requests);
        return;
      case 'exchange':
        void this.#exchange(effect);
        return;
      case 'hurry':
        this.#time?.shorten(timeTo(this.#context.clock, effect.deadline));
        return;
      case 'answer':
        void this.#answerAll(this.#take(effect.requests), this.#settled);
        return;
      case 'refuse':
        for (const open of this.#take(effect.requests)) refuse(open, effect.error);
        return;
      case 'give up':
        void this.#giveUpAll(this.#take(effect.requests), effect.error);
        return;
      default:
        effect satisfies never;
    }
  }

  #take(requests: readonly RequestId[]): Open[] {
    return requests.flatMap((id) => {
      const open = this.#open.get(id);
      this.#open.delete(id);
      return open ?? [];
    });
  }

  async #commit(requests: readonly RequestId[]): Promise<void> {
    try {
      this.#on({ kind: 'committed', stages: await this.#commitEach(requests) });
    } catch (error) {
      this.#on({ kind: 'commit failed', error });
    }
  }

  async #commitEach(requests: readonly RequestId[]): Promise<Map<RequestId, Stage>> {
    const { store, localRef } = this.#context;
    const stages = new Map<RequestId, Stage>();
    const served: { id: RequestId; open: Open & { group: Group } }[] = [];
    for (const id of requests) {
      const open = this.#open.get(id);
      const signal = open?.group?.progress?.signal;
      if (open?.group === undefined || signal?.aborted) {
        open?.reject(signal?.reason);
        this.#open.delete(id);
        stages.set(id, 'settled');
      } else served.push({ id, open: open as Open & { group: Group } });
    }
    const groups = served.map(({ open }) => open.group);
    const reach = (stage: Progress['stage']): void => {
      for (const { progress } of groups) if (progress !== undefined) progress.stage = stage;
    };
    // From here on they are not given up any more.
    reach('committing');
    // How things stand before anything of these requests can be settled by anyone.
    const rejections = await rejectionsOf(store, groups);
    const since = await this.#seen();
    const outcomes = groups.length === 0 ? [] : await commitLocally(this.#context, groups);
    reach('committed');
    this.#commits += 1;
    const hasPending = (await store.readRef(localRef)) !== (await this.#seen());
    for (const [at, { id, open }] of served.entries()) {
      const { begun } = open.group;
      const earlier = begun && { since: begun.seen, order: 0 };
      const made = { outcomes: outcomes[at] ?? [], since, rejections, order: this.#commits, ...earlier };
      open.made = made;
      const is = (kind: Outcome['kind']): boolean =>
        open.publish && made.outcomes.some((outcome) => outcome.kind === kind);
      open.waits = is('accepted');
      stages.set(id, open.waits ? 'committed' : hasPending && is('unchanged') ? 'in doubt' : 'settled');
    }
    return stages;
  }

  async #exchange({ purpose, requests, deadline }: Extract<Effect, { do: 'exchange' }>): Promise<void> {
    const context = this.#remote;
    if (context === undefined) return;
    const opens = requests.flatMap((id) => this.#open.get(id) ?? []);
    const plan: Exchange = purpose === 'push' ? { ...TO_PUSH, push: wantedBy(opens) } : PURPOSES[purpose];
    const time = timeUntil(context.clock, deadline);
    this.#time = time;
    let failure: Extract<Event, { kind: 'exchanged' }>['failure'];
    try {
      this.#settled = await performExchange(context, plan, time);
    } catch (error) {
      failure = { error, passing: isPassing(error) ? error : undefined };
    }
    const { transferred } = time;
    this.#transferred += transferred;
    this.#on({ kind: 'exchanged', failure, transferred });
  }

  async #answerAll(opens: Open[], ended: ReadonlyMap<string, Ending>): Promise<void> {
    const ask =
      ({ around, deadline }: Open) =>
      (group: Group) =>
        this.#ask(
          { kind: 'write', group },
          { publish: true, around, since: deadline - this.#context.patience },
        );
    await answer(this.#remote, opens, ended, ask).catch(refusing(opens));
  }

  async #giveUpAll(opens: Open[], error: LedgerError): Promise<void> {
    if (this.#remote !== undefined) await giveUp(this.#remote, opens, error).catch(refusing(opens));
    this.#on({ kind: 'gave up' });
  }

  async #seen(): Promise<Oid | undefined> {
    const { store, remote } = this.#context;
    return remote && store.readRef(remote.seenRef);
  }
}

/** Whatever goes wrong in answering, nobody waits for ever. */
const refusing =
  (opens: readonly Open[]) =>
  (error: unknown): void => {
    for (const { reject } of opens) reject(error);
  };

type Stage = 'settled' | 'committed' | 'in doubt';

const isTaking = ({ commands }: Group): boolean =>
  commands.some((command) => typeof command !== 'function' && TAKING.has(command.verb));
