import type { CheckpointInput } from '../../domain/commands.ts';
import type { JsonMap } from '../../domain/item.ts';
import type { Agent, AgentEvent, AgentRunContext } from './agent.ts';
import { asError } from './as-error.ts';
import { SupersededError } from './errors.ts';
import type { Outlet } from './event-sink.ts';
import type { Hold } from './lease-handle.ts';
import type { Heartbeat } from './ports.ts';
import { until } from './until.ts';

export interface Work {
  agent: Agent;
  context: AgentRunContext;
  prompt: string;
  hold: Hold;
  heartbeat: Heartbeat;
  outlet: Outlet;
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
    for await (const event of until(events, signal, abort_grace_ms)) await take(work, event, result);
    return { result };
  } catch (error) {
    return { result, failure: { error } };
  }
}

async function take(work: Work, event: AgentEvent, result: JsonMap): Promise<void> {
  const { heartbeat, hold, outlet, signal } = work;
  if (event.type === 'result') Object.assign(result, event.result);
  if (event.type === 'progress' && event.step !== undefined) heartbeat.step(hold.execution_id, event.step);
  if (event.type === 'checkpoint') {
    const { type: _, ...input } = event;
    try {
      await record(work, input);
    } catch (error) {
      // The work itself goes on: only where to resume is older than it could be.
      if (!signal.aborted) {
        const message = `a checkpoint was not recorded: ${asError(error).message}`;
        await outlet.tell({ type: 'warning', message });
      }
    }
  }
  await outlet.pass(event);
}

async function record({ hold, stop }: Work, input: CheckpointInput): Promise<'remote' | 'local'> {
  try {
    return await hold.checkpoint(input);
  } catch (error) {
    if (error instanceof SupersededError) stop(error);
    throw error;
  }
}
