import { work } from './caller.ts';
import { limit } from './faults.ts';
import { asSimulated } from './guard.ts';
import type { Caller, Plan } from './plan.ts';
import type { ToldCall } from './told.ts';
import type { Clone } from './world/clone.ts';
import type { World } from './world/world.ts';

/**
 * Lets all callers of a plan begin, each with a process of its own, and with another one where that is killed.
 *
 * @returns what tells whether all of them are done
 */
export function startAll(world: World, plan: Plan, record: ToldCall[]): () => boolean {
  let working = 0;
  const begin = (caller: Caller, clone: Clone): void => {
    // Who is killed to let everything settle is not started again.
    if (world.isMended) return;
    const process = world.start(clone);
    limit(process, plan.faults);
    let left = caller.steps;
    working += 1;
    process.onKilled = () => {
      working -= 1;
      const kill = plan.faults.find((fault) => fault.kind === 'kill' && fault.process === process.name);
      const after = kill?.kind === 'kill' ? kill.back_after_ms : 0;
      working += 1;
      void world.scheduler.sleep({ name: 'init', alive: true }, after, 'starts it again').then(() => {
        working -= 1;
        begin({ ...caller, steps: left }, clone);
      });
    };
    const begun = (): void => {
      left = left.slice(1);
    };
    void asSimulated(() => work(world, process, { ...caller, steps: left }, { record, begun })).then(() => {
      working -= 1;
    });
  };
  for (const caller of plan.callers) {
    const clone = world.clones.get(caller.clone);
    if (clone !== undefined) begin(caller, clone);
  }
  return () => working === 0;
}
