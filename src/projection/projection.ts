import { decodeMessage } from '../codec/message.ts';
import { parsePath, SETTINGS_PATH, stateOf } from '../codec/path.ts';
import { MAX_FILE_BYTES } from '../codec/read-yaml.ts';
import { decodeSettings } from '../codec/settings.ts';
import { LedgerError } from '../domain/errors.ts';
import type { Overlay } from '../domain/overlay.ts';
import type { BlobContent, LedgerStore, Oid, TreeChange, TreeEntry } from '../store/port.ts';
import { MemoryView } from './memory-view.ts';

const DAY_S = 86_400;
const PLAIN_FILE = '100644';
/** Files that a ledger branch holds beside items and that this program does not read. */
const KNOWN_FILES =
  /^(?:README\.md|\.gitattributes|\.gitlab-ci\.yml|CODEOWNERS|(?:\.github|\.gitea|\.gitlab|policy|templates)\/.+)$/;

/**
 * The ledger as it stands at a tip, kept from one question to the next and caught up by what changed between two trees.
 */
export class Projection {
  readonly #store: LedgerStore;
  #current: { tip: Oid; view: MemoryView } | undefined;
  /** Since when (seconds) deletions are known at `#current`, so that no number of a deleted item is given again. */
  #deletionsSince = Number.POSITIVE_INFINITY;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(store: LedgerStore) {
    this.#store = store;
  }

  /** The view at `tip`. It belongs to the projection and changes with the next call: read it, do not keep it. */
  at(tip: Oid): Promise<MemoryView> {
    return this.#inTurn(() => this.#catchUp(tip));
  }

  /** Takes over what was just committed, without reading it back. */
  advance(from: Oid, to: Oid, changes: Overlay): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#current?.tip !== from) return;
      const { view } = this.#current;
      for (const [id, item] of changes.changes()) {
        if (item !== undefined) view.put(id, stateOf(item.status), item);
        else {
          view.remove(id);
          view.markDeleted(id);
        }
      }
      view.settings = changes.settings;
      this.#current = { tip: to, view };
    });
  }

  /** Makes sure that ids of the day `date` (`YYYYMMDD`) whose items were deleted are known as used. */
  knowDeletions(tip: Oid, date: string): Promise<void> {
    return this.#inTurn(async () => {
      const view = await this.#catchUp(tip);
      const day = Date.parse(`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6, 8)}T00:00:00Z`) / 1000;
      const since = Math.max(0, day - 2 * DAY_S);
      if (since >= this.#deletionsSince) return;
      for await (const { message } of this.#store.commits({ to: tip, since })) {
        if (!message.startsWith('delete ')) continue;
        const decoded = decodeMessage(message);
        if (decoded.kind === 'event' && decoded.event.verb === 'delete') view.markDeleted(decoded.event.id);
      }
      this.#deletionsSince = since;
    });
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const next = this.#queue.then(task, task);
    this.#queue = next.catch(() => undefined);
    return next;
  }

  async #catchUp(tip: Oid): Promise<MemoryView> {
    if (this.#current?.tip === tip) return this.#current.view;
    const view = this.#current === undefined ? await this.#load(tip) : await this.#follow(this.#current, tip);
    this.#current = { tip, view };
    return view;
  }

  async #load(tip: Oid): Promise<MemoryView> {
    const entries = await this.#store.readTree(tip);
    const blobs = await this.#readItems(entries);
    const view = new MemoryView(readSettings(entries, blobs));
    const ids = new Map<string, string>();
    for (const entry of entries) {
      const id = parsePath(entry.path)?.id;
      const other = id === undefined ? undefined : ids.get(id);
      if (id !== undefined) ids.set(id, entry.path);
      if (other === undefined) place(view, entry.path, entry, blobs);
      else view.setStray(entry.path, { rule: 'twice', message: `${id} also stands at ${other}` });
    }
    return view;
  }

  async #follow({ tip: from, view }: { tip: Oid; view: MemoryView }, tip: Oid): Promise<MemoryView> {
    const changes = await this.#store.diffTrees(from, tip);
    // Until every change is in, the view is of no tip; a failure in between makes the next call read it anew.
    this.#current = undefined;
    const blobs = await this.#readItems(
      changes.flatMap(({ path, after }) => (after ? [{ path, ...after }] : [])),
    );
    for (const { path, after } of changes) if (after === undefined) remove(view, path);
    for (const { path, after } of changes) {
      if (after === undefined) continue;
      if (path === SETTINGS_PATH) view.settings = readSettings([{ path, ...after }], blobs);
      else place(view, path, after, blobs);
    }
    markGone(view, changes);
    return view;
  }

  #readItems(entries: readonly TreeEntry[]): Promise<Map<Oid, BlobContent>> {
    const wanted = entries
      .filter(({ path, mode }) => mode === PLAIN_FILE && isRead(path))
      .map(({ oid }) => oid);
    return this.#store.readBlobs(wanted, MAX_FILE_BYTES);
  }
}

const isRead = (path: string): boolean => path === SETTINGS_PATH || parsePath(path) !== undefined;

function readSettings(
  entries: readonly TreeEntry[],
  blobs: ReadonlyMap<Oid, BlobContent>,
): MemoryView['settings'] {
  const entry = entries.find(({ path }) => path === SETTINGS_PATH);
  const blob = entry === undefined ? undefined : blobs.get(entry.oid);
  if (blob?.kind !== 'bytes') {
    throw new LedgerError('DAMAGED_ITEM', `The ledger has no readable ${SETTINGS_PATH}.`, {
      hint: 'Is this branch a ledger? `git config ledger.branch` names another one.',
      details: { path: SETTINGS_PATH },
    });
  }
  return decodeSettings(blob.bytes);
}

function place(
  view: MemoryView,
  path: string,
  { mode, oid }: { mode: string; oid: Oid },
  blobs: ReadonlyMap<Oid, BlobContent>,
): void {
  const parsed = parsePath(path);
  if (parsed === undefined) {
    const known = path === SETTINGS_PATH || KNOWN_FILES.test(path);
    view.setStray(path, known ? undefined : { rule: 'path', message: 'no work item belongs at this path' });
    return;
  }
  const blob = mode === PLAIN_FILE ? blobs.get(oid) : undefined;
  if (blob?.kind === 'bytes') return view.put(parsed.id, parsed.state, blob.bytes);
  const problem =
    mode !== PLAIN_FILE
      ? { rule: 'mode', message: `the entry has mode ${mode}` }
      : blob === undefined
        ? { rule: 'missing', message: 'the object is missing' }
        : { rule: 'size', message: `the file has ${blob.size} bytes; ${MAX_FILE_BYTES} are allowed` };
  view.putDamaged(parsed.id, parsed.state, problem);
}

function remove(view: MemoryView, path: string): void {
  view.setStray(path, undefined);
  const parsed = parsePath(path);
  if (parsed !== undefined && view.stateOf(parsed.id) === parsed.state) view.remove(parsed.id);
}

/** An id whose file went and came back nowhere was deleted. */
function markGone(view: MemoryView, changes: readonly TreeChange[]): void {
  for (const { path } of changes) {
    const id = parsePath(path)?.id;
    if (id !== undefined && !view.wasUsed(id)) view.markDeleted(id);
  }
}
