import { LedgerError } from '../domain/errors.ts';
import { isOfflineId } from '../domain/ids.ts';
import type { Verb } from '../domain/transitions.ts';
import type { Oid } from '../store/port.ts';
import { commitLocally, type Group } from './local.ts';
import { CONTACT, MOOT, PUBLISHED } from './marks.ts';
import type { Accepted, Outcome, Settled } from './outcome.ts';
import { readCommits } from './pending.ts';
import type { RemoteContext, SyncContext } from './ports.ts';
import { fetchAndReconcile, pushPending } from './push-cycle.ts';
import { acceptedBy, exposedOps, isPassing, reconcile, withdraw } from './reconcile.ts';
import { findRejected, rejectionOf } from './rejected.ts';

interface Published {
  request: Request;
  outcomes: Outcome[];
}

/** Transitions whose end someone waits for: where each stood among the rejected before, and the shared tip at that time. */
interface Wanted {
  since: Oid | undefined;
  ops: Map<string, Oid | undefined>;
}

interface Request extends Group {
  publish: boolean;
  resolve(outcomes: Outcome[]): void;
  reject(error: unknown): void;
}

/** A view of the remote that is younger than this is fresh enough to decide on. */
const FRESH_MS = 2_000;
/** Verbs that mean nothing until the remote has taken them, and whose race is worth a look at the remote first. */
const TAKING: ReadonlySet<string> = new Set<Verb>(['claim', 'start', 'recover']);

/**
 * The write path of one clone. Requests that arrive while a push is under way wait together and share the next one.
 *
 * 1. look at the remote, where that saves a lost race; 2. decide on the local tip and commit; 3. push everything pending;
 * 4. on losing, decide again on the new tip; 5. tell each caller what became of its transitions.
 */
export class Synchronizer {
  readonly #context: SyncContext;
  #waiting: Request[] = [];
  #running: Promise<void> | undefined;

  constructor(context: SyncContext) {
    this.#context = context;
  }

  /**
   * Decides and commits a group; with `publish`, also brings it to the remote.
   *
   * @throws LedgerError `REMOTE_UNREACHABLE` and `CONTENDED`, with `details.saved` (transitions that wait here for the next
   *   sync) and `details.withdrawn` (claims that were not made); `HISTORY_REWRITTEN`, `DIFFERENT_LEDGER`, `NO_LEDGER`
   */
  submit(group: Group, publish: boolean): Promise<Outcome[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        ...group,
        publish: publish && this.#context.remote !== undefined,
        resolve,
        reject,
      });
      this.#running ??= this.#run();
    });
  }

  /** Fetches, brings what is pending onto the shared tip, and pushes it. */
  async sync(): Promise<Settled[]> {
    const context = this.#remoteContext();
    if (context === undefined) {
      throw new LedgerError('NO_REMOTE', 'This clone has no remote to sync with.', {
        hint: 'Add one with: git remote add origin URL',
      });
    }
    const settled = await context.lock.run('push', async () => {
      const first = await fetchAndReconcile(context);
      return [...first, ...(await pushPending(context))];
    });
    return (settled ?? []).map(([, outcome]) => outcome);
  }

  /** Fetches and takes over what others did; pending transitions stay pending. */
  async fetch(): Promise<void> {
    const context = this.#remoteContext();
    if (context !== undefined) await context.lock.run('push', () => fetchAndReconcile(context));
  }

  #remoteContext(): RemoteContext | undefined {
    const { remote } = this.#context;
    return remote === undefined ? undefined : { ...this.#context, remote };
  }

  async #run(): Promise<void> {
    // Requests of one turn come together, and share one push.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      while (this.#waiting.length > 0) {
        const requests = this.#waiting;
        this.#waiting = [];
        await this.#serve(requests).catch((error: unknown) => {
          for (const request of requests) request.reject(error);
        });
      }
    } finally {
      // In the tick that found nothing waiting: whoever comes later starts anew.
      this.#running = undefined;
    }
  }

  async #serve(requests: readonly Request[]): Promise<void> {
    const failure = await this.#lookFirst(requests);
    const served = requests.filter((request) => {
      if (failure === undefined || !request.publish || !isTaking(request)) return true;
      request.reject(withDetails(failure, { saved: [], withdrawn: [] }));
      return false;
    });
    if (served.length === 0) return;
    const seen = await this.#seen();
    const outcomes = await commitLocally(this.#context, served);
    const published: Published[] = [];
    for (const [index, request] of served.entries()) {
      const own = outcomes[index] ?? [];
      if (request.publish && own.some(({ kind }) => kind === 'accepted'))
        published.push({ request, outcomes: own });
      else if (
        request.publish &&
        own.some(({ kind }) => kind === 'unchanged') &&
        (await this.#hasPending())
      ) {
        await this.#askAgain(request);
      } else request.resolve(own);
    }
    if (published.length > 0) await this.#bringToRemote(published, seen, failure);
  }

  async #bringToRemote(
    published: readonly Published[],
    seen: Oid | undefined,
    failure: LedgerError | undefined,
  ): Promise<void> {
    const wanted: Wanted = { since: seen, ops: new Map() };
    for (const op of published.flatMap(({ outcomes }) => opsOf(outcomes))) {
      wanted.ops.set(op, await rejectionOf(this.#context.store, op));
    }
    try {
      if (failure !== undefined) throw failure;
      const settled = await this.#publish(wanted);
      for (const { request, outcomes } of published)
        request.resolve(outcomes.map((one) => settle(one, settled)));
    } catch (error) {
      await this.#giveUp(published, wanted, error);
    }
  }

  async #hasPending(): Promise<boolean> {
    const { store, localRef } = this.#context;
    return (await store.readRef(localRef)) !== (await this.#seen());
  }

  /** There was nothing to do here, where something is pending that the remote may not take. Once it is settled, it is asked again. */
  async #askAgain(request: Request): Promise<void> {
    const context = this.#remoteContext();
    try {
      if (context !== undefined) await context.lock.run('push', () => pushPending(context));
      this.#waiting.push(request);
    } catch (error) {
      request.reject(isPassing(error) ? withDetails(error, { saved: [], withdrawn: [] }) : error);
    }
  }

  /** Returns why the remote could not be asked, if so. */
  async #lookFirst(requests: readonly Request[]): Promise<LedgerError | undefined> {
    const context = this.#remoteContext();
    const asks = requests.some((request) => request.publish && isTaking(request));
    if (context === undefined || !asks || this.#isFresh()) return undefined;
    try {
      await context.lock.run(
        'push',
        () => fetchAndReconcile(context),
        async () => this.#isFresh(),
      );
      return undefined;
    } catch (error) {
      if (isPassing(error)) return error;
      throw error;
    }
  }

  #isFresh(): boolean {
    const contact = Date.parse(this.#context.state.get(CONTACT) ?? '');
    return Math.abs(this.#context.clock.now().getTime() - contact) < FRESH_MS;
  }

  async #seen(): Promise<Oid | undefined> {
    const { store, remote } = this.#context;
    return remote && store.readRef(remote.seenRef);
  }

  /** Pushes, or waits for the process that is pushing, until each of the wanted is settled. */
  async #publish(wanted: Wanted): Promise<Map<string, Settled>> {
    const context = this.#remoteContext();
    if (context === undefined) return new Map();
    const { state, lock } = context;
    const own = (all: ReadonlyMap<string, Settled>) => new Map([...all].filter(([op]) => wanted.ops.has(op)));
    let mark = state.get(PUBLISHED);
    let settled = new Map<string, Settled>();
    const someonePushed = async (): Promise<boolean> => {
      if (state.get(PUBLISHED) === mark) return false;
      mark = state.get(PUBLISHED);
      settled = await this.#findSettled(wanted);
      return settled.size === wanted.ops.size;
    };
    await lock.run(
      'push',
      async () => {
        if (!(await someonePushed())) settled = new Map([...settled, ...own(await pushPending(context))]);
      },
      someonePushed,
    );
    if (settled.size < wanted.ops.size) settled = new Map([...(await this.#findSettled(wanted)), ...settled]);
    return settled;
  }

  /** Looks for transitions where settled ones stand: on the shared branch, among the rejected, among those left without effect. */
  async #findSettled({ ops, since }: Wanted): Promise<Map<string, Settled>> {
    const { store, state } = this.#context;
    const settled = new Map<string, Settled>();
    const seen = await this.#seen();
    if (seen !== undefined && seen !== since) {
      for (const commit of await readCommits(store, since, seen)) {
        if (commit.op !== undefined && ops.has(commit.op)) settled.set(commit.op, acceptedBy(commit));
      }
    }
    const moot = new Set((state.get(MOOT) ?? '').split(' '));
    for (const [op, before] of ops) {
      if (settled.has(op)) continue;
      const rejected = await findRejected(store, op, before);
      if (rejected !== undefined)
        settled.set(op, { kind: 'lost', op, error: rejected.error, kept: rejected.ref });
      else if (moot.has(op)) settled.set(op, { kind: 'unchanged', item: undefined });
    }
    return settled;
  }

  /** The remote could not be asked. Claims are taken back, since they mean nothing here; the rest waits for the next sync. */
  async #giveUp(published: readonly Published[], wanted: Wanted, error: unknown): Promise<void> {
    if (!isPassing(error)) throw error;
    const all = published.flatMap(({ outcomes }) => outcomes.filter((one) => one.kind === 'accepted'));
    const exposed = await exposedOps(this.#context);
    const { settled, withdrawn } = await this.#takeBack(all, wanted, exposed);
    for (const { request, outcomes } of published) {
      const now = outcomes.map((one) => settle(one, settled, 'local'));
      const waiting = now.filter((one): one is Accepted => one.kind === 'accepted' && one.where === 'local');
      const taken = waiting.filter(({ op }) => withdrawn.has(op));
      if (waiting.length === 0) {
        request.resolve(now);
        continue;
      }
      const saved = waiting.filter(({ op }) => !withdrawn.has(op));
      request.reject(
        withDetails(error, {
          saved: saved.map((one) => describeSaved(one, exposed)),
          withdrawn: taken.map(idOf),
          // Others may have it, so that it may yet be made.
          unknown: waiting.some(({ op }) => exposed.has(op)),
        }),
      );
    }
  }

  /** No other process of this clone pushes meanwhile, so what is taken back here is not on its way from here. */
  async #takeBack(
    accepted: readonly Accepted[],
    wanted: Wanted,
    exposed: ReadonlySet<string>,
  ): Promise<{ settled: Map<string, Settled>; withdrawn: Set<string> }> {
    const done = await this.#context.lock.run('push', async () => {
      const settled = await this.#findSettled(wanted);
      const seen = await this.#seen();
      if (seen !== undefined)
        for (const [op, one] of await reconcile(this.#context, seen)) settled.set(op, one);
      const open = accepted.filter(({ op }) => !settled.has(op));
      const ops = new Set(open.filter(({ event }) => TAKING.has(event?.verb ?? '')).map(({ op }) => op));
      // Where others may have it, a number may be the item's for good, and must not be given up for another id.
      const created = open.filter(({ op, event }) => event?.verb === 'create' && !exposed.has(op));
      const renumber = new Set(created.map(({ op }) => op));
      if (ops.size + renumber.size > 0) {
        for (const [op, one] of await withdraw(this.#context, { ops, renumber })) settled.set(op, one);
      }
      return { settled, withdrawn: ops };
    });
    return done ?? { settled: new Map(), withdrawn: new Set() };
  }
}

const isTaking = ({ commands }: Group): boolean =>
  commands.some((command) => typeof command !== 'function' && TAKING.has(command.verb));

/** Where others may have a create, its number is not settled, and no one is told one. */
function describeSaved({ op, item, event }: Accepted, exposed: ReadonlySet<string>): Record<string, unknown> {
  const open = exposed.has(op) && event?.verb === 'create' && item !== undefined && !isOfflineId(item.id);
  return { op, verb: event?.verb ?? 'configure', id: open ? undefined : item?.id, title: item?.title };
}

const opsOf = (outcomes: readonly Outcome[]): string[] =>
  outcomes.flatMap((outcome) => (outcome.kind === 'accepted' ? [outcome.op] : []));

const idOf = (outcome: Outcome): string | undefined =>
  outcome.kind === 'accepted' ? (outcome.item?.id ?? outcome.event?.id) : undefined;

function settle(outcome: Outcome, settled: ReadonlyMap<string, Settled>, fallback?: 'local'): Outcome {
  if (outcome.kind !== 'accepted') return outcome;
  const found = settled.get(outcome.op);
  if (found?.kind === 'unchanged') return { kind: 'unchanged', item: found.item ?? outcome.item };
  if (found !== undefined) return found;
  if (fallback === 'local') return outcome;
  throw new LedgerError('STORAGE_FAILED', `The transition ${outcome.op} is no longer in this clone.`, {
    hint: 'Another process moved the ledger branch by hand; `git reflog` of it shows what happened.',
    details: { op: outcome.op },
  });
}

function withDetails(error: LedgerError, details: Record<string, unknown>): LedgerError {
  return new LedgerError(error.code, error.message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    details: { ...error.details, ...details },
    cause: error.cause ?? error,
  });
}
