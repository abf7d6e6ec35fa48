import type { WorkLedger } from '../../../src/ledger/work-ledger.ts';
import type { Process } from './process.ts';
import { type Snapshot, World } from './world.ts';

const NAMES = ['ada', 'bob', 'cy', 'dan', 'eve', 'fay', 'gus', 'hal'];

const made = new Map<string, Promise<Snapshot>>();

/** A ledger with a few items, and clones that have all of it: made once, and begun from by every run. */
export function baseOf(clones: number, items: number): Promise<Snapshot> {
  const key = `${clones} ${items}`;
  const known = made.get(key) ?? makeBase(NAMES.slice(0, clones), items);
  made.set(key, known);
  return known;
}

async function makeBase([first = '', ...others]: string[], items: number): Promise<Snapshot> {
  const world = new World({ seed: 0 });
  await within(world, world.start(world.addClone(first)), async (process) => {
    const ledger = await process.init();
    const fields = Array.from({ length: items }, (_, n) => ({ title: `Work ${n + 1}` }));
    await ledger.work.batch(fields.map((one) => ledger.work.command('create', { fields: one })));
    return ledger;
  });
  for (const name of others) {
    await within(world, world.start(world.addClone(name)), (process) => process.open());
  }
  return world.snapshot();
}

/** Runs what one process does, alone in its world, to the end. */
export async function within(
  world: World,
  process: Process,
  task: (process: Process) => Promise<WorkLedger>,
): Promise<void> {
  let ended = false;
  const done = task(process)
    .then((ledger) => ledger.close())
    .finally(() => {
      ended = true;
    });
  await world.scheduler.run(() => ended);
  if (!ended) throw new Error(`${process.name} waits for something that never comes`);
  await done;
  process.kill();
}
