import { parsePath, SETTINGS_PATH, type State } from '../codec/path.ts';
import type { WorkId } from '../domain/ids.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import type { CommitRecord, Oid } from '../store/port.ts';
import { type FileAt, type Files, type ItemChange, itemChanges, wholeIn } from './files.ts';

/** What a commit that breaks a rule changed, as it stood before. */
interface Broken<T> {
  commit: Oid;
  before: T | undefined;
}

/** What commits that break a rule changed and may be undone, by item or path; of each, the oldest commit first. */
class Undoable<T> {
  readonly #broken = new Map<string, Broken<T>[]>();

  add(key: string, one: Broken<T>): void {
    const all = this.#broken.get(key) ?? [];
    if (!all.some(({ commit }) => commit === one.commit)) this.#broken.set(key, [...all, one]);
  }

  /** All of it is undone at once, back to what stood before the oldest. */
  oldest(key: string): Broken<T> | undefined {
    return this.#broken.get(key)?.[0];
  }

  has(key: string, commit: Oid): boolean {
    return this.#broken.get(key)?.some((one) => one.commit === commit) ?? false;
  }

  end(key: string): void {
    this.#broken.delete(key);
  }

  /** Someone answers for a commit, and so for what it builds on. */
  answer(commit: Oid): void {
    for (const [key, all] of this.#broken) {
      const left = all.slice(all.findIndex((one) => one.commit === commit) + 1);
      if (left.length > 0) this.#broken.set(key, left);
      else this.#broken.delete(key);
    }
  }

  copy(other: Undoable<T>): void {
    this.#broken.clear();
    for (const [key, all] of other.#broken) this.#broken.set(key, all);
  }
}

/** A finding, as an acknowledgement names it. */
type Named = { rule: string; id?: WorkId | undefined };

/**
 * What a mend may undo: what commits did that break a rule, until somebody answers for that or a right commit builds on it. Then it
 * stands, and what went before it as well.
 */
export class Undoing {
  readonly #items = new Undoable<FileAt>();
  readonly #others = new Undoable<Oid>();
  /** What was found of each commit that breaks a rule, while somebody has to answer for it. */
  readonly #found = new Map<Oid, readonly Named[]>();
  /** The settings before a commit that broke a rule changed them, until they are as they were, or somebody answers for it. */
  rightSettings: LedgerSettings | undefined;

  /** What a commit did that breaks a rule may be undone; of a merge, by hand. */
  suspect(
    { oid, parents, changes }: CommitRecord,
    found: readonly Named[],
    left: ReadonlyMap<Oid, { settings: LedgerSettings }>,
  ): void {
    const [parent, ...more] = parents;
    if (parent === undefined || more.length > 0) return;
    this.#found.set(oid, found);
    const { items, others } = itemChanges(changes);
    for (const { id, before } of items) if (before.length < 2) this.suspectItem(id, oid, before[0]);
    for (const { path, before } of others) {
      this.suspectFile(path, oid, before?.oid);
      if (path === SETTINGS_PATH) this.rightSettings ??= left.get(parent)?.settings;
    }
  }

  /** Something more was found of a commit. */
  note(commit: Oid, found: Named): void {
    this.#found.set(commit, [...(this.#found.get(commit) ?? []), found]);
  }

  /** A commit that breaks a rule changed the item, which had this file before. */
  suspectItem(id: WorkId, commit: Oid, before: FileAt | undefined): void {
    this.#items.add(id, { commit, before });
  }

  /** As `suspectItem`, of a file beside items. */
  suspectFile(path: string, commit: Oid, before: Oid | undefined): void {
    this.#others.add(path, { commit, before });
  }

  /** What a right commit built on stands. */
  buildOn({ changes }: Pick<CommitRecord, 'changes'>): void {
    const { items, others } = itemChanges(changes);
    for (const { id } of items) this.#items.end(id);
    for (const { path } of others) this.#others.end(path);
  }

  /**
   * Somebody answers for what was found of a commit, which is not undone any more.
   *
   * @returns whether that is all of it
   */
  answer(commit: Oid, named: readonly Named[]): boolean {
    const found = this.#found.get(commit);
    if (found === undefined) return false;
    const left = found.filter(({ rule, id }) => !named.some((one) => one.rule === rule && one.id === id));
    this.#found.set(commit, left);
    if (left.length > 0) return false;
    this.#items.answer(commit);
    this.#others.answer(commit);
    if (this.#others.oldest(SETTINGS_PATH) === undefined) this.rightSettings = undefined;
    return true;
  }

  /** Begins as another state of the same ledger has it. */
  begin(other: Undoing): void {
    this.#items.copy(other.#items);
    this.#others.copy(other.#others);
    this.#found.clear();
    for (const [commit, found] of other.#found) this.#found.set(commit, found);
    this.rightSettings = other.rightSettings;
  }

  /** Whether it is known what was found of a commit. */
  knows(commit: Oid): boolean {
    return this.#found.has(commit);
  }

  /** Of what a commit changed that breaks a rule, the items and paths that stand now: a right commit built on them, or they were put back. */
  standing(commit: Oid, paths: readonly string[]): string[] {
    if (!this.#found.has(commit)) return [];
    return paths.flatMap((path) => {
      const key = parsePath(path)?.id ?? path;
      return this.#items.has(key, commit) || this.#others.has(key, commit) ? [] : [key];
    });
  }

  /** Whether the item stands as it did before a commit that broke a rule; then that is over. */
  isUndone(id: WorkId, standsAs: (file: FileAt | undefined) => boolean): boolean {
    const oldest = this.#items.oldest(id);
    if (oldest === undefined || !standsAs(oldest.before)) return false;
    this.#items.end(id);
    return true;
  }

  /** True where a commit that breaks a rule changed the item, and nobody put it back, answered for it, or built on it. */
  isSuspect(id: WorkId): boolean {
    return this.#items.oldest(id) !== undefined;
  }

  /** As `isUndone`, of a file beside items that is now this one. */
  isFileUndone(path: string, now: Oid | undefined): boolean {
    const oldest = this.#others.oldest(path);
    if (oldest === undefined || oldest.before !== now) return false;
    this.#others.end(path);
    return true;
  }
}

const NONE: Files = new Map();

/** Which files each item has, and what follows from that. */
export abstract class ItemFiles {
  /** What a mend may undo. */
  readonly undoing = new Undoing();

  protected abstract filesOf(id: WorkId): Files | undefined;

  /** A right mend: what stands as it did before it broke a rule is over. */
  undo({ changes }: Pick<CommitRecord, 'changes'>): void {
    const { items, others } = itemChanges(changes);
    for (const { id } of items) this.isUndone(id);
    for (const { path, after } of others) this.undoing.isFileUndone(path, after?.oid);
  }

  /** @see Undoing.isUndone */
  isUndone(id: WorkId): boolean {
    return this.undoing.isUndone(id, (file) => this.standsAs(id, file));
  }

  /** True where the commit changes the very files that stand. */
  protected follows({ id, before, after }: ItemChange): boolean {
    const files = this.filesOf(id) ?? NONE;
    return (
      before.every(({ state, oid }) => files.get(state)?.oid === oid) &&
      isFree(files, after.filter(isNewIn(before)))
    );
  }

  has({ id, before, after }: ItemChange): boolean {
    const files = this.filesOf(id) ?? NONE;
    return (
      after.every(({ state, oid }) => files.get(state)?.oid === oid) &&
      isFree(files, before.filter(isNewIn(after)))
    );
  }

  statesOf(id: WorkId): State[] {
    return [...(this.filesOf(id) ?? NONE).keys()];
  }

  isWhole(id: WorkId): boolean {
    return wholeIn(this.filesOf(id)) !== undefined;
  }

  standsAs(id: WorkId, file: FileAt | undefined): boolean {
    const files = this.filesOf(id) ?? NONE;
    if (file === undefined) return files.size === 0;
    return files.size === 1 && files.get(file.state)?.oid === file.oid;
  }
}

const isNewIn =
  (others: readonly FileAt[]) =>
  ({ state }: FileAt): boolean =>
    !others.some((other) => other.state === state);

const isFree = (files: Files, places: readonly FileAt[]): boolean =>
  places.every(({ state }) => !files.has(state));
