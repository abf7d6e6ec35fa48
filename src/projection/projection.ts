import { parsePath, SETTINGS_PATH, stateOf } from '../codec/path.ts';
import { MAX_FILE_BYTES } from '../codec/read-yaml.ts';
import { decodeSettings } from '../codec/settings.ts';
import { LedgerError } from '../domain/errors.ts';
import type { Overlay } from '../domain/overlay.ts';
import type { BlobContent, LedgerStore, Oid, TreeEntry } from '../store/port.ts';
import { Deletions, type Memory } from './deletions.ts';
import { MemoryView } from './memory-view.ts';

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
  readonly #deletions: Deletions;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(store: LedgerStore, memory?: Memory) {
    this.#store = store;
    this.#deletions = new Deletions(store, memory);
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
        else view.remove(id);
      }
      view.settings = changes.settings;
      this.#current = { tip: to, view };
    });
  }

  /** Makes sure that ids whose items were deleted are known as used. */
  knowDeletions(tip: Oid): Promise<void> {
    return this.#inTurn(async () => (await this.#catchUp(tip)).setDeleted(await this.#deletions.upTo(tip)));
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
