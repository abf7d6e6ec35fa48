import type { Place } from '../../src/sync/clone-name.ts';
import { work } from './caller.ts';
import { limit } from './faults.ts';
import { asSimulated } from './guard.ts';
import type { Caller, Plan } from './plan.ts';
import type { ToldCall } from './told.ts';
import type { Clone } from './world/clone.ts';
import type { World } from './world/world.ts';

/** A folder that is copied is another one by path and inode; a disk that is restored elsewhere shows the same of both. */
const PLACES = {
  'beside it': (place: Place): Place => ({ ...place, path: '/copy', inode: '2' }),
  'another machine': (place: Place): Place => ({ ...place, machine: `another than ${place.machine}` }),
} as const;

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
  for (const fault of plan.faults) {
    const clone = fault.kind === 'copied' ? world.clones.get(fault.clone) : undefined;
    if (fault.kind !== 'copied' || clone === undefined) continue;
    working += 1;
    void world.scheduler
      .sleep({ name: `somebody at ${clone.name}`, alive: true }, fault.at, 'waits')
      .then(() => {
        working -= 1;
        if (world.isMended || world.clones.has(fault.as)) return;
        world.tell(`somebody at ${clone.name} copies it: ${fault.to}`);
        const copied = world.copy(clone, fault.as, PLACES[fault.to](clone.place));
        for (const caller of plan.callers) if (caller.clone === fault.as) begin(caller, copied);
      });
  }
  return () => working === 0;
}
