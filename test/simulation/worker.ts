import type { Agent } from '../../src/agents/workers/agent.ts';
import type { ExecutionMemory, RememberedExecution } from '../../src/agents/workers/execution-memory.ts';
import { runWorker } from '../../src/agents/workers/worker.ts';
import type { WorkLedger } from '../../src/ledger/work-ledger.ts';
import type { Chance } from './chance.ts';
import type { Process } from './world/process.ts';
import type { World } from './world/world.ts';

/** An agent at its work, from when it was let begin until it was told to stop, was done, or died. */
export interface AgentRun {
  process: string;
  id: string;
  execution_id: string;
  epoch: number;
  from: number;
  until?: number | undefined;
}

/** How an execution ended, as its worker said. */
export interface Ending {
  process: string;
  execution_id: string;
  type: string;
  where?: string | undefined;
}

/** Short ones, so that several fit into a run. */
export const LEASE_S = 60;

/** Works on what is ready, until that is nothing or enough, as `wl work` does. */
export async function workOn(
  world: World,
  process: Process,
  ledger: WorkLedger,
  chance: Chance,
): Promise<void> {
  await runWorker({
    ledger,
    agent: agentOf(world, process, chance),
    concurrency: 1 + chance.below(2),
    max: 1 + chance.below(3),
    idle_exit: true,
    ttl_s: LEASE_S,
    memory: new CloneMemory(world, process, ledger.actor),
    onEvent: (event) => {
      if (event.type === 'started' || !('execution_id' in event)) return;
      const { type, execution_id } = event;
      const where = 'where' in event ? String(event.where) : undefined;
      world.endings.push({ process: process.name, type, execution_id: String(execution_id), where });
    },
  });
}

/** Works for a while, longer than its lease at times, and says where it stands; now and then it fails. */
function agentOf(world: World, process: Process, chance: Chance): Agent {
  return async function* (context, _prompt, { signal }) {
    const { work_id: id, execution_id, epoch } = context;
    const run: AgentRun = { process: process.name, id, execution_id, epoch, from: world.scheduler.time };
    world.agents.push(run);
    process.onEnd.push(() => {
      run.until ??= world.scheduler.time;
    });
    const isOver = (): boolean => {
      if (signal.aborted) run.until ??= world.scheduler.time;
      return signal.aborted;
    };
    signal.addEventListener('abort', isOver);
    for (let left = 1 + chance.below(4); left > 0; left -= 1) {
      await process.rest(chance.pick([50, 2_000, 40_000, 90_000]) * chance.next(), 'works');
      if (isOver()) return;
      yield { type: 'checkpoint', step: `${left} more` };
    }
    run.until ??= world.scheduler.time;
    if (chance.happens(0.2)) throw new Error('it could not be done');
    yield { type: 'result', result: { by: execution_id } };
  };
}

/** What the pools of one name in a clone remember: that of a process that has ended is taken over by another one. */
class CloneMemory implements ExecutionMemory {
  readonly #world: World;
  readonly #process: Process;
  readonly #pool: string;

  constructor(world: World, process: Process, pool: string) {
    this.#world = world;
    this.#process = process;
    this.#pool = pool;
  }

  remember(execution: RememberedExecution): void {
    this.#world.executions.add(execution.execution_id);
    this.#change(`remembers ${execution.execution_id} as ${execution.state}`, (all) =>
      all.set(execution.execution_id, { ...execution, pool: this.#pool, by: this.#process }),
    );
  }

  forget(execution_id: string): void {
    this.#change(`forgets ${execution_id}`, (all) => all.delete(execution_id));
  }

  list(): RememberedExecution[] {
    return [...this.#process.clone.executions.values()].filter(({ by }) => by === this.#process);
  }

  takeOver(): void {
    for (const { pool, by, ...execution } of this.#process.clone.executions.values())
      if (pool === this.#pool && !by.alive) this.remember({ ...execution, state: 'left' });
  }

  close(): void {}

  #change(what: string, effect: (all: Process['clone']['executions']) => unknown): void {
    const { clone } = this.#process;
    this.#process.callAtOnce({ what, touches: ['executions'] }, () => effect(clone.executions));
  }
}
