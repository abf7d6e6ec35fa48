import git from 'isomorphic-git';
import { memfs } from 'memfs';
import { initLedger, type LedgerNotice, openLedger, type WorkLedger } from '../../src/index.ts';
import { IsomorphicStore } from '../../src/isomorphic/store.ts';
import type { Clock, LocalState } from '../../src/sync/ports.ts';
import { FaultyRemote } from './faulty-remote.ts';
import { MemoryRemote } from './memory-remote.ts';

/** Time that stands still between steps, and chance that can be repeated. */
class FakeClock implements Clock {
  #now = Date.parse('2026-01-03T10:00:00.000Z');
  #seed = 1;

  now = (): Date => new Date(this.#now);
  /** What happens elsewhere while someone sleeps. */
  meanwhile: () => Promise<void> = async () => undefined;
  sleep = async (ms: number): Promise<void> => {
    this.#now += ms;
    await this.meanwhile();
  };
  random = (): number => {
    this.#seed = (this.#seed * 16_807) % 2_147_483_647;
    return this.#seed / 2_147_483_647;
  };
  advance(ms: number): void {
    this.#now += ms;
  }
}

/** The clock of one clone: the world's, and off by so much. */
class OwnClock implements Clock {
  readonly #world: FakeClock;
  /** Milliseconds. */
  off = 0;

  constructor(world: FakeClock) {
    this.#world = world;
  }

  now = (): Date => new Date(this.#world.now().getTime() + this.off);
  sleep = (ms: number): Promise<void> => this.#world.sleep(ms);
  random = (): number => this.#world.random();
}

export interface Replica {
  name: string;
  clock: OwnClock;
  /** What its program was told besides what calls returned. */
  notices: LedgerNotice[];
  ledger: WorkLedger;
  store: IsomorphicStore;
  connection: FaultyRemote;
  /** Opens the clone anew, as after its local state was lost. */
  reopen(): Promise<WorkLedger>;
}

/** Clones of one ledger, all in memory: real objects, real refs, real replay. */
export interface World {
  remote: MemoryRemote;
  clock: FakeClock;
  replicas: Replica[];
}

export async function makeWorld(
  names: readonly string[],
  modeOf: (name: string) => 'push' | 'local' = () => 'push',
  remote: MemoryRemote = new MemoryRemote(),
): Promise<World> {
  const clock = new FakeClock();
  const replicas: Replica[] = [];
  for (const name of names) replicas.push(await makeReplica(remote, clock, name, modeOf(name)));
  return { remote, clock, replicas };
}

/** Another clone of the ledger that reads one remote and writes another. */
export async function addReplica(
  world: World,
  name: string,
  { reads, writes = world.remote }: { reads?: MemoryRemote; writes?: MemoryRemote },
): Promise<Replica> {
  const replica = await makeReplica(writes, world.clock, name, 'push', reads);
  world.replicas.push(replica);
  return replica;
}

async function makeReplica(
  remote: MemoryRemote,
  worldClock: FakeClock,
  name: string,
  mode: 'push' | 'local',
  reads?: MemoryRemote,
): Promise<Replica> {
  const { fs } = memfs();
  await git.init({ fs, dir: '/clone', defaultBranch: 'main' });
  // A machine of its own: the committer's e-mail tells it.
  await git.setConfig({ fs, dir: '/clone', path: 'user.email', value: `${name}@example.invalid` });
  const store = await IsomorphicStore.open({ fs: fs as never, gitdir: '/clone/.git', shared: false });
  const connection = new FaultyRemote(remote.connect(store, { reads }), remote);
  const clock = new OwnClock(worldClock);
  const notices: LedgerNotice[] = [];
  const options = {
    dir: '/clone',
    fs,
    actor: name,
    clock,
    onNotice: (notice: LedgerNotice) => void notices.push(notice),
    connect: ({ state }: { state: LocalState }) => {
      // Turns go by clones' names, so that chance has no part in them.
      state.set('clones/1', JSON.stringify({ name, places: [] }));
      return connection;
    },
  };
  const { ledger } = await initLedger(options);
  return {
    name,
    clock,
    notices,
    store,
    connection,
    reopen: () => openLedger(options),
    ledger: mode === 'push' ? ledger : await openLedger({ ...options, mode }),
  };
}
