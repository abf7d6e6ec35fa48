import { SETTINGS_PATH, type State } from '../codec/path.ts';
import { MAX_FILE_BYTES } from '../codec/read-yaml.ts';
import type { WorkId } from '../domain/ids.ts';
import type { LedgerStore, Oid, TreeEntry } from '../store/port.ts';
import type { LockHolder } from '../trace/channels.ts';
import { contentOf, noSettings, type Placed, placeFiles } from './files.ts';
import type { IndexDatabase, Row } from './index-database.ts';
import { IndexWriter } from './index-writer.ts';

/** Lets one process at a time do something; the others wait until `giveUp` says that it is done. */
export interface Exclusive {
  run<T>(name: 'index', task: () => Promise<T>, giveUp: () => Promise<boolean>): Promise<T | undefined>;
  /** Who is at it. */
  holder?(name: 'index'): Promise<LockHolder | undefined>;
}

export type OnProgress = (progress: {
  step: 'items' | 'finished' | 'history';
  done: number;
  total?: number;
}) => void;

/** Files that are read, and then written in one transaction. */
const AT_ONCE = 2_000;
/** The loading that is under way, and how many there were. */
const [LOADING, LOADINGS] = ['loading', 'loadings'];

/**
 * Reads the whole ledger at `tip` into the index: open work file by file, finished work by its paths.
 *
 * Where another process begins the same meanwhile, this one stops: ask the index for its tip.
 *
 * @throws LedgerError `DAMAGED_ITEM` for settings that cannot be read
 */
export async function loadIndex(
  index: IndexDatabase,
  store: LedgerStore,
  tip: Oid,
  onProgress: OnProgress = () => undefined,
): Promise<void> {
  const entries = await store.readTree(tip);
  if (!entries.some(({ path }) => path === SETTINGS_PATH)) throw noSettings();
  let token: string | undefined;
  index.hurried = true;
  try {
    index.write(() => {
      index.clearItems();
      index.dropItemIndexes();
      // Another number than any other loading of this index has had.
      token = String(Number(index.meta(LOADINGS) ?? 0) + 1);
      index.setMeta(LOADINGS, token);
      index.setMeta(LOADING, token);
    });
    const seen = new Map<WorkId, string>();
    const total = entries.filter(isOpen).length;
    let done = 0;
    for await (const [some, placed] of readAhead(store, entries)) {
      const mine = index.write(() => index.meta(LOADING) === token && writePlaced(index, placed, seen));
      if (!mine) return;
      done += some.filter(isOpen).length;
      onProgress({ step: 'items', done, total });
    }
  } finally {
    index.hurried = false;
  }
  // Written through to the disk, and all that came before it in the same file.
  index.write(() => {
    if (index.meta(LOADING) !== token) return;
    index.makeItemIndexes();
    new IndexWriter(index, { loading: true }).countAllWaits();
    index.setMeta(LOADING, undefined);
    index.setMeta('tip', tip);
  });
}

const isOpen = ({ path }: TreeEntry): boolean => path.startsWith('active/');

/** Git reads the next files while these are written. */
async function* readAhead(
  store: LedgerStore,
  entries: readonly TreeEntry[],
): AsyncGenerator<[TreeEntry[], Placed[]]> {
  const read = (some: TreeEntry[]): Promise<Placed[]> =>
    placeFiles(store, some, (state) => state === 'active');
  let ahead: [TreeEntry[], Promise<Placed[]>] | undefined;
  for (const some of chunks(entries)) {
    const now = ahead;
    ahead = [some, read(some)];
    // Its failure is told when its turn comes.
    ahead[1].catch(() => undefined);
    if (now !== undefined) yield [now[0], await now[1]];
  }
  if (ahead !== undefined) yield [ahead[0], await ahead[1]];
}

function* chunks<T>(all: readonly T[]): Generator<T[]> {
  for (let at = 0; at < all.length; at += AT_ONCE) yield all.slice(at, at + AT_ONCE);
}

function writePlaced(index: IndexDatabase, placed: readonly Placed[], seen: Map<WorkId, string>): true {
  const writer = new IndexWriter(index, { loading: true });
  for (const one of placed) {
    if (one.kind === 'settings') index.setMeta('settings', JSON.stringify(one.settings));
    else if (one.kind === 'other') writer.setStray(one.path, one.problem);
    else {
      const other = seen.get(one.id);
      if (other === undefined) writer.put(one.id, one.state, one.content);
      else writer.setStray(one.path, { rule: 'twice', message: `${one.id} also stands at ${other}` });
      seen.set(one.id, one.path);
    }
  }
  return true;
}

/** How many more are read each time one was missing, so that few questions are asked again often. */
const MORE = 50;

/** Reads files of finished work that are known by path: those of `ids` and some more, or all of them. */
export async function readFinished(
  index: IndexDatabase,
  store: LedgerStore,
  ids: readonly WorkId[] | undefined,
  onProgress: OnProgress = () => undefined,
): Promise<void> {
  const sql = 'SELECT id, state, oid FROM items WHERE oid IS NOT NULL';
  if (ids !== undefined) {
    const asked = ids.flatMap((id) => index.all(`${sql} AND id = ?`, id));
    await readRows(index, store, [...asked, ...index.all(`${sql} LIMIT ?`, MORE)]);
    return;
  }
  const total = Number(index.get('SELECT count(*) AS found FROM items WHERE oid IS NOT NULL')?.found);
  for (let done = 0; ; ) {
    const rows = index.all(`${sql} LIMIT ?`, AT_ONCE);
    if (rows.length === 0) return;
    await readRows(index, store, rows);
    done += rows.length;
    onProgress({ step: 'finished', done: Math.min(done, total), total });
  }
}

async function readRows(index: IndexDatabase, store: LedgerStore, rows: readonly Row[]): Promise<void> {
  const blobs = await store.readBlobs(
    rows.map(({ oid }) => String(oid)),
    MAX_FILE_BYTES,
  );
  index.write(() => {
    const writer = new IndexWriter(index);
    for (const { id, state, oid } of rows) {
      // Another process may have moved the index on.
      if (index.get('SELECT 1 FROM items WHERE id = ? AND oid = ?', String(id), String(oid)) === undefined)
        continue;
      writer.put(
        String(id),
        state as State,
        contentOf('100644', blobs.get(String(oid)), String(id), state as State),
      );
    }
    writer.finish();
  });
}
