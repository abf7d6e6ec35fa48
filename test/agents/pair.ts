import git from 'isomorphic-git';
import { memfs } from 'memfs';
import { onTestFinished } from 'vitest';
import { initLedger, type OpenOptions, openLedger, type WorkLedger } from '../../src/index.ts';
import { IsomorphicStore } from '../../src/isomorphic/store.ts';
import { FaultyRemote } from '../helpers/faulty-remote.ts';
import { MemoryRemote } from '../helpers/memory-remote.ts';

export interface Clone {
  ledger: WorkLedger;
  store: IsomorphicStore;
  connection: FaultyRemote;
  /** Another process of the same clone, as far as memory goes. */
  open(options: OpenOptions): Promise<WorkLedger>;
}

export interface Pair {
  remote: MemoryRemote;
  ada: Clone;
  bob: Clone;
}

/** Looks often, so that tests need not wait. */
export const QUICK = { poll_s: 0.005, interval_s: 0.01 };

/** Two clones of one ledger in memory, whose time is real. */
export async function makePair(): Promise<Pair> {
  const remote = new MemoryRemote();
  return { remote, ada: await makeClone(remote, 'ada'), bob: await makeClone(remote, 'bob') };
}

async function makeClone(remote: MemoryRemote, actor: string): Promise<Clone> {
  const { fs } = memfs();
  await git.init({ fs, dir: '/clone', defaultBranch: 'main' });
  const store = await IsomorphicStore.open({ fs: fs as never, gitdir: '/clone/.git', shared: false });
  const connection = new FaultyRemote(remote.connect(store), remote);
  const options = { dir: '/clone', fs, actor, connect: () => connection };
  const { ledger } = await initLedger(options);
  onTestFinished(() => ledger.close());
  return { ledger, store, connection, open: (more) => openLedger({ ...options, ...more }) };
}

/** A ledger that is shared with nobody. */
export async function makeAlone(): Promise<WorkLedger> {
  const { fs } = memfs();
  await git.init({ fs, dir: '/clone', defaultBranch: 'main' });
  const { ledger } = await initLedger({ dir: '/clone', fs, actor: 'ada' });
  onTestFinished(() => ledger.close());
  return ledger;
}

/** Lets everything else in this process go on. */
export const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));

/** Waits until something holds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await turn();
}
