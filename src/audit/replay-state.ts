import type { DecodedItem } from '../codec/item.ts';
import type { Problem } from '../codec/problem.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import { Overlay } from '../domain/view.ts';
import type { CommitRecord, Oid } from '../store/port.ts';
import {
  type Blobs,
  type FileAt,
  type Files,
  filesAfter,
  type ItemChange,
  type ItemFile,
  itemChanges,
  readFiles,
  readItemFile,
  type SettingsFile,
  wholeIn,
} from './files.ts';
import type { CommitFindings } from './findings.ts';
import { ItemFiles } from './item-files.ts';
import { MemoryView, unknownSettings } from './memory-view.ts';
import type { Before, History, LedgerState, Left, SettingsState } from './state.ts';

/** The ledger as a replay from its root, or from a commit that is trusted, leaves it. */
export class ReplayState extends ItemFiles implements LedgerState {
  readonly view = new MemoryView(unknownSettings());
  readonly settingsFile: SettingsState = { good: undefined, whole: false };
  readonly #store: History;
  readonly #files = new Map<WorkId, Files>();
  readonly #ops = new Map<string, Oid>();
  readonly #good = new Map<WorkId, FileAt>();
  readonly #changedBy = new Map<WorkId, Oid>();
  readonly #forked = new Set<WorkId>();
  #older: Blobs = new Map();

  constructor(store: History) {
    super();
    this.#store = store;
  }

  get settings(): LedgerSettings {
    return this.view.settings;
  }

  set settings(settings: LedgerSettings) {
    this.view.settings = settings;
  }

  /** Items that were changed on another branch of history were found in an older state. */
  async prepare({ changes }: CommitRecord): Promise<void> {
    const forked = itemChanges(changes).items.filter((change) => !this.follows(change));
    if (forked.length > 0) {
      const before = forked.flatMap((change) => change.before);
      this.#older = await readFiles(this.#store, before);
    }
  }

  async ask<T>(use: () => T): Promise<T> {
    return use();
  }

  /** What is applied stands at once. */
  settle(): void {}

  /** All that is there was looked at. */
  async recall(): Promise<Left | undefined> {
    return undefined;
  }

  enter(op: string, commit: Oid): Oid | undefined {
    const earlier = this.#ops.get(op);
    if (earlier === undefined) this.#ops.set(op, commit);
    return earlier;
  }

  adoptSettings(file: SettingsFile): void {
    this.settingsFile.whole = file.kind === 'settings';
    if (file.kind !== 'settings') return;
    this.settings = file.settings;
    this.settingsFile.good = file.oid;
  }

  /**
   * The item as the commit found it: as it was replayed last, unless the commit is on another branch of history and found it in
   * an older state.
   */
  before(change: ItemChange, findings: CommitFindings): Before {
    const { id, before } = change;
    if (this.follows(change)) {
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

  protected filesOf(id: WorkId): Files | undefined {
    return this.#files.get(id);
  }

  #standing(id: WorkId): DecodedItem | undefined {
    const state = this.view.stateOf(id);
    return state && this.#files.get(id)?.get(state)?.decoded;
  }

  lastChangeOf(id: WorkId): Oid | undefined {
    return this.#changedBy.get(id);
  }

  isForked(id: WorkId): boolean {
    return this.#forked.has(id);
  }

  apply(change: ItemChange, read: readonly ItemFile[], commit: Oid): void {
    const { id, after } = change;
    this.#changedBy.set(id, commit);
    const files = filesAfter(this.#files.get(id), change, read);
    const places = [after.at(-1)?.state, this.view.stateOf(id), ...files.keys()];
    const state = places.find((place) => place !== undefined && files.has(place));
    const decoded = state && files.get(state)?.decoded;
    if (state === undefined || decoded === undefined) return this.#remove(id);
    this.#files.set(id, files);
    const good = wholeIn(files);
    if (good !== undefined) this.#good.set(id, good);
    if (decoded.kind === 'item') this.view.put(id, state, decoded.item);
    else this.view.putDamaged(id, state, decoded.problem);
  }

  lastGood(id: WorkId): FileAt | undefined {
    return this.#good.get(id);
  }

  letGo(id: WorkId): void {
    this.#good.delete(id);
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

  #remove(id: WorkId): void {
    this.#files.delete(id);
    this.view.remove(id);
    this.view.markDeleted(id);
  }
}

const itemIn = (decoded: DecodedItem | ItemFile | undefined): WorkItem | undefined =>
  decoded?.kind === 'item' ? decoded.item : undefined;
