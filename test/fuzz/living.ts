import { LedgerError } from '../../src/domain/errors.ts';
import type { GitObject } from '../../src/git/model/object.ts';
import type { WorkLedger } from '../../src/ledger/work-ledger.ts';
import type { Oid } from '../../src/store/port.ts';
import { BRANCH, FOLDERS } from '../simulation/world/host.ts';
import { ObjectPool } from '../simulation/world/objects.ts';
import { World } from '../simulation/world/world.ts';
import { allOf } from './everything.ts';
import type { Pushed } from './judges.ts';

/** What a clone did that met a case, and what of the ledger's errors it was told. */
export interface Lived {
  /** Where the shared branch is afterwards. */
  tip: Oid;
  objects: ReadonlyMap<Oid, GitObject>;
  /** Items that it would take. */
  ready: readonly string[];
  refused: readonly string[];
  thrown: Error | undefined;
}

const HOURS_AHEAD = 2;

/** A whole clone, in memory, that has the ledger up to the base; then `meets` happens, and it goes on working. */
async function live(
  { corpus, base }: Pushed,
  brought: ReadonlyMap<Oid, GitObject>,
  meets: (world: World) => void,
): Promise<Lived> {
  const objects = new ObjectPool(new Map([...allOf(corpus), ...brought]));
  const world = new World({
    seed: 1,
    instant: true,
    from: { objects, refs: new Map([[BRANCH, base]]), clones: [] },
  });
  const clone = world.addClone('zoe');
  clone.skews = [{ ahead_ms: HOURS_AHEAD * 3_600_000, from: 0 }];
  const process = world.start(clone);
  const refused: string[] = [];
  let [ready, thrown]: [string[], Error | undefined] = [[], undefined];
  const attempt = async (task: () => Promise<unknown>): Promise<void> => {
    try {
      await task();
    } catch (error) {
      if (error instanceof LedgerError) refused.push(error.code);
      else thrown ??= error as Error;
    }
  };
  await world.untilDone(async () => {
    let ledger: WorkLedger | undefined;
    await attempt(async () => {
      ledger = await process.open();
    });
    if (ledger === undefined) return;
    const { clone: own, work, query } = ledger;
    meets(world);
    await attempt(() => own.sync());
    await attempt(() => work.create({ title: 'Mine' }));
    await attempt(async () => {
      ready = (await (ledger as WorkLedger).getReadyToStart()).map(({ id }) => id);
    });
    await attempt(() => query.list({ all: true }));
    await attempt(() => own.sync());
    await ledger.close();
  });
  process.free();
  const made = new Map<Oid, GitObject>();
  for (const oid of reachedBy(world.objects, world.host.tip)) {
    const object = world.objects.get(oid);
    if (object !== undefined) made.set(oid, object);
  }
  return { tip: world.host.tip ?? base, objects: made, ready, refused, thrown };
}

/** Who fetches the branch with the case on it. */
export const fetches = (pushed: Pushed, brought: ReadonlyMap<Oid, GitObject>): Promise<Lived> =>
  live(pushed, brought, (world) => world.host.force(BRANCH, pushed.tip, world.scheduler.time));

/** Who finds the case in another clone's inbox, and may carry it. */
export const carries = (pushed: Pushed, brought: ReadonlyMap<Oid, GitObject>): Promise<Lived> =>
  live(pushed, brought, (world) =>
    world.host.force(`${FOLDERS.inboxes}k3m9x2ab`, pushed.tip, world.scheduler.time),
  );

function* reachedBy(objects: ObjectPool, tip: Oid | undefined): Generator<Oid> {
  const seen = new Set<Oid>();
  const left = tip === undefined ? [] : [tip];
  for (let oid = left.pop(); oid !== undefined; oid = left.pop()) {
    const object = seen.has(oid) ? undefined : objects.get(oid);
    seen.add(oid);
    if (object === undefined) continue;
    yield oid;
    const text = Buffer.from(object.bytes);
    if (object.type === 'commit')
      for (const [, name = ''] of text
        .toString('latin1')
        .split('\n\n')[0]
        ?.matchAll(/^(?:tree|parent) (\w{40})$/gm) ?? [])
        left.push(name);
    if (object.type === 'tree')
      for (let at = text.indexOf(0); at >= 0; at = text.indexOf(0, at + 21))
        left.push(text.toString('hex', at + 1, at + 21));
  }
}
