import { isLedgerError, isPassing, LedgerError } from '../domain/errors.ts';
import type { Oid } from '../store/port.ts';
import { Leader, type PlainGroup } from './leader.ts';
import { commitLocally, type Group, isEntering, noteId, type Progress } from './local.ts';
import { Names } from './names.ts';
import type { Outcome } from './outcome.ts';
import { overdueUnblocks } from './overdue-unblocks.ts';
import type { RemoteContext, SyncContext } from './ports.ts';
import { NOTHING_LEFT, PublishQueue, type Waiter } from './publish-queue.ts';
import { Publisher, TAKING } from './publisher.ts';
import { type Ending, fetchAndReconcile, keepBackWrong, pushPending } from './push-cycle.ts';
import { rejectionOf } from './rejected.ts';
import { CONTACT } from './state-keys.ts';
import { type Before, remember, takeOver } from './takeover.ts';

interface Request extends Group, Waiter {
  publish: boolean;
}

/** A view of the remote that is younger than this is fresh enough to decide on. */
const FRESH_MS = 2_000;

/**
 * The write path of one clone. Requests that come together are committed together, also while a push is under way.
 *
 * 1. look at the remote, where that saves a lost race; 2. decide on the local tip and commit; 3. push everything pending;
 * 4. on losing, decide again on the new tip; 5. tell each caller what became of its transitions.
 */
export class Synchronizer {
  readonly #context: SyncContext;
  readonly #remote: RemoteContext | undefined;
  readonly #publishing: PublishQueue | undefined;
  readonly #leader: Leader<Before> | undefined;
  #waiting: Request[] = [];
  #running: Promise<void> | undefined;

  constructor(context: SyncContext) {
    const { remote } = context;
    this.#context = context;
    this.#remote = remote && { ...context, remote };
    this.#publishing = this.#remote && new PublishQueue(this.#remote);
    const { lock, requestQueue, turn } = context;
    this.#leader =
      requestQueue &&
      new Leader(lock, requestQueue, turn, {
        submit: (group, publish) => this.#submit(group, publish),
        remember: (group) => remember(context, group),
        takeOver: (group, publish, before) => this.#takeOver(group, publish, before),
      });
  }

  /**
   * Decides and commits a group; with `publish`, also brings it to the remote.
   *
   * @throws LedgerError `REMOTE_UNREACHABLE`, `REMOTE_STALE` and `CONTENDED`, with `details.saved` (transitions that wait here for
   *   the next sync), `details.sent` (which wait as well, and were taken where pushes go, which is not where the remote is read)
   *   and `details.withdrawn` (claims that were not made); `HISTORY_REWRITTEN`, `DIFFERENT_LEDGER`, `NO_LEDGER`
   */
  submit(group: Group, publish: boolean): Promise<Outcome[]> {
    return this.#leader?.submit(group, publish) ?? this.#submit(group, publish);
  }

  /** Ends when what other processes of this clone were promised is done. */
  async close(): Promise<void> {
    await this.#leader?.close();
  }

  #submit(group: Group, publish: boolean): Promise<Outcome[]> {
    return new Promise((resolve, reject) => {
      this.#add({ ...group, publish: publish && this.#remote !== undefined, resolve, reject });
    });
  }

  #takeOver(group: PlainGroup, publish: boolean, before: Before): Promise<Outcome[]> {
    const [context, queue] = [this.#remote, publish ? this.#publishing : undefined];
    return takeOver(this.#context, group, before, {
      findSettled: async (wanted) =>
        context === undefined ? new Map() : new Publisher(context).findSettled(wanted),
      publish: async (made, { seen: since, rejections }) =>
        queue === undefined
          ? [...made]
          : new Promise((resolve, reject) => {
              const published = [{ waiter: { resolve, reject }, outcomes: [...made] }];
              queue.add({ published, inDoubt: [], since, rejections, failure: undefined });
            }),
      submit: (left) => this.#submit(left, publish),
    });
  }

  #add(request: Request): void {
    this.#waiting.push(request);
    this.#running ??= this.#run();
  }

  /** Fetches, brings what is pending onto the shared tip, and pushes it. */
  async sync(): Promise<Ending[]> {
    const context = this.#remote;
    if (context === undefined) {
      throw new LedgerError('NO_REMOTE', 'This clone has no remote to sync with.', {
        hint: 'Add one with: git remote add origin URL',
      });
    }
    const settled = await context.lock.run('push', async () => {
      const first = await fetchAndReconcile(context);
      // Before anything is read from it: settings that someone broke here would be in the way.
      const wrong = await keepBackWrong(context, await this.#seen());
      const overdue = await makeOverdue(context);
      const pushed = [...(await pushPending(context))];
      return [...first, ...wrong, ...(await withoutOverdue(context, pushed, overdue))];
    });
    return (settled ?? []).map(([, outcome]) => outcome);
  }

  /** Fetches and takes over what others did; pending transitions stay pending. */
  async fetch(): Promise<void> {
    const context = this.#remote;
    if (context !== undefined) await context.lock.run('push', () => fetchAndReconcile(context));
  }

  async #run(): Promise<void> {
    // Requests of one turn come together, and share one push.
    await this.#context.turn();
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
      if (request.progress?.signal?.aborted) {
        request.reject(request.progress.signal.reason);
        return false;
      }
      if (failure === undefined || !request.publish || !isTaking(request)) return true;
      request.reject(failure.with({ details: NOTHING_LEFT }));
      return false;
    });
    const reach = (stage: Progress['stage']): void => {
      for (const { progress } of served) if (progress !== undefined) progress.stage = stage;
    };
    if (served.length === 0) return;
    // From here on they are not given up any more.
    reach('committing');
    // How things stand before anything of these requests can be settled by anyone.
    const rejections = await this.#rejections(served);
    const since = await this.#seen();
    const outcomes = await commitLocally(this.#context, served);
    reach('committed');
    const hasPending = (await this.#context.store.readRef(this.#context.localRef)) !== (await this.#seen());
    const publish = served.map((waiter, index) => ({ waiter, outcomes: outcomes[index] ?? [] }));
    const is = (kind: Outcome['kind']) => (one: (typeof publish)[number]) =>
      one.waiter.publish && one.outcomes.some((outcome) => outcome.kind === kind);
    const published = publish.filter(is('accepted'));
    const inDoubt = publish.filter((one) => hasPending && is('unchanged')(one) && !is('accepted')(one));
    const waits = new Set([...published, ...inDoubt]);
    for (const one of publish) if (!waits.has(one)) one.waiter.resolve(one.outcomes);
    if (waits.size === 0) return;
    this.#publishing?.add({
      published: published.map(({ waiter, outcomes: made }) => ({
        waiter: this.#askingAgain(waiter),
        outcomes: made,
      })),
      inDoubt: inDoubt.map(({ waiter }) => ({ waiter, again: () => this.#add(waiter) })),
      since,
      rejections,
      failure,
    });
  }

  /**
   * Answers a request once everything that it came to is settled. A new item that stood already may have been one that the remote
   * did not take, or not under that id: it is asked for again, and told as it is by then.
   */
  #askingAgain(request: Request): Waiter {
    const { commands, resolve, reject } = request;
    return {
      reject,
      resolve: (outcomes) => {
        const names = namesAfter(request, outcomes);
        const after = new Map<number, Outcome>();
        const again = commands.flatMap((command, index) => {
          if (outcomes[index]?.kind !== 'unchanged' || !isEntering(command)) return [];
          try {
            return [{ index, command: names.rename(command) }];
          } catch (error) {
            if (!isLedgerError(error)) throw error;
            after.set(index, { kind: 'refused', error });
            return [];
          }
        });
        const tell = (): void => resolve(outcomes.map((one, index) => after.get(index) ?? one));
        if (again.length === 0) return tell();
        this.#add({
          ...request,
          commands: again.map(({ command }) => command),
          atomic: false,
          resolve: (told) => {
            for (const [at, { index }] of again.entries()) after.set(index, told[at] as Outcome);
            tell();
          },
        });
      },
    };
  }

  async #rejections(requests: readonly Request[]): Promise<Map<string, Oid | undefined>> {
    const rejections = new Map<string, Oid | undefined>();
    for (const command of requests.flatMap(({ commands }) => commands)) {
      if (typeof command !== 'function')
        rejections.set(command.op, await rejectionOf(this.#context.store, command.op));
    }
    return rejections;
  }

  /** Returns why the remote could not be asked, if so. */
  async #lookFirst(requests: readonly Request[]): Promise<LedgerError | undefined> {
    const context = this.#remote;
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

/** Commits here what is overdue. @returns the ops of it */
async function makeOverdue(context: RemoteContext): Promise<ReadonlySet<string>> {
  const { store, localRef } = context;
  const tip = await store.readRef(localRef);
  if (tip === undefined) return new Set();
  const overdue = await overdueUnblocks(context, tip);
  if (overdue.length > 0) await commitLocally(context, []);
  return new Set(overdue.map(({ op }) => op));
}

/** Nobody asked for what is overdue: where it is lost, as for want of rights, nothing is, and the next clone makes it. */
async function withoutOverdue(
  { store }: RemoteContext,
  settled: readonly [string, Ending][],
  overdue: ReadonlySet<string>,
): Promise<[string, Ending][]> {
  const others: [string, Ending][] = [];
  for (const [op, end] of settled) {
    if (end.kind === 'lost' && overdue.has(op))
      await store.moveRef(end.kept, await store.readRef(end.kept), undefined);
    else others.push([op, end]);
  }
  return others;
}
