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
  const process = world.start(world.addClone(first));
  await world.untilDone(async () => {
    const ledger = await process.init();
    const fields = Array.from({ length: items }, (_, n) => ({ title: `Work ${n + 1}` }));
    await ledger.work.batch(fields.map((one) => ledger.work.command('create', { fields: one })));
    await ledger.close();
  });
  for (const name of others) {
    const joining = world.start(world.addClone(name));
    await world.untilDone(async () => (await joining.open()).close());
  }
  return world.snapshot();
}
