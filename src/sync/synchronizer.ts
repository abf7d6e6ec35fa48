import { isLedgerError, isPassing, LedgerError } from '../domain/errors.ts';
import type { Oid } from '../store/port.ts';
import { afterExchange, afterFailure, afterGivingUp, NOTHING_LEFT } from './answers.ts';
import { elapsed } from './call.ts';
import type { LedgerCommand } from './draft.ts';
import { findSettled, type Wanted, withStanding } from './journal.ts';
import { Leader, type PlainGroup, type Told, type Work } from './leader.ts';
import { commitLocally, type Group, isEntering, noteId, type Progress } from './local.ts';
import { Names } from './names.ts';
import type { Ending, Outcome } from './outcome.ts';
import { type Purpose as Exchange, performExchange, TO_LOOK, TO_PUSH, TO_SYNC } from './perform-exchange.ts';
import type { RemoteContext, SyncContext } from './ports.ts';
import { rejectionOf } from './rejected.ts';
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
import { type Before, remember, takeOver } from './takeover.ts';
import { TAKING, takeBack } from './withdraw.ts';

/** A view of the remote that is younger than this is fresh enough to decide on. */
const FRESH_MS = 2_000;

/** Someone who waits: a caller of this process, or another process of the clone. */
interface Waiter {
  kind: Work['kind'];
  /** Of a `write`; `undefined` where it is committed already. */
  group?: Group;
  publish: boolean;
  /** Whether another process of the clone, which stands still, may do it as well once it goes on. */
  around: boolean;
  resolve(told: Told): void;
  reject(error: unknown): void;
}

/** A request that is not answered yet. */
interface Open extends Waiter {
  deadline: number;
  /** As it was committed here; `undefined` before that. */
  made: Made | undefined;
  /** Whether it waits until the remote has it. */
  waits: boolean;
}

/** What a request came to here, and how things stood before. */
interface Made {
  outcomes: readonly Outcome[];
  since: Oid | undefined;
  rejections: ReadonlyMap<string, Oid | undefined>;
  /** Counts up with each commit: what was committed first has the oldest `since`. */
  order: number;
}

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
        perform: (work, around) => this.#perform(work, around),
        remember: (group) => remember(context, group),
        takeOver: (group, before, around) => this.#takeOver(group, before, around),
      });
  }

  /**
   * Decides and commits a group; with `publish`, also brings it to the remote.
   *
   * @throws LedgerError `REMOTE_UNREACHABLE`, `REMOTE_STALE`, `PUSH_DENIED` and `CONTENDED`, with `details.saved` (transitions that wait
   *   here for the next sync), `details.sent` (which wait as well, and were taken where pushes go, which is not where the remote is read)
   *   and `details.withdrawn` (claims that were not made); `HISTORY_REWRITTEN`, `DIFFERENT_LEDGER`, `NO_LEDGER`
   */
  submit(group: Group, publish: boolean): Promise<Outcome[]> {
    const work: Work = { kind: 'write', group };
    // What needs no remote needs nobody else: it waits for no network, and for no process that does.
    const told =
      publish && this.#leader !== undefined ? this.#leader.lead(work) : this.#ask(work, { publish: false });
    return told as Promise<Outcome[]>;
  }

  /** Fetches, brings what is pending onto the shared tip, and pushes it. @returns what became of what was pending */
  async sync(): Promise<readonly Ending[]> {
    if (this.#leader === undefined)
      throw new LedgerError('NO_REMOTE', 'This clone has no remote to sync with.', {
        hint: 'Add one with: git remote add origin URL',
      });
    return (await this.#leader.lead({ kind: 'sync' })) as readonly Ending[];
  }

  /** Fetches and takes over what others did; pending transitions stay pending. */
  async fetch(): Promise<void> {
    await this.#leader?.lead({ kind: 'fetch' });
  }

  /** Ends when what other processes of this clone were promised is done. */
  async close(): Promise<void> {
    await this.#leader?.close();
  }

  #perform(work: Work, around: boolean): Promise<Told> {
    return this.#ask(work, { publish: work.kind === 'write', around });
  }

  /** Ends what a leader that died had begun: what it committed is to reach the remote. */
  #takeOver(group: PlainGroup, before: Before, around: boolean): Promise<Outcome[]> {
    const context = this.#remote;
    return takeOver(this.#context, group, before, {
      findSettled: async (wanted) => (context === undefined ? new Map() : findSettled(context, wanted)),
      publish: async (outcomes, { seen: since, rejections }) => {
        const made = { outcomes, since, rejections, order: 0 };
        return (await this.#ask({ kind: 'write' }, { publish: true, around, made })) as Outcome[];
      },
      submit: (left) =>
        this.#ask({ kind: 'write', group: left }, { publish: true, around }) as Promise<Outcome[]>,
    });
  }

  #ask(
    { kind, group }: { kind: Work['kind']; group?: Group },
    { publish, around = false, made }: { publish: boolean; around?: boolean; made?: Made },
  ): Promise<Told> {
    const { clock, patience, turn } = this.#context;
    const deadline = elapsed(clock) + patience;
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
      case 'answer':
        void this.#tell(this.#take(effect.requests), (opens) => this.#answer(opens, this.#settled));
        return;
      case 'refuse':
        for (const open of this.#take(effect.requests)) open.reject(refusalOf(open, effect.error));
        return;
      case 'give up':
        void this.#tell(this.#take(effect.requests), (opens) => this.#giveUp(opens, effect.error));
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
    const rejections = await this.#rejections(groups);
    const since = await this.#seen();
    const outcomes = groups.length === 0 ? [] : await commitLocally(this.#context, groups);
    reach('committed');
    this.#commits += 1;
    const hasPending = (await store.readRef(localRef)) !== (await this.#seen());
    for (const [at, { id, open }] of served.entries()) {
      const made = { outcomes: outcomes[at] ?? [], since, rejections, order: this.#commits };
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
    try {
      this.#settled = await performExchange(context, plan, deadline);
      this.#on({ kind: 'exchanged', failure: undefined });
    } catch (error) {
      this.#on({ kind: 'exchanged', failure: { error, passing: isPassing(error) ? error : undefined } });
    }
  }

  /** Whatever goes wrong in it, nobody waits for ever. */
  async #tell(opens: Open[], tell: (opens: Open[]) => Promise<void>): Promise<void> {
    try {
      await tell(opens);
    } catch (error) {
      for (const { reject } of opens) reject(error);
    }
  }

  async #answer(opens: readonly Open[], ended: ReadonlyMap<string, Ending>): Promise<void> {
    const context = this.#remote;
    const waiting = opens.filter(({ waits }) => waits);
    for (const { kind, waits, made, resolve } of opens)
      if (!waits) resolve(kind === 'write' ? (made?.outcomes ?? []) : [...ended.values()]);
    if (context === undefined || waiting.length === 0) return;
    const wanted = wantedBy(waiting);
    const settled = await findSettled(context, wanted);
    for (const [op, end] of ended) if (end.kind !== 'accepted' && wanted.ops.has(op)) settled.set(op, end);
    await withStanding(context, settled, wanted);
    for (const open of waiting) {
      try {
        this.#askAgain(open, afterExchange(open.made?.outcomes ?? [], settled));
      } catch (error) {
        open.reject(error);
      }
    }
  }

  async #giveUp(opens: readonly Open[], error: LedgerError): Promise<void> {
    const context = this.#remote;
    if (context === undefined) return;
    const taken = await takeBack(context, wantedBy(opens));
    for (const { made, around, resolve, reject } of opens) {
      const told = afterGivingUp(made?.outcomes ?? [], { ...taken, unsure: around }, error);
      if ('outcomes' in told) resolve(told.outcomes);
      else reject(told.failure);
    }
  }

  /**
   * Answers a request, all of which is settled. A new item that stood already may have been one that the remote did not take, or not under
   * that id: it is asked for again, and told as it is by then.
   */
  #askAgain({ group, around, resolve, reject }: Open, outcomes: readonly Outcome[]): void {
    if (group === undefined) return resolve(outcomes);
    const names = namesAfter(group, outcomes);
    const told = [...outcomes];
    const again: { at: number; command: LedgerCommand }[] = [];
    for (const [at, command] of group.commands.entries()) {
      if (outcomes[at]?.kind !== 'unchanged' || !isEntering(command)) continue;
      try {
        again.push({ at, command: names.rename(command) });
      } catch (error) {
        if (!isLedgerError(error)) throw error;
        told[at] = { kind: 'refused', error };
      }
    }
    if (again.length === 0) return resolve(told);
    const commands = again.map(({ command }) => command);
    this.#ask(
      { kind: 'write', group: { ...group, commands, atomic: false } },
      { publish: true, around },
    ).then((now) => {
      for (const [index, { at }] of again.entries()) told[at] = now[index] as Outcome;
      resolve(told);
    }, reject);
  }

  async #rejections(groups: readonly Group[]): Promise<Map<string, Oid | undefined>> {
    const rejections = new Map<string, Oid | undefined>();
    for (const command of groups.flatMap(({ commands }) => commands)) {
      if (typeof command !== 'function')
        rejections.set(command.op, await rejectionOf(this.#context.store, command.op));
    }
    return rejections;
  }

  async #seen(): Promise<Oid | undefined> {
    const { store, remote } = this.#context;
    return remote && store.readRef(remote.seenRef);
  }
}

function refusalOf({ kind, made, waits }: Open, error: unknown): unknown {
  if (waits) return afterFailure(made?.outcomes ?? [], error);
  return isPassing(error) && kind === 'write' ? error.with({ details: NOTHING_LEFT }) : error;
}

type Stage = 'settled' | 'committed' | 'in doubt';

/** What was committed first was so on the oldest shared tip. */
function wantedBy(opens: readonly Open[]): Wanted {
  const made = opens.flatMap((open) => open.made ?? []);
  const first = made.reduce<Made | undefined>(
    (a, b) => (a === undefined || b.order < a.order ? b : a),
    undefined,
  );
  const ops = made.flatMap(({ outcomes, rejections }) =>
    outcomes.flatMap((own) =>
      own.kind === 'accepted' ? [[own.op, { own, rejection: rejections.get(own.op) }] as const] : [],
    ),
  );
  return { since: first?.since, ops: new Map(ops) };
}

function namesAfter({ commands, provisional }: Group, outcomes: readonly Outcome[]): Names {
  const names = new Names();
  for (const [index, command] of provisional ? commands.entries() : []) {
    const outcome = outcomes[index];
    if (typeof command !== 'function' && outcome !== undefined) noteId(command, outcome, names);
  }
  return names;
}

const isTaking = ({ commands }: Group): boolean =>
  commands.some((command) => typeof command !== 'function' && TAKING.has(command.verb));
