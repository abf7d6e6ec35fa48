import { itemPath, parsePath, SETTINGS_PATH, type State, stateOf } from '../codec/path.ts';
import { type LedgerView, Overlay } from '../domain/view.ts';
import type { CommitRecord, LedgerStore, Oid, TreeChange } from '../store/port.ts';
import { type IndexTrace, traced } from '../trace/channels.ts';
import { noSettings, type Placed, placeFiles } from './files.ts';
import { heldIndex, type IndexDatabase } from './index-database.ts';
import { IndexView } from './index-view.ts';
import { addAllWords, IndexWriter } from './index-writer.ts';
import { type Exclusive, loadIndex, readFinished } from './load.ts';
import type { Missing, ProjectionOptions } from './projection.ts';
import { extendLog, followLog } from './transition-log.ts';

type Sources = Pick<ProjectionOptions, 'store' | 'lock' | 'elapsed' | 'onProgress'>;

/**
 * Brings the index what a question at `tip` found missing. Where another process moves the index meanwhile, something may be missing
 * still: ask again.
 */
export async function supply(
  index: IndexDatabase,
  tip: Oid,
  missing: Missing,
  from: Sources,
  expected?: Delta,
): Promise<void> {
  switch (missing.kind) {
    case 'behind':
      if (!(await follow(index, tip, from, expected))) await load(index, tip, from);
      return;
    case 'unread':
      return step(index, 'finished', tip, async () =>
        readFinished(index, await from.store(), missing.ids, from.onProgress),
      );
    case 'no_words':
      return step(index, 'words', tip, async () => addAllWords(index));
    case 'no_log':
      return step(index, 'history', tip, async () =>
        followLog(index, await from.store(), tip, from.onProgress),
      );
    default:
      return missing satisfies never;
  }
}

/** @returns false where everything must be read */
async function follow(
  index: IndexDatabase,
  tip: Oid,
  { store }: Sources,
  expected: Delta | undefined,
): Promise<boolean> {
  const from = index.meta('tip');
  if (from === undefined) return false;
  return step(index, 'changes', tip, async () => {
    const isExpected = expected?.from === from && expected.to === tip;
    const delta = isExpected ? expected : await readDelta(await store(), from, tip);
    if (delta === undefined) return false;
    if (delta.commits !== undefined) extendLog(index, from, tip, delta.commits);
    return index.write(() => index.meta('tip') !== from || writeChanges(index, delta.changes, tip));
  });
}

/** Of the processes of a clone, one reads everything while the others wait for it: not for one that stands still, and not for ever. */
function load(index: IndexDatabase, tip: Oid, { store, lock, elapsed, onProgress }: Sources): Promise<void> {
  return step(index, 'items', tip, async () => {
    const isThere = (): boolean => index.meta('tip') === tip;
    const read = async (): Promise<void> => {
      if (!isThere()) await loadIndex(index, await store(), tip, onProgress);
    };
    if (index.place.kind === 'memory') return read();
    const isTooLong = watch(lock, elapsed);
    let holder: string | undefined;
    await lock.run('index', read, async () => {
      if (isThere()) return true;
      holder = await isTooLong();
      return holder !== undefined;
    });
    if (holder !== undefined && !isThere()) throw heldIndex(holder);
  });
}

/** How long the index may be in the making; and how long where who makes it stands still, as after Ctrl-Z. */
const PATIENCE_MS = 60_000;
const STOPPED_MS = 2_000;

/** @returns what tells who has the index for too long; `undefined` while nobody has */
function watch(lock: Exclusive, elapsed: () => number = () => 0): () => Promise<string | undefined> {
  const since = elapsed();
  return async () => {
    const waited = elapsed() - since;
    if (waited < STOPPED_MS) return undefined;
    const found = await lock.holder?.('index');
    if (waited < PATIENCE_MS && found?.state !== 'stopped') return undefined;
    return found === undefined ? 'another process' : `process ${found.pid} (${found.state})`;
  };
}

function step<T>(
  index: IndexDatabase,
  work: IndexTrace['work'],
  to: Oid,
  task: () => Promise<T>,
): Promise<T> {
  const from = index.meta(work === 'history' ? 'log' : 'tip') ?? null;
  return traced(
    'index',
    () => ({ work, from, to }),
    task,
    () => ({ outcome: 'done' }),
  );
}

/** A path that differs between two trees, and what stands there now; `undefined` where nothing does. */
export interface Change {
  path: string;
  now: Placed | undefined;
}

/** What leads from one tip to another. */
export interface Delta {
  from: Oid;
  to: Oid;
  changes: readonly Change[];
  /** The commits, where they were read and are one line, each a transition of one item. */
  commits?: readonly CommitRecord[];
}

/** More files than these are not shown in passing. */
const MANY = 2_000;

/**
 * Reads what leads from one tip to another; finished work is known by path.
 *
 * @returns `undefined` where the first tip is gone, as it may be with a repack
 * @throws LedgerError `DAMAGED_ITEM` where the other one has no settings that can be read
 */
async function readDelta(store: LedgerStore, from: Oid, to: Oid): Promise<Delta | undefined> {
  const differing = await store.diffTrees(from, to).catch(() => undefined);
  return (
    differing && { from, to, changes: await readChanges(store, differing, (state) => state === 'active') }
  );
}

/** As `readDelta`, with everything in it read; `undefined` as well where that is too much to look at in passing. */
export async function readSmallDelta(store: LedgerStore, from: Oid, to: Oid): Promise<Delta | undefined> {
  const differing = await store.diffTrees(from, to).catch(() => undefined);
  if (differing === undefined || differing.length > MANY) return undefined;
  const changes = await readChanges(store, differing, () => true);
  return changes.every(isPlain) && !bringTwice(changes) ? { from, to, changes } : undefined;
}

/** True where an item comes with two files at once, of which one is none of the ledger's. */
function bringTwice(changes: readonly Change[]): boolean {
  const ids = changes.flatMap(({ now }) => (now?.kind === 'item' ? [now.id] : []));
  return new Set(ids).size < ids.length;
}

async function readChanges(
  store: LedgerStore,
  differing: readonly TreeChange[],
  isRead: (state: State) => boolean,
): Promise<Change[]> {
  if (differing.some(({ path, after }) => path === SETTINGS_PATH && after === undefined)) throw noSettings();
  const after = differing.flatMap((change) => (change.after ? [{ path: change.path, ...change.after }] : []));
  const placed = await placeFiles(store, after, isRead);
  const now = new Map(after.map(({ path }, index) => [path, placed[index]]));
  return differing.map(({ path }) => ({ path, now: now.get(path) }));
}

/** True for what can be shown without the index: an item that reads well, settings, or a file that is gone. */
function isPlain({ path, now }: Change): boolean {
  if (now === undefined) return parsePath(path) !== undefined;
  return now.kind === 'item' ? now.content.kind === 'item' : now.kind === 'settings';
}

/**
 * Takes changes into the index, and makes `tip` the one that it reflects.
 *
 * @returns false where that cannot be told from the changes alone, since an item has two files; nothing is written then
 */
function writeChanges(index: IndexDatabase, changes: readonly Change[], tip: Oid): boolean {
  const view = new IndexView(index);
  const writer = new IndexWriter(index);
  const ids = new Set(changes.flatMap(({ path }) => parsePath(path)?.id ?? []));
  const strays = index
    .all('SELECT path FROM strays')
    .flatMap(({ path }) => parsePath(String(path))?.id ?? []);
  if (bringTwice(changes) || strays.some((id) => ids.has(id))) return false;
  const gone = changes.filter(({ now }) => now === undefined);
  const left = new Set(gone.map(({ path }) => path));
  for (const { now } of changes) {
    if (now?.kind !== 'item') continue;
    const [before] = index.all('SELECT state FROM items WHERE id = ?', now.id);
    if (before === undefined || before.state === now.state) continue;
    if (!left.has(now.path.replace(/^[^/]+/, String(before.state)))) return false;
  }
  for (const { path } of gone) {
    writer.setStray(path, undefined);
    const parsed = parsePath(path);
    if (parsed !== undefined && view.stateOf(parsed.id) === parsed.state) writer.remove(parsed.id);
  }
  for (const { now } of changes) {
    if (now?.kind === 'item') writer.put(now.id, now.state, now.content);
    else if (now?.kind === 'settings') index.setMeta('settings', JSON.stringify(now.settings));
    else if (now !== undefined) writer.setStray(now.path, now.problem);
  }
  writer.finish();
  index.setMeta('tip', tip);
  return true;
}

/** Takes in what was decided on `from` and committed as `to`; where the index stands elsewhere, it is left there. */
export function writeOverlay(index: IndexDatabase, from: Oid, to: Oid, decided: Overlay): void {
  if (index.meta('tip') !== from) return;
  const writer = new IndexWriter(index);
  for (const [id, item] of decided.changes()) {
    if (item !== undefined) writer.put(id, stateOf(item.status), { kind: 'item', item });
    else writer.remove(id);
  }
  writer.finish();
  index.setMeta('settings', JSON.stringify(decided.settings));
  index.setMeta('tip', to);
}

/**
 * The ledger as plain changes leave it, without writing them anywhere.
 *
 * @returns `undefined` where that cannot be told from the changes alone, since an item has two files
 */
export function viewAfter(view: LedgerView, changes: readonly Change[]): LedgerView | undefined {
  const after = new Overlay(view);
  const left = new Set(changes.flatMap(({ path, now }) => (now === undefined ? [path] : [])));
  for (const { now } of changes) {
    if (now?.kind !== 'item') continue;
    const status = view.statusOf(now.id);
    if (status === undefined) continue;
    if (status === 'damaged' || (stateOf(status) !== now.state && !left.has(itemPath(now.id, status))))
      return undefined;
  }
  for (const { path, now } of changes) {
    const id = parsePath(path)?.id;
    if (now === undefined && id !== undefined) after.set(id, undefined);
  }
  for (const { now } of changes) {
    if (now?.kind === 'settings') after.settings = now.settings;
    if (now?.kind === 'item' && now.content.kind === 'item') after.set(now.id, now.content.item);
  }
  return after;
}
