import { isLedgerError } from '../../domain/errors.ts';
import type { JsonMap } from '../../domain/item.ts';
import { isWithin } from '../../domain/values.ts';
import type { CheckpointInput } from '../../domain/verbs/checkpoint.ts';
import type { Timer } from '../../sync/ports.ts';
import {
  type Agent,
  AgentBlocked,
  AgentDeferred,
  type AgentEvent,
  type AgentRunContext,
  AgentUnusable,
  asError,
  LeaseLostError,
  SupersededError,
} from './agent.ts';
import type { EventSink } from './event-sink.ts';
import type { Heartbeat } from './heartbeat.ts';
import { type LeaseHandle, standingOf } from './lease-handle.ts';

export interface Work {
  agent: Agent;
  context: AgentRunContext;
  prompt: string;
  handle: LeaseHandle;
  heartbeat: Heartbeat;
  sink: EventSink;
  signal: AbortSignal;
  stop(reason: Error): void;
  runs(pid: number): void;
  abort_grace_ms: number;
  timer: Timer;
}

/** What an agent came to. */
export interface Ending {
  result: JsonMap;
  failure?: { error: unknown };
}

/** Lets an agent work to its end, records its checkpoints, and passes on what it says. Never throws. */
export async function runAgent(work: Work): Promise<Ending> {
  const { agent, context, prompt, signal, runs } = work;
  const result: JsonMap = {};
  if (signal.aborted) return { result };
  const checkpoint = (input: CheckpointInput) => record(work, input);
  try {
    const events = agent(context, prompt, { signal, checkpoint, runs });
    for await (const event of untilAborted(events, work)) await handleEvent(work, event, result);
    return { result };
  } catch (error) {
    return { result, failure: { error } };
  }
}

async function handleEvent(work: Work, event: AgentEvent, result: JsonMap): Promise<void> {
  const { heartbeat, handle, sink, signal } = work;
  if (event.type === 'result') Object.assign(result, event.result);
  if (event.type === 'progress' && event.step !== undefined) heartbeat.step(handle.execution_id, event.step);
  if (event.type === 'checkpoint') {
    const { type: _, ...input } = event;
    try {
      await record(work, input);
    } catch (error) {
      // The work itself goes on: only where to resume is older than it could be.
      if (!signal.aborted) {
        const message = `a checkpoint was not recorded: ${asError(error).message}`;
        await sink.report({ type: 'warning', message });
      }
    }
  }
  await sink.forward(event);
}

async function record({ handle, stop }: Work, input: CheckpointInput): Promise<'remote' | 'local'> {
  try {
    return await handle.checkpoint(input);
  } catch (error) {
    if (error instanceof SupersededError) stop(error);
    throw error;
  }
}

const EXPIRED = Symbol('expired');

/**
 * What `iterable` yields, until it ends. Once `signal` is aborted it has its grace to end by itself; one that does not is left
 * alone from then on.
 */
async function* untilAborted<T>(
  iterable: AsyncIterable<T>,
  { signal, abort_grace_ms, timer }: Work,
): AsyncGenerator<T, void, undefined> {
  const iterator = iterable[Symbol.asyncIterator]();
  const { promise: expired, resolve } = Promise.withResolvers<typeof EXPIRED>();
  let cancel = (): void => undefined;
  const begin = (): void => {
    cancel = timer.holdFor(abort_grace_ms, () => resolve(EXPIRED));
  };
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  let ended = false;
  try {
    for (;;) {
      const next = iterator.next();
      // Where it is not waited for any more, its failure has nobody to tell.
      next.catch(() => undefined);
      const got = await Promise.race([next, expired]);
      if (got === EXPIRED) return;
      if (got.done) {
        ended = true;
        return;
      }
      yield got.value;
    }
  } catch (error) {
    ended = true;
    throw error;
  } finally {
    cancel();
    signal.removeEventListener('abort', begin);
    // Not waited for: what does not listen must not hold up what follows.
    if (!ended) iterator.return?.().catch(() => undefined);
  }
}

/** Bytes of an error's text that go into the ledger. */
const ERROR_LENGTH = 8_000;

/** How an execution ended. */
export interface Finished {
  /** What is to be remembered of it: `parked` waits with its item, `left` has yet to be given back. */
  remember: 'nothing' | 'parked' | 'left';
  /** What whoever iterates is told at the end. */
  failure?: { error: unknown };
}

/** Of a checkpoint, which has other things to hold, too. */
const ROOM_KIB = 48;

interface Finishing {
  handle: LeaseHandle;
  sink: EventSink;
  ending: Ending;
  /** Why the agent was told to stop, if it was. */
  stopped: Error | undefined;
  /** When what is deferred is due again, after so many seconds if given. */
  dueAgain(attempts: number, after_s: number | undefined): string;
}

/** Writes how the work ended, as far as the item is still this execution's. */
export async function finish(finishing: Finishing): Promise<Finished> {
  const { sink, ending, stopped } = finishing;
  const { result } = ending;
  if (stopped instanceof LeaseLostError) {
    await sink.report({ type: 'stopped', reason: stopped.message, result });
    return { remember: 'left', failure: { error: stopped } };
  }
  try {
    if (stopped instanceof SupersededError) throw stopped;
    return await settle(finishing);
  } catch (error) {
    if (!(error instanceof SupersededError)) throw error;
    await sink.report({ type: 'superseded', holder: error.holder, result });
    return { remember: 'nothing', failure: { error } };
  }
}

async function settle(finishing: Finishing): Promise<Finished> {
  const { handle, sink, ending, stopped } = finishing;
  const { failure } = ending;
  const item = await handle.look();
  const standing = standingOf(item, handle);
  switch (standing) {
    case 'superseded':
      throw new SupersededError(handle.id, item);
    case 'blocked': {
      await sink.report({ type: 'blocked', reason: item?.block?.reason ?? '' });
      const told = failure?.error instanceof AgentBlocked ? undefined : (failure ?? asFailure(stopped));
      return { remember: 'parked', ...(told && { failure: told }) };
    }
    case 'done':
    case 'given_up': {
      await sink.report({ type: 'settled', status: item?.status ?? 'cancelled' });
      const told = failure ?? asFailure(stopped);
      return { remember: 'nothing', ...(told && { failure: told }) };
    }
    case 'held':
      return stopped === undefined ? conclude(finishing) : giveBack(finishing, stopped);
    default:
      return standing satisfies never;
  }
}

const asFailure = (error: Error | undefined): { error: unknown } | undefined => error && { error };

async function giveBack({ handle, sink }: Finishing, stopped: Error): Promise<Finished> {
  const reason = stopped.message;
  const where = await handle.release(reason);
  await sink.report({ type: 'released', where, reason });
  return { remember: 'nothing', failure: { error: stopped } };
}

async function conclude(finishing: Finishing): Promise<Finished> {
  const { handle, sink, ending } = finishing;
  const { failure } = ending;
  if (failure?.error instanceof AgentDeferred) return defer(finishing, failure.error);
  if (failure?.error instanceof AgentUnusable) return giveBack(finishing, failure.error);
  if (failure !== undefined) return fail(finishing, failure.error);
  const result = { execution_id: handle.execution_id, ...ending.result };
  try {
    await sink.report({ ...(await deliver(handle, result)), result });
    return { remember: 'nothing' };
  } catch (error) {
    // A result that the ledger cannot handle; trying again would come to the same.
    if (isLedgerError(error, 'INVALID_INPUT')) return fail(finishing, error);
    if (isLedgerError(error, 'NOT_READY')) return leaveToParts(finishing, result, error.message);
    throw error;
  }
}

/** Completes the item, or submits it where the ledger leaves it to others to say that it is done, and that its criteria are met. */
async function deliver(
  handle: LeaseHandle,
  result: JsonMap,
): Promise<{ type: 'completed' | 'submitted'; where: 'remote' | 'local' }> {
  try {
    return { type: 'completed', where: await handle.complete(result) };
  } catch (error) {
    if (!isLedgerError(error, 'REVIEW_REQUIRED') && !isLedgerError(error, 'CRITERIA_OPEN')) throw error;
    return { type: 'submitted', where: await handle.submit(result) };
  }
}

/** The work is done, and parts of it that were made meanwhile are not: whoever takes it up after them finds the result. */
async function leaveToParts({ handle, sink }: Finishing, result: JsonMap, reason: string): Promise<Finished> {
  const summary = `Done but for its parts. ${reason}`;
  await handle.checkpoint({ step: 'done', summary, ...(isWithin(result, ROOM_KIB) && { data: result }) });
  const where = await handle.release(reason);
  await sink.report({ type: 'released', where, reason });
  return { remember: 'nothing' };
}

async function fail({ handle, sink }: Finishing, failure: unknown): Promise<Finished> {
  const error = await textOf(failure);
  const where = await handle.fail(error);
  await sink.report({ type: 'failed', where, error });
  return { remember: 'nothing', failure: { error: failure } };
}

async function defer({ handle, sink, dueAgain }: Finishing, deferred: AgentDeferred): Promise<Finished> {
  const error = await textOf(deferred);
  const not_before = dueAgain(handle.item.attempts, deferred.retry_after_s);
  const failed = await handle.fail(error);
  const where = await handle.retry(not_before);
  if (where === undefined) await sink.report({ type: 'failed', where: failed, error });
  else await sink.report({ type: 'deferred', where, error, not_before });
  return { remember: 'nothing', failure: { error: deferred } };
}

/** What a process said last can have a key or token in it, which is not for history to keep. */
async function textOf(failure: unknown): Promise<string> {
  const { maskSecrets } = await import('../../domain/secrets.ts');
  const said = asError(failure).message.toWellFormed();
  return maskSecrets(said).slice(0, ERROR_LENGTH).trim() || 'it failed without a word';
}
