import type { JsonMap } from '../../domain/item.ts';
import type { CheckpointInput } from '../../domain/verbs/checkpoint.ts';
import { type Agent, type AgentEvent, type AgentRunContext, asError, SupersededError } from './agent.ts';
import type { EventSink } from './event-sink.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { LeaseHandle } from './lease-handle.ts';

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
}

/** What an agent came to. */
export interface Ending {
  result: JsonMap;
  failure?: { error: unknown };
}

/** Lets an agent work to its end, records its checkpoints, and passes on what it says. Never throws. */
export async function runAgent(work: Work): Promise<Ending> {
  const { agent, context, prompt, signal, abort_grace_ms, runs } = work;
  const result: JsonMap = {};
  if (signal.aborted) return { result };
  const checkpoint = (input: CheckpointInput) => record(work, input);
  try {
    const events = agent(context, prompt, { signal, checkpoint, runs });
    for await (const event of untilAborted(events, signal, abort_grace_ms))
      await handleEvent(work, event, result);
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
 * What `iterable` yields, until it ends. Once `signal` is aborted it has `grace_ms` to end by itself; one that does not is left
 * alone from then on.
 */
async function* untilAborted<T>(
  iterable: AsyncIterable<T>,
  signal: AbortSignal,
  grace_ms: number,
): AsyncGenerator<T, void, undefined> {
  const iterator = iterable[Symbol.asyncIterator]();
  const { promise: expired, resolve } = Promise.withResolvers<typeof EXPIRED>();
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    timer = setTimeout(() => resolve(EXPIRED), grace_ms);
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
    clearTimeout(timer);
    signal.removeEventListener('abort', begin);
    // Not waited for: what does not listen must not hold up what follows.
    if (!ended) iterator.return?.().catch(() => undefined);
  }
}
