import type { ItemInParts } from '../codec/item.ts';
import { readTrailers, recordedAt } from '../codec/message.ts';
import { parsePath, SETTINGS_PATH } from '../codec/path.ts';
import { isLedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import { type LedgerView, Overlay } from '../domain/view.ts';
import type { CommitRecord, Oid, TreeChange } from '../store/port.ts';
import {
  type BaseState,
  filesIn,
  type Incoming,
  lastWhole,
  lastWholeSettings,
  readSettingsIn,
} from './base-state.ts';
import {
  type FileAt,
  type Files,
  filesAfter,
  type ItemChange,
  type ItemFile,
  itemChanges,
  PLAIN_FILE,
  type SettingsFile,
  wholeIn,
} from './files.ts';
import type { CommitFindings } from './findings.ts';
import { ItemFiles } from './item-files.ts';
import { MemoryView, unknownSettings } from './memory-view.ts';
import type { Finding } from './rules.ts';
import type { Before, LedgerState, Left, SettingsState } from './state.ts';
import { beginAt } from './timeline.ts';

/** What was found of a commit before the push. */
export interface Recalled extends Pick<Finding, 'commit' | 'id'> {
  rule: string;
  /** The files that it changed, each as it stood before. */
  files: Readonly<Record<string, Oid | null>>;
  /** Of its items and paths, those that stand by now. */
  standing?: readonly string[] | undefined;
}

/** What is known of an item. */
interface Known {
  files: Files;
  /** As it was last whole; known where a repair asks for it, and where the push changed it. */
  good: FileAt | undefined;
  /** The commit of the push that changed it last. */
  commit: Oid | undefined;
  /** Its file, where that commit did what it says. */
  file?: ItemInParts | undefined;
}

/**
 * The ledger as it stood before a push, and what the commits of the push did so far. Only items that the push touches are
 * known by their files.
 */
export class PushState extends ItemFiles implements LedgerState {
  settingsFile: SettingsState = { good: undefined, whole: true };
  readonly #incoming: Incoming;
  readonly #baseState: BaseState | undefined;
  readonly #ops: Map<string, Oid>;
  readonly #now: number;
  readonly #known = new Map<WorkId, Known>();
  readonly #repaired = new Set<WorkId>();
  /** What the commit at hand did, until it is settled. */
  #applied = new Map<WorkId, Known & { item: WorkItem | undefined }>();
  readonly #view: Overlay;
  /** The last commit, where each so far has the one before it as its only parent. */
  #line: Oid | undefined;
  /** What a branch begins on that is new, and where what is there cannot be read. */
  readonly #nothing = new MemoryView(unknownSettings());

  /**
   * @param ops transitions of the push that happened before it
   * @param now seconds since 1970: what stands already and is ahead of it is believed up to here
   */
  constructor(
    incoming: Incoming,
    baseState: BaseState | undefined,
    ops: ReadonlyMap<string, Oid>,
    now: number,
  ) {
    super();
    this.#now = now;
    this.#incoming = incoming;
    this.#baseState = baseState;
    this.#ops = new Map(ops);
    this.#line = baseState?.tip;
    this.#view = new Overlay(this.#nothing);
    if (baseState?.settings !== undefined) this.settings = baseState.settings;
  }

  get settings(): LedgerSettings {
    return this.#view.settings;
  }

  set settings(settings: LedgerSettings) {
    this.#view.settings = settings;
  }

  /** A commit before the push broke a rule; it changed these files, which stood like this before it. */
  recallSuspect({ commit, files, standing = [], ...found }: Recalled): void {
    const { undoing } = this;
    const created: WorkId[] = [];
    for (const [path, oid] of Object.entries(files)) {
      const parsed = parsePath(path);
      if (standing.includes(parsed?.id ?? path)) continue;
      if (parsed === undefined) undoing.suspectFile(path, commit, oid ?? undefined);
      else if (oid === null) created.push(parsed.id);
      else undoing.suspectItem(parsed.id, commit, { state: parsed.state, mode: PLAIN_FILE, oid });
    }
    for (const id of created) undoing.suspectItem(id, commit, undefined);
    undoing.note(commit, found);
  }

  async prepare(record: CommitRecord, changes: readonly TreeChange[]): Promise<void> {
    const isRepair = readTrailers(record.message).values.get('Work-Verb') === 'repair';
    const [parent, ...others] = record.parents;
    this.#line = others.length === 0 && parent === this.#line ? record.oid : undefined;
    for (const change of itemChanges(changes).items)
      if (!this.#meets(record, change, isRepair)) await this.#learn(change.id, isRepair);
    if (isRepair && changes.some(({ path }) => path === SETTINGS_PATH)) await this.#learnSettings();
  }

  /**
   * Takes the files that an item had before the push from the commit that touches it first, where its trees are known and all so far is
   * one line: they are those that it found.
   */
  #meets({ sound }: CommitRecord, { id, before }: ItemChange, isRepair: boolean): boolean {
    if (!sound || isRepair || this.#line === undefined || this.#known.has(id)) return false;
    const files = new Map(before.map(({ state, oid }) => [state, { oid, decoded: undefined }]));
    this.#known.set(id, { files, good: undefined, commit: undefined });
    return true;
  }

  async #learn(id: WorkId, isRepair: boolean): Promise<void> {
    const known = this.#known.get(id);
    const isKnown =
      known !== undefined && (!isRepair || known.commit !== undefined || this.#repaired.has(id));
    if (isKnown) return;
    const nothing = { files: new Map(), good: undefined };
    const { tip } = this.#baseState ?? {};
    if (tip === undefined) this.#known.set(id, { ...nothing, commit: undefined });
    else if (isRepair)
      this.#known.set(id, { ...(await lastWhole(this.#incoming, tip, id)), commit: undefined });
    else {
      const files = await filesIn(this.#incoming, tip, id);
      this.#known.set(id, { files, good: undefined, commit: undefined });
    }
    if (isRepair) this.#repaired.add(id);
  }

  async #learnSettings(): Promise<void> {
    if (this.settingsFile.good !== undefined || this.#baseState === undefined) return;
    this.settingsFile = await lastWholeSettings(this.#incoming, this.#baseState.tip);
  }

  async ask<T>(use: () => T): Promise<T> {
    const on = (view: LedgerView): T => {
      this.#applied.clear();
      this.#view.rebase(view);
      return use();
    };
    return this.#baseState?.settings === undefined ? on(this.#nothing) : this.#baseState.read(on);
  }

  settle(): void {
    for (const [id, { files, good, item, commit, file }] of this.#applied) {
      this.#known.set(id, { files, good, commit, file });
      this.#view.set(id, item);
    }
    this.#applied.clear();
  }

  async recall(commit: Oid): Promise<Left | undefined> {
    if (this.#baseState === undefined) return undefined;
    const file = await readSettingsIn(this.#incoming, commit);
    const settings = file?.kind === 'settings' ? file.settings : this.settings;
    const recorded = recordedAt(await this.#incoming.readCommit(commit));
    return { settings, time: beginAt(Math.min(recorded, this.#now)) };
  }

  enter(op: string, commit: Oid): Oid | undefined {
    const earlier = this.#ops.get(op);
    if (earlier === undefined) this.#ops.set(op, commit);
    return earlier;
  }

  adoptSettings(file: SettingsFile): void {
    if (file.kind !== 'settings') return;
    this.settings = file.settings;
    this.settingsFile = { good: file.oid, whole: true };
  }

  before(change: ItemChange, findings: CommitFindings): Before {
    const { id } = change;
    if (!this.follows(change)) findings.add('fork', `${id} was changed on another branch of history, too`);
    const view = this.#view;
    try {
      return { item: view.find(id), damaged: false, view, file: this.#known.get(id)?.file };
    } catch (error) {
      if (!isLedgerError(error, 'DAMAGED_ITEM')) throw error;
      return { item: undefined, damaged: true, view };
    }
  }

  apply(change: ItemChange, read: readonly ItemFile[], commit: Oid): void {
    const { id } = change;
    const known = this.#applied.get(id) ?? this.#known.get(id);
    const files = filesAfter(known?.files, change, read);
    const [file] = read;
    const item = file?.kind === 'item' ? file.item : undefined;
    const inParts = file?.kind === 'item' && read.length === 1 ? file.inParts : undefined;
    this.#applied.set(id, { files, good: wholeIn(files) ?? known?.good, item, commit, file: inParts });
  }

  /** Items that the push changed, as it left them; `undefined` for one that is gone. */
  changed(): ReadonlyMap<WorkId, WorkItem | undefined> {
    return this.#view.changes();
  }

  letGo(id: WorkId): void {
    const known = this.#applied.get(id);
    if (known !== undefined) this.#applied.set(id, { ...known, good: undefined });
  }

  /** What was not changed by the push is older than it. */
  lastChangeOf(id: WorkId): Oid | undefined {
    return this.#known.get(id)?.commit ?? this.#baseState?.tip;
  }

  /** A push in which this is so has been refused by then. */
  isForked(): boolean {
    return false;
  }

  lastGood(id: WorkId): FileAt | undefined {
    return (this.#applied.get(id) ?? this.#known.get(id))?.good;
  }

  protected filesOf(id: WorkId): Files | undefined {
    return (this.#applied.get(id) ?? this.#known.get(id))?.files;
  }
}
