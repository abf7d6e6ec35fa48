import type { DecodedItem } from '../codec/item.ts';
import type { State } from '../codec/path.ts';
import type { Problem } from '../codec/problem.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import { Overlay } from '../domain/overlay.ts';
import type { Oid } from '../store/port.ts';
import { type Blobs, type ItemFile, readFiles, readItemFile } from './files.ts';
import type { CommitFindings } from './findings.ts';
import { type FileAt, type ItemChange, PLAIN_FILE } from './item-change.ts';
import { MemoryView } from './memory-view.ts';
import type { Before, History, LedgerState } from './state.ts';
import { unknownSettings } from './unknown-settings.ts';

/** The files of one item: one, unless something is wrong. */
type Files = Map<State, { oid: Oid; decoded: DecodedItem }>;

/** The ledger as a replay from its root leaves it. */
export class ReplayState implements LedgerState {
  readonly view = new MemoryView(unknownSettings());
  readonly #store: History;
  readonly #files = new Map<WorkId, Files>();
  readonly #ops = new Map<string, Oid>();
  readonly #good = new Map<WorkId, FileAt>();
  readonly #changedBy = new Map<WorkId, Oid>();
  readonly #forked = new Set<WorkId>();
  #older: Blobs = new Map();

  constructor(store: History) {
    this.#store = store;
  }

  /** Remembers the transition. @returns the commit that has it already */
  enter(op: string, commit: Oid): Oid | undefined {
    const earlier = this.#ops.get(op);
    if (earlier === undefined) this.#ops.set(op, commit);
    return earlier;
  }

  /** Reads what `before` will need of older states. */
  async lookBack(changes: readonly ItemChange[]): Promise<void> {
    const forked = changes.filter((change) => !this.#follows(change));
    this.#older = await readFiles(
      this.#store,
      forked.flatMap(({ before }) => before),
    );
  }

  /**
   * The item as the commit found it: as it was replayed last, unless the commit is on another branch of history and found it in
   * an older state. What that was must have been read: see `lookBack`.
   */
  before(change: ItemChange, findings: CommitFindings): Before {
    const { id, before } = change;
    if (this.#follows(change)) {
      const decoded = this.#standing(id);
      return { item: itemIn(decoded), damaged: decoded?.kind === 'damaged', view: this.view };
    }
    this.#forked.add(id);
    findings.add('fork', `${id} was changed on another branch of history, too`);
    const [file] = before;
    const decoded = file && readItemFile(id, file, this.#older);
    const view = new Overlay(this.view);
    view.set(id, itemIn(decoded));
    return { item: itemIn(decoded), damaged: decoded?.kind === 'damaged', view };
  }

  /** True where the commit changes the very files that were replayed last. */
  #follows({ id, before, after }: ItemChange): boolean {
    const files = this.#files.get(id);
    const came = after.filter(({ state }) => !before.some((file) => file.state === state));
    return (
      before.every(({ state, oid }) => files?.get(state)?.oid === oid) &&
      came.every(({ state }) => !files?.has(state))
    );
  }

  #standing(id: WorkId): DecodedItem | undefined {
    const state = this.view.stateOf(id);
    return state && this.#files.get(id)?.get(state)?.decoded;
  }

  /** True where the item's files are already as the change leaves them. */
  has({ id, before, after }: ItemChange): boolean {
    const files = this.#files.get(id);
    const gone = before.filter(({ state }) => !after.some((file) => file.state === state));
    return (
      after.every(({ state, oid }) => files?.get(state)?.oid === oid) &&
      gone.every(({ state }) => !files?.has(state))
    );
  }

  /** The commit that was last applied to the item. */
  lastChangeOf(id: WorkId): Oid | undefined {
    return this.#changedBy.get(id);
  }

  /** True where two branches of history changed the item, each without the other. */
  isForked(id: WorkId): boolean {
    return this.#forked.has(id);
  }

  /** Takes an item's files as a commit left them, whether that was right or wrong. `read` goes with `after`. */
  apply({ id, before, after }: ItemChange, read: readonly ItemFile[], commit: Oid): void {
    this.#changedBy.set(id, commit);
    const files: Files = this.#files.get(id) ?? new Map();
    for (const { state } of before) files.delete(state);
    after.forEach(({ state, oid }, index) => {
      const decoded = withoutBytes(read[index]);
      if (decoded !== undefined) files.set(state, { oid, decoded });
    });
    const places = [after.at(-1)?.state, this.view.stateOf(id), ...files.keys()];
    const state = places.find((place) => place !== undefined && files.has(place));
    const decoded = state && files.get(state)?.decoded;
    if (state === undefined || decoded === undefined) return this.#remove(id);
    this.#files.set(id, files);
    const oid = files.get(state)?.oid ?? '';
    if (decoded.kind === 'item' && files.size === 1) this.#good.set(id, { state, mode: PLAIN_FILE, oid });
    if (decoded.kind === 'item') this.view.put(id, state, decoded.item);
    else this.view.putDamaged(id, state, decoded.problem);
  }

  /** The item's file as it stood when it was last whole: one, and readable. `undefined` where it never was, or was deleted. */
  lastGood(id: WorkId): FileAt | undefined {
    return this.#good.get(id);
  }

  /** True where the item has one file, and it can be read. */
  isWhole(id: WorkId): boolean {
    return this.statesOf(id).length === 1 && this.#standing(id)?.kind === 'item';
  }

  /** True where the item's one file is this one; without one, where there is none. */
  standsAs(id: WorkId, file: FileAt | undefined): boolean {
    const files = this.#files.get(id);
    if (file === undefined) return files === undefined;
    return files?.size === 1 && files.get(file.state)?.oid === file.oid;
  }

  /** Items that are not whole: damaged, in two places, or gone without the verb for it. */
  broken(): WorkId[] {
    const ids = new Set([...this.#files.keys(), ...this.#good.keys()]);
    return [...ids].filter((id) => !this.isWhole(id)).sort();
  }

  /** What is wrong with the item's one file. */
  problemOf(id: WorkId): Problem | undefined {
    const decoded = this.#standing(id);
    return decoded?.kind === 'damaged' ? decoded.problem : undefined;
  }

  /** The item was deleted as items are: it has no file that could be missed. */
  letGo(id: WorkId): void {
    this.#good.delete(id);
  }

  /** Directories in which the item has a file. */
  statesOf(id: WorkId): State[] {
    return [...(this.#files.get(id)?.keys() ?? [])];
  }

  #remove(id: WorkId): void {
    this.#files.delete(id);
    this.view.remove(id);
    this.view.markDeleted(id);
  }
}

/** The bytes of one file would keep all of the batch that they were read with. */
function withoutBytes(file: ItemFile | undefined): DecodedItem | undefined {
  return file?.kind === 'item' ? { kind: 'item', item: file.item } : file;
}

const itemIn = (decoded: DecodedItem | ItemFile | undefined): WorkItem | undefined =>
  decoded?.kind === 'item' ? decoded.item : undefined;
