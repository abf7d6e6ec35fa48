import { isLedgerError } from '../../domain/errors.ts';
import type { JsonMap } from '../../domain/item.ts';
import { asError } from './as-error.ts';
import { AgentBlocked, AgentDeferred, AgentUnusable, LeaseLostError, SupersededError } from './errors.ts';
import type { Outlet } from './event-sink.ts';
import { type Hold, standingOf } from './lease-handle.ts';
import type { Ending } from './run-agent.ts';

/** Bytes of an error's text that go into the ledger. */
const ERROR_LENGTH = 8_000;

/** How an execution ended. */
export interface Finished {
  /** What is to be remembered of it: `parked` waits with its item, `left` has yet to be given back. */
  remember: 'nothing' | 'parked' | 'left';
  /** What whoever iterates is told at the end. */
  failure?: { error: unknown };
}

interface Finishing {
  hold: Hold;
  outlet: Outlet;
  ending: Ending;
  /** Why the agent was told to stop, if it was. */
  stopped: Error | undefined;
  /** When what is deferred is due again, after so many seconds if given. */
  dueAgain(attempts: number, after_s: number | undefined): string;
}

/** Writes how the work ended, as far as the item is still this execution's. */
export async function finish(finishing: Finishing): Promise<Finished> {
  const { outlet, ending, stopped } = finishing;
  const { result } = ending;
  if (stopped instanceof LeaseLostError) {
    await outlet.tell({ type: 'stopped', reason: stopped.message, result });
    return { remember: 'left', failure: { error: stopped } };
  }
  try {
    if (stopped instanceof SupersededError) throw stopped;
    return await settle(finishing);
  } catch (error) {
    if (!(error instanceof SupersededError)) throw error;
    await outlet.tell({ type: 'superseded', holder: error.holder, result });
    return { remember: 'nothing', failure: { error } };
  }
}

async function settle(finishing: Finishing): Promise<Finished> {
  const { hold, outlet, ending, stopped } = finishing;
  const { failure } = ending;
  const item = await hold.look();
  const standing = standingOf(item, hold);
  switch (standing) {
    case 'superseded':
      throw new SupersededError(hold.id, item);
    case 'blocked': {
      await outlet.tell({ type: 'blocked', reason: item?.block?.reason ?? '' });
      const told = failure?.error instanceof AgentBlocked ? undefined : (failure ?? asFailure(stopped));
      return { remember: 'parked', ...(told && { failure: told }) };
    }
    case 'done':
    case 'given_up': {
      await outlet.tell({ type: 'settled', status: item?.status ?? 'cancelled' });
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

async function giveBack({ hold, outlet }: Finishing, stopped: Error): Promise<Finished> {
  const reason = stopped.message;
  const where = await hold.release(reason);
  await outlet.tell({ type: 'released', where, reason });
  return { remember: 'nothing', failure: { error: stopped } };
}

async function conclude(finishing: Finishing): Promise<Finished> {
  const { hold, outlet, ending } = finishing;
  const { failure } = ending;
  if (failure?.error instanceof AgentDeferred) return defer(finishing, failure.error);
  if (failure?.error instanceof AgentUnusable) return giveBack(finishing, failure.error);
  if (failure !== undefined) return fail(finishing, failure.error);
  const result = { execution_id: hold.execution_id, ...ending.result };
  try {
    await outlet.tell({ ...(await deliver(hold, result)), result });
    return { remember: 'nothing' };
  } catch (error) {
    // A result that the ledger cannot hold; trying again would come to the same.
    if (isLedgerError(error, 'INVALID_INPUT')) return fail(finishing, error);
    throw error;
  }
}

/** Completes the item, or submits it where policy leaves it to others to say that it is done. */
async function deliver(
  hold: Hold,
  result: JsonMap,
): Promise<{ type: 'completed' | 'submitted'; where: 'remote' | 'local' }> {
  try {
    return { type: 'completed', where: await hold.complete(result) };
  } catch (error) {
    if (!isLedgerError(error, 'REVIEW_REQUIRED')) throw error;
    return { type: 'submitted', where: await hold.submit(result) };
  }
}

async function fail({ hold, outlet }: Finishing, failure: unknown): Promise<Finished> {
  const error = textOf(failure);
  const where = await hold.fail(error);
  await outlet.tell({ type: 'failed', where, error });
  return { remember: 'nothing', failure: { error: failure } };
}

async function defer({ hold, outlet, dueAgain }: Finishing, deferred: AgentDeferred): Promise<Finished> {
  const error = textOf(deferred);
  const not_before = dueAgain(hold.item.attempts, deferred.retry_after_s);
  const failed = await hold.fail(error);
  const where = await hold.retry(not_before);
  if (where === undefined) await outlet.tell({ type: 'failed', where: failed, error });
  else await outlet.tell({ type: 'deferred', where, error, not_before });
  return { remember: 'nothing', failure: { error: deferred } };
}

const textOf = (failure: unknown): string =>
  asError(failure).message.toWellFormed().slice(0, ERROR_LENGTH).trim() || 'it failed without a word';
