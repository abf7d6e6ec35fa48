import { type BaseState, baseStateAt, type Incoming } from '../../src/audit/base-state.ts';
import { checkArrived } from '../../src/audit/check-arrived.ts';
import { checkPush } from '../../src/audit/check-push.ts';
import { replayBase, replayLedger, verifyLedger } from '../../src/audit/verify.ts';
import { LedgerError } from '../../src/domain/errors.ts';
import type { Exclusive } from '../../src/projection/load.ts';
import { Projection } from '../../src/projection/projection.ts';
import { listItems } from '../../src/query/filter.ts';
import { ObjectHistory } from '../../src/store/object-history.ts';
import type { CommitRecord, LedgerStore, Oid, TreeEntry } from '../../src/store/port.ts';
import { type Corpus, NOW } from './corpus.ts';
import type { FuzzObjects } from './objects.ts';
import { readerOf } from './signatures.ts';

interface Wrong {
  rule: string;
  commit?: Oid | undefined;
  id?: string | undefined;
  /** It is about more than items, so that nothing is written: as a clone says of what it fetched. */
  whole?: boolean | undefined;
  message: string;
}

/** What a judge makes of a push, from the commit that it builds on to its tip. */
export interface Verdict {
  /** Rules that are broken, each with its commit; of a judge that could not tell, its code. */
  wrong: readonly Wrong[];
  /** It threw something that is none of the ledger's errors. */
  thrown: Error | undefined;
}

export interface Pushed {
  corpus: Corpus;
  objects: FuzzObjects;
  base: Oid;
  tip: Oid;
}

/** The objects of a case, as a store that has no refs and a server that is asked to take them. */
class FuzzStore extends ObjectHistory<FuzzObjects> implements Incoming {
  async find(commit: Oid, path: string): Promise<Oid | undefined> {
    return (await this.readTree(commit)).find((entry) => entry.path === path)?.oid;
  }

  async entriesAt(commit: Oid, paths: readonly string[]): Promise<TreeEntry[]> {
    return (await this.readTree(commit)).filter(({ path }) => paths.includes(path));
  }

  async readCommit(commit: Oid): Promise<Omit<CommitRecord, 'changes'>> {
    for await (const record of this.commits({ to: commit, newest: 1, changes: false })) return record;
    throw new LedgerError('STORAGE_FAILED', `There is no commit ${commit}.`);
  }
}

const storeOf = (objects: FuzzObjects): FuzzStore & LedgerStore =>
  new FuzzStore(objects) as FuzzStore & LedgerStore;

/** Waits for nobody: there is one process. */
const lock: Exclusive = { run: (_name, task) => task() };

/** The ledgers that cases build on, as a server knows them: by an index that stands there. */
const bases = new Map<string, Base>();

interface Base {
  state: BaseState;
  projection: Projection;
}

async function baseOf({ corpus, base }: Pushed): Promise<Base> {
  const key = `${corpus.name} ${base}`;
  const known = bases.get(key);
  if (known !== undefined) return known;
  const store = storeOf(corpus.objects);
  const projection = new Projection({ store: async () => store, lock });
  const verify = () => replayLedger(store, base, { signatures: readerOf(corpus.objects) });
  const made = { state: await baseStateAt(base, projection, store, verify), projection };
  await projection.newest(base, 1);
  bases.set(key, made);
  return made;
}

/** As a server's hook judges a push before it takes it. */
export async function hook(pushed: Pushed, signatures = readerOf(pushed.objects)): Promise<Verdict> {
  const { objects, tip } = pushed;
  return verdictOf(async () => {
    const { state: baseState } = await baseOf(pushed);
    const refusal = await checkPush({ incoming: storeOf(objects), baseState, tip, now: NOW, signatures });
    return refusal === undefined ? [] : [refusal];
  });
}

/** As `wl verify` judges history, from its root or from the newest commit up to the base that it can go on from. */
export async function verify({ objects, tip, base }: Pushed, how: 'anew' | 'on'): Promise<Verdict> {
  return verdictOf(async () => {
    const store = storeOf(objects);
    const { findings } = await verifyLedger(store, tip, {
      from: how === 'anew' ? undefined : await replayBase(store, base, tip),
      now: NOW,
      signatures: readerOf(objects),
    });
    return findings;
  });
}

/** As a clone judges what it fetched, on what it had. */
export async function fetching(pushed: Pushed): Promise<Verdict> {
  const { objects, base, tip } = pushed;
  return verdictOf(async () => {
    const { projection } = await baseOf(pushed);
    const arrival = { store: storeOf(objects), projection, signatures: readerOf(objects), now: NOW };
    return checkArrived({ ...arrival, from: base, to: tip, known: [] });
  });
}

/** What a clone shows of the ledger at the tip. */
export interface Shown {
  items: string;
  thrown: Error | undefined;
}

/**
 * As a clone reads the ledger: `anew`, with an index that is made for it, and `on`, with one that stood at the base and is caught up.
 * Both are to show the same.
 */
export async function read({ objects, base, tip }: Pushed, how: 'anew' | 'on'): Promise<Shown> {
  const store = storeOf(objects);
  const projection = new Projection({ store: async () => store, lock });
  try {
    if (how === 'on') {
      await projection.read(base, () => undefined, 'all');
      await projection.newest(base, 1);
    }
    const items = await projection.read(tip, (view) => listItems(view, { all: true }), 'all');
    const damage = await projection.read(tip, (view) => view.damage(true), 'all');
    const history = (await projection.newest(tip, 1_000)).sort((a, b) => (a.commit < b.commit ? -1 : 1));
    return { items: JSON.stringify([items, damage, history]), thrown: undefined };
  } catch (error) {
    if (error instanceof LedgerError) return { items: error.code, thrown: undefined };
    return { items: '', thrown: error as Error };
  } finally {
    projection.close();
  }
}

async function verdictOf(judge: () => Promise<readonly Wrong[]>): Promise<Verdict> {
  try {
    const found = await judge();
    return {
      wrong: found.map(({ rule, commit, message, id, whole }) => ({ rule, commit, message, id, whole })),
      thrown: undefined,
    };
  } catch (error) {
    if (!(error instanceof LedgerError)) return { wrong: [], thrown: error as Error };
    return { wrong: [{ rule: error.code, message: error.message }], thrown: undefined };
  }
}

/** Frees what is kept for each base. */
export function closeBases(): void {
  for (const { projection } of bases.values()) projection.close();
  bases.clear();
}
