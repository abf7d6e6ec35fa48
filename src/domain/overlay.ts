import type { WorkId } from './ids.ts';
import { isTerminal, type WorkItem, type WorkStatus } from './item.ts';
import type { LimitKind } from './limits.ts';
import { Numbers } from './numbers.ts';
import { OpenIndex, SourceIndex } from './open-index.ts';
import type { LedgerSettings } from './settings.ts';
import type { LedgerView } from './view.ts';

/** A plain text, something else, or nothing. */
export type BesideContent = { text: string } | 'other' | undefined;

/** A view with changes that are decided and not yet committed: what the next decision looks at. */
export class Overlay implements LedgerView {
  #base: LedgerView;
  readonly #changed = new Map<WorkId, WorkItem | undefined>();
  readonly #open = new OpenIndex();
  readonly #sources = new SourceIndex();
  readonly #numbers = new Numbers();
  settings: LedgerSettings;
  /** Files beside items, by path, as far as a command of this decision names them. */
  readonly beside: Map<string, BesideContent>;

  constructor(base: LedgerView, beside: ReadonlyMap<string, BesideContent> = new Map()) {
    this.#base = base;
    this.settings = base.settings;
    this.beside = new Map(beside);
  }

  /** Lays the changes over another view of the same ledger: one is good for a single reading. */
  rebase(base: LedgerView): void {
    this.#base = base;
  }

  /** `undefined` deletes. */
  set(id: WorkId, item: WorkItem | undefined): void {
    const before = this.#changed.get(id);
    if (before !== undefined) {
      this.#open.remove(before);
      this.#sources.remove(before);
    }
    this.#changed.set(id, item);
    this.#numbers.add(id);
    if (item === undefined) return;
    this.#sources.add(item);
    if (!isTerminal(item.status)) this.#open.add(item);
  }

  /** Takes over what was changed in an overlay over this one. */
  take(above: Overlay): void {
    for (const [id, item] of above.#changed) this.set(id, item);
    this.settings = above.settings;
    for (const [path, content] of above.beside) this.beside.set(path, content);
  }

  /** What was changed, in the order of the first change of each item. */
  changes(): ReadonlyMap<WorkId, WorkItem | undefined> {
    return this.#changed;
  }

  find(id: WorkId): WorkItem | undefined {
    return this.#changed.has(id) ? this.#changed.get(id) : this.#base.find(id);
  }

  statusOf(id: WorkId): WorkStatus | 'damaged' | undefined {
    return this.#changed.has(id) ? this.#changed.get(id)?.status : this.#base.statusOf(id);
  }

  openChildrenOf(id: WorkId): readonly WorkId[] {
    return this.#merge(this.#base.openChildrenOf(id), this.#open.children(id));
  }

  blockedOn(id: WorkId): readonly WorkId[] {
    return this.#merge(this.#base.blockedOn(id), this.#open.blockedOn(id));
  }

  openDependentsOf(id: WorkId): readonly WorkId[] {
    return this.#merge(this.#base.openDependentsOf(id), this.#open.dependents(id));
  }

  inProgress(kind: LimitKind, name: string): readonly WorkId[] {
    return this.#merge(this.#base.inProgress(kind, name), this.#open.inProgress(kind, name));
  }

  openByKey(key: string): WorkId | undefined {
    const own = this.#open.byKey(key);
    if (own !== undefined) return own;
    const base = this.#base.openByKey(key);
    return base !== undefined && this.#changed.has(base) ? undefined : base;
  }

  fromSource(key: string): readonly WorkId[] {
    return this.#merge(this.#base.fromSource(key), this.#sources.items(key));
  }

  nextNumber(prefix: string, date: string): number {
    return Math.max(this.#base.nextNumber(prefix, date), this.#numbers.highest(prefix, date) + 1);
  }

  wasUsed(id: WorkId): boolean {
    return this.#changed.has(id) || this.#base.wasUsed(id);
  }

  #merge(base: readonly WorkId[], own: readonly WorkId[]): readonly WorkId[] {
    if (this.#changed.size === 0) return base;
    return [...new Set([...base.filter((id) => !this.#changed.has(id)), ...own])].sort();
  }
}
