import { listPresence, prunePresence, recoverSilent } from '../../src/agents/presence/list.ts';
import { examine } from '../../src/doctor/examine.ts';
import { LedgerError } from '../../src/domain/errors.ts';
import { type GitObject, nameObject } from '../../src/git/model/object.ts';
import type { WorkLedger } from '../../src/ledger/work-ledger.ts';
import type { Oid } from '../../src/store/port.ts';
import type { Clone } from '../simulation/world/clone.ts';
import { BRANCH } from '../simulation/world/host.ts';
import { ObjectPool } from '../simulation/world/objects.ts';
import { EPOCH } from '../simulation/world/process.ts';
import { World } from '../simulation/world/world.ts';
import { NOW } from './corpus.ts';
import { allOf } from './everything.ts';
import type { Pushed } from './judges.ts';
import { type Ground, INBOXES, type Planting } from './mutations/refs.ts';
import type { LocalBend } from './mutations/states.ts';

/** What a clone meets beside the branch: refs of others, and its own disk as somebody left it. */
export interface Met {
  commits: readonly Oid[];
  beside: readonly Planting[];
  local: readonly LocalBend[];
  /** False where the commits are not on the branch. */
  isPushed: boolean;
}

/** What a clone did that met a case, and what of the ledger's errors it was told. */
export interface Lived {
  /** Where the shared branch is afterwards. */
  tip: Oid;
  objects: ReadonlyMap<Oid, GitObject>;
  /** Items that it would take, and all that its branch then led to. */
  ready: readonly string[];
  stood: ReadonlySet<Oid>;
  refused: readonly string[];
  thrown: Error | undefined;
  /** Objects that were read. */
  reads: number;
  /** Refs and small files that it has more than before, once what it met is gone from the remote. */
  grown: readonly string[];
}

/** The objects of a world, counted as they are read. */
class CountedPool extends ObjectPool {
  reads = 0;

  override async read(oid: Oid): Promise<GitObject | undefined> {
    this.reads += 1;
    return super.read(oid);
  }

  /** It is of one world. */
  override copy(): ObjectPool {
    return this;
  }
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SECOND_MS = 1_000;

/** Calls of a clone, each of which may be refused. */
class Calls {
  readonly refused: string[] = [];
  thrown: Error | undefined;

  async attempt<T>(task: () => Promise<T>): Promise<T | undefined> {
    try {
      return await task();
    } catch (error) {
      if (error instanceof LedgerError) this.refused.push(error.code);
      else this.thrown ??= error as Error;
      return undefined;
    }
  }
}

interface Life {
  pushed: Pushed;
  brought: ReadonlyMap<Oid, GitObject>;
  /** What its clock shows, in seconds since 1970. */
  now: number;
  /** What the remote has from then on. */
  meets(world: World, clone: Clone): void;
  /** Whether it does all that a clone does where others and its own disk are looked at, and a day goes by. */
  whole: boolean;
}

/** A whole clone, in memory, that has the ledger up to the base; then `meets` happens, and it goes on working. */
async function live({ pushed, brought, now, meets, whole }: Life): Promise<Lived> {
  const { corpus, base } = pushed;
  const objects = new CountedPool(new Map([...allOf(corpus), ...brought]));
  const world = new World({
    seed: 1,
    instant: true,
    from: { objects, refs: new Map([[BRANCH, base]]), clones: [] },
  });
  const clone = world.addClone('zoe');
  clone.skews = [{ ahead_ms: now * SECOND_MS - EPOCH, from: 0 }];
  const calls = new Calls();
  let ready: readonly string[] = [];
  let stood: ReadonlySet<Oid> = new Set();
  const note = (found: readonly string[]): void => {
    ready = found;
    stood = new Set(reachedBy(world.objects, clone.refs.get(BRANCH)));
  };
  let grown: readonly string[] = [];
  await world.untilDone(async () => {
    if (!whole) {
      const process = world.start(clone);
      const ledger = await calls.attempt(() => process.open());
      if (ledger === undefined) return;
      meets(world, clone);
      note(await work(ledger, calls));
      return ledger.close();
    }
    await pend(world, clone, calls);
    const before = thingsOf(clone);
    meets(world, clone);
    const process = world.start(clone);
    const ledger = await calls.attempt(() => process.open());
    if (ledger === undefined) return;
    note(await work(ledger, calls));
    await lookAround(ledger, calls);
    await world.scheduler.sleep(process, DAY_MS + HOUR_MS);
    await lookAround(ledger, calls);
    for (const [ref] of world.host.refs)
      if (ref !== BRANCH) world.host.force(ref, undefined, world.scheduler.time);
    await world.scheduler.sleep(process, DAY_MS);
    await calls.attempt(() => ledger.work.create({ title: 'Mine, later' }));
    await lookAround(ledger, calls);
    await ledger.close();
    grown = thingsOf(clone).filter((thing) => !before.includes(thing));
  });
  for (const process of world.processes) process.free();
  const made = new Map<Oid, GitObject>();
  for (const oid of reachedBy(world.objects, world.host.tip)) {
    const object = world.objects.get(oid);
    if (object !== undefined) made.set(oid, object);
  }
  const { refused, thrown } = calls;
  return {
    tip: world.host.tip ?? base,
    objects: made,
    ready,
    stood,
    refused,
    thrown,
    reads: objects.reads,
    grown,
  };
}

const thingsOf = ({ state, refs }: Clone): string[] => [...state.keys(), ...refs.keys()];

/** Leaves something on the clone's disk that others do not have yet. */
async function pend(world: World, clone: Clone, calls: Calls): Promise<void> {
  const process = world.start(clone);
  await (await process.open()).close();
  const ledger = await process.open({ mode: 'local' });
  await calls.attempt(() => ledger.work.create({ title: 'Pending' }));
  await ledger.close();
  process.free();
}

/** What every clone does. @returns what it would take */
async function work(ledger: WorkLedger, calls: Calls): Promise<readonly string[]> {
  const { clone, work: writer, query } = ledger;
  await calls.attempt(() => clone.sync());
  await calls.attempt(() => writer.create({ title: 'Mine' }));
  const ready = await calls.attempt(() => ledger.getReadyToStart());
  await calls.attempt(() => query.list({ all: true }));
  await calls.attempt(() => clone.sync());
  return ready?.map(({ id }) => id) ?? [];
}

/** What looks at others and at the clone itself. */
async function lookAround(ledger: WorkLedger, calls: Calls): Promise<void> {
  const tasks: (() => Promise<unknown>)[] = [
    () => ledger.clone.sync(),
    () => listPresence(ledger),
    () => ledger.clone.status(),
    () => ledger.query.caveats(),
    () => ledger.query.orphaned({}),
    () => recoverSilent(ledger),
    () => prunePresence(ledger),
    () => ledger.clone.rejected(),
    () => examine(ledger),
    () => ledger.clone.sync(),
  ];
  for (const task of tasks) await calls.attempt(task);
}

const NEVER = 2 * 60 * 60;

/** Who fetches the branch with the case on it. */
export const fetches = (pushed: Pushed, brought: ReadonlyMap<Oid, GitObject>): Promise<Lived> =>
  live({
    pushed,
    brought,
    now: EPOCH / SECOND_MS + NEVER,
    meets: (world) => world.host.force(BRANCH, pushed.tip, world.scheduler.time),
    whole: false,
  });

/** What is older nobody carries. */
const SOON_S = 30;

/** Who finds the case in another clone's inbox soon after it was made, and may carry it. */
export const carries = (pushed: Pushed, brought: ReadonlyMap<Oid, GitObject>): Promise<Lived> =>
  live({
    pushed,
    brought,
    now: clockFor(pushed),
    meets: (world) => world.host.force(`${INBOXES}k3m9x2ab`, pushed.tip, world.scheduler.time),
    whole: false,
  });

function clockFor({ objects, tip }: Pushed): number {
  const text = Buffer.from(objects.get(tip)?.bytes ?? []).toString('latin1');
  const made = Number(/^committer .*> (\d{10}) /m.exec(text)?.[1] ?? NOW);
  return made * SECOND_MS > EPOCH && made < NOW ? made + SOON_S : NOW;
}

/** Who fetches the branch with the case on it, and finds what stands beside it and on its own disk. */
export const meetsAll = (
  pushed: Pushed,
  { commits, beside, local, isPushed }: Met,
  brought: ReadonlyMap<Oid, GitObject>,
): Promise<Lived> =>
  live({
    pushed,
    brought,
    now: NOW,
    whole: true,
    meets(world, clone) {
      const { line } = pushed.corpus;
      const ground: Ground = {
        ...{ base: pushed.base, tip: pushed.tip, commits, now: NOW },
        line: line.slice(0, line.indexOf(pushed.base) + 1),
        own: nameOf(clone),
        get: (oid) => world.objects.get(oid) ?? pushed.objects.get(oid),
        add(type, bytes) {
          const object = nameObject({ type, bytes });
          void world.objects.write([object]);
          return object.oid;
        },
      };
      const { time } = world.scheduler;
      for (const planting of beside)
        for (const [ref, oid] of planting(ground)) world.host.force(ref, oid, time);
      if (isPushed) world.host.force(BRANCH, pushed.tip, time);
      for (const bend of local) bend(clone, ground);
    },
  });

const nameOf = ({ state }: Clone): string =>
  /"name":"(\w+)"/.exec(state.get('clones/1') ?? '')?.[1] ?? 'k3m9x2ab';

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
        left.push(name.toLowerCase());
    if (object.type === 'tree')
      for (let at = text.indexOf(0); at >= 0; at = text.indexOf(0, at + 21))
        left.push(text.toString('hex', at + 1, at + 21));
  }
}
