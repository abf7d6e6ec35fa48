import { isLedgerError, isPassing, LedgerError } from '../domain/errors.ts';
import { isOfflineId } from '../domain/ids.ts';
import type { Oid } from '../store/port.ts';
import { type Accepted, isNew, type Outcome, type Settled } from './outcome.ts';
import type { RemoteContext } from './ports.ts';
import { Publisher, type Wanted } from './publisher.ts';
import { pushPending } from './push-cycle.ts';

/** Someone who waits for what became of a group. */
export interface Waiter {
  resolve(outcomes: Outcome[]): void;
  reject(error: unknown): void;
}

/** What one move of the local branch committed, and who waits until the remote has it. */
export interface Batch {
  published: { waiter: Waiter; outcomes: Outcome[] }[];
  /** Told that there was nothing to do, where that rests on something the remote may not take: asked again once that is settled. */
  inDoubt: { waiter: Waiter; again(): void }[];
  /** The shared tip, and the rejections of these ops, before any of it was committed. */
  since: Oid | undefined;
  rejections: ReadonlyMap<string, Oid | undefined>;
  /** Why the remote could not be asked, where that is known already. */
  failure: LedgerError | undefined;
}

/**
 * Brings what was committed to the remote, one push at a time. What is committed while a push is under way waits together
 * and shares the next one.
 */
export class PublishQueue {
  readonly #context: RemoteContext;
  #waiting: Batch[] = [];
  #running: Promise<void> | undefined;

  constructor(context: RemoteContext) {
    this.#context = context;
  }

  add(batch: Batch): void {
    this.#waiting.push(batch);
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batches = this.#waiting;
      this.#waiting = [];
      for (const batch of batches.filter(({ failure }) => failure !== undefined)) await this.#serve(batch);
      const tried = batches.filter(({ failure }) => failure === undefined);
      if (tried.length > 0) await this.#serve(together(tried));
    }
    // In the tick that found nothing waiting: whoever comes later starts anew.
    this.#running = undefined;
  }

  async #serve(batch: Batch): Promise<void> {
    if (batch.published.length > 0) {
      await this.#bringToRemote(batch).catch((error: unknown) => {
        for (const { waiter } of batch.published) waiter.reject(error);
      });
    }
    for (const one of batch.inDoubt) await this.#askAgain(one);
  }

  async #bringToRemote(batch: Batch): Promise<void> {
    const { published, since, rejections, failure } = batch;
    const publisher = new Publisher(this.#context);
    const made = published.flatMap(({ outcomes }) => outcomes.filter((one) => one.kind === 'accepted'));
    const ops = made.map((own) => [own.op, { own, rejection: rejections.get(own.op) }] as const);
    const wanted: Wanted = { since, ops: new Map(ops) };
    try {
      if (failure !== undefined) throw failure;
      const settled = await publisher.publish(wanted);
      for (const { waiter, outcomes } of published)
        waiter.resolve(outcomes.map((one) => settle(one, settled)));
    } catch (error) {
      if (isLedgerError(error, 'UPGRADE_REQUIRED')) return leavePending(published, error);
      if (!isPassing(error)) throw error;
      await giveUp(published, publisher, wanted, error);
    }
  }

  /** There was nothing to do here, where something is pending that the remote may not take. Once it is settled, it is asked again. */
  async #askAgain({ waiter, again }: Batch['inDoubt'][number]): Promise<void> {
    try {
      await this.#context.lock.run('push', () => pushPending(this.#context));
      again();
    } catch (error) {
      waiter.reject(isPassing(error) ? error.with({ details: NOTHING_LEFT }) : error);
    }
  }
}

/** The first one's shared tip is the oldest. */
function together(batches: readonly Batch[]): Batch {
  return {
    published: batches.flatMap(({ published }) => published),
    inDoubt: batches.flatMap(({ inDoubt }) => inDoubt),
    since: batches[0]?.since,
    rejections: new Map(batches.flatMap(({ rejections }) => [...rejections])),
    failure: undefined,
  };
}

/** The remote could not be asked. Claims are taken back, since they mean nothing here; the rest waits for the next sync. */
async function giveUp(
  published: Batch['published'],
  publisher: Publisher,
  wanted: Wanted,
  error: LedgerError,
): Promise<void> {
  const { settled, withdrawn, sent, exposed } = await publisher.takeBack(wanted);
  for (const { waiter, outcomes } of published) {
    const now = outcomes.map((one) => settle(one, settled, 'local'));
    const waiting = now.filter((one): one is Accepted => one.kind === 'accepted' && one.where === 'local');
    const taken = waiting.filter(({ op }) => withdrawn.has(op));
    if (waiting.length === 0) {
      waiter.resolve(now);
      continue;
    }
    const left = waiting.filter(({ op }) => !withdrawn.has(op));
    const describe = (one: Accepted) => describeLeft(one, exposed);
    waiter.reject(
      error.with({
        details: {
          saved: left.filter(({ op }) => !sent.has(op)).map(describe),
          sent: left.filter(({ op }) => sent.has(op)).map(describe),
          withdrawn: taken.map(idOf),
          // Others may have it, so that it may yet be made.
          unknown: waiting.some(({ op }) => exposed.has(op) || sent.has(op)),
          outcomes: now,
        },
      }),
    );
  }
}

/** Newer rules came with the look, under which this program decides nothing: what it committed before that waits for one that may. */
function leavePending(published: Batch['published'], error: LedgerError): void {
  for (const { waiter, outcomes } of published) {
    const saved = outcomes
      .filter((one) => one.kind === 'accepted')
      .map((one) => describeLeft(one, new Set()));
    waiter.reject(error.with({ details: { ...NOTHING_LEFT, saved, outcomes } }));
  }
}

/** What a request comes to that was not begun. */
export const NOTHING_LEFT = { saved: [], sent: [], withdrawn: [] };

/** Where others may have a new item, its number is not settled, and no one is told one. */
function describeLeft(left: Accepted, exposed: ReadonlySet<string>): Record<string, unknown> {
  const { op, item, event } = left;
  const open = exposed.has(op) && isNew(left) && item !== undefined && !isOfflineId(item.id);
  return { op, verb: event?.verb ?? 'configure', id: open ? undefined : item?.id, title: item?.title };
}

const idOf = ({ item, event }: Accepted): string | undefined => item?.id ?? event?.id;

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
