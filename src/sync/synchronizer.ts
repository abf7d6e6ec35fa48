import { LedgerError } from '../domain/errors.ts';
import { isOfflineId } from '../domain/ids.ts';
import type { Oid } from '../store/port.ts';
import { commitLocally, type Group } from './local.ts';
import { CONTACT } from './marks.ts';
import type { Accepted, Outcome, Settled } from './outcome.ts';
import type { RemoteContext, SyncContext } from './ports.ts';
import { Publisher, TAKING, type Wanted } from './publisher.ts';
import { fetchAndReconcile, pushPending } from './push-cycle.ts';
import { isPassing } from './reconcile.ts';
import { rejectionOf } from './rejected.ts';

interface Published {
  request: Request;
  outcomes: Outcome[];
}

interface Request extends Group {
  publish: boolean;
  resolve(outcomes: Outcome[]): void;
  reject(error: unknown): void;
}

/** A view of the remote that is younger than this is fresh enough to decide on. */
const FRESH_MS = 2_000;

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
    const before = await this.#noteDown(served);
    const outcomes = await commitLocally(this.#context, served);
    const published: Published[] = [];
    const unsure: Request[] = [];
    for (const [index, request] of served.entries()) {
      const own = outcomes[index] ?? [];
      const has = (kind: Outcome['kind']): boolean => request.publish && own.some((one) => one.kind === kind);
      if (has('accepted')) published.push({ request, outcomes: own });
      else if (has('unchanged') && (await this.#hasPending())) unsure.push(request);
      else request.resolve(own);
    }
    if (published.length > 0) await this.#bringToRemote(published, before, failure);
    for (const request of unsure) await this.#askAgain(request);
  }

  /** How things stand before anything of these requests can be settled by anyone. */
  async #noteDown(requests: readonly Request[]): Promise<Wanted> {
    const ops = new Map<string, Oid | undefined>();
    for (const command of requests.flatMap(({ commands }) => commands)) {
      if (typeof command !== 'function')
        ops.set(command.op, await rejectionOf(this.#context.store, command.op));
    }
    return { since: await this.#seen(), ops };
  }

  async #bringToRemote(
    published: readonly Published[],
    before: Wanted,
    failure: LedgerError | undefined,
  ): Promise<void> {
    const context = this.#remoteContext();
    if (context === undefined)
      throw new LedgerError('INTERNAL', 'Something was to be published without a remote.');
    const publisher = new Publisher(context);
    const ops = published.flatMap(({ outcomes }) => opsOf(outcomes));
    const wanted = { since: before.since, ops: new Map(ops.map((op) => [op, before.ops.get(op)])) };
    try {
      if (failure !== undefined) throw failure;
      const settled = await publisher.publish(wanted);
      for (const { request, outcomes } of published)
        request.resolve(outcomes.map((one) => settle(one, settled)));
    } catch (error) {
      await this.#giveUp(published, publisher, wanted, error);
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

  /** The remote could not be asked. Claims are taken back, since they mean nothing here; the rest waits for the next sync. */
  async #giveUp(
    published: readonly Published[],
    publisher: Publisher,
    wanted: Wanted,
    error: unknown,
  ): Promise<void> {
    if (!isPassing(error)) throw error;
    const all = published.flatMap(({ outcomes }) => outcomes.filter((one) => one.kind === 'accepted'));
    const { settled, withdrawn, exposed } = await publisher.takeBack(all, wanted);
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
