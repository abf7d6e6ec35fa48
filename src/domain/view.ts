import { parseId, type WorkId } from './ids.ts';
import { isTerminal, type WorkItem, type WorkStatus } from './item.ts';
import { contentDigest } from './item-schema.ts';
import { sourceKey, sourcesOf } from './provenance.ts';
import { countsUnder, type LimitKind } from './readiness.ts';
import type { LedgerSettings } from './settings.ts';

/** The transition that took an idempotency key, and the digest of what was asked for under it. */
export interface UsedKey {
  id: WorkId;
  op: string;
  digest: string;
}

/**
 * The ledger as it stands at one commit: all that a decision may look at. Synchronous, so that deciding is a pure step
 * between two readings of the tip. The open indexes cover `active/` alone.
 */
export interface LedgerView {
  readonly settings: LedgerSettings;
  /** @throws LedgerError `DAMAGED_ITEM` where the file cannot be read as an item */
  find(id: WorkId): WorkItem | undefined;
  /** Status without reading a terminal item's file. */
  statusOf(id: WorkId): WorkStatus | 'damaged' | undefined;
  openChildrenOf(id: WorkId): readonly WorkId[];
  /** Items that are blocked with `blocker_id` = `id`. */
  blockedOn(id: WorkId): readonly WorkId[];
  /** Open items that name `id` as a dependency. */
  openDependentsOf(id: WorkId): readonly WorkId[];
  /** Items that someone holds and that count under the name: its owner's, its swarm's, or a label. */
  inProgress(kind: LimitKind, name: string): readonly WorkId[];
  /** What an idempotency key was used for, also where its item ended or was deleted, as far as this view knows. */
  usedKey(key: string): UsedKey | undefined;
  /** Items, open and ended, that have a source; `key` is its `sourceKey`. */
  fromSource(key: string): readonly WorkId[];
  /** One past the highest number ever given for that prefix and day (`YYYYMMDD`), deleted items included. */
  nextNumber(prefix: string, date: string): number;
  /** True for an id that was given once, also after its item was deleted, as far as this view knows. */
  wasUsed(id: WorkId): boolean;
}

/** The highest number that stands for each prefix and day. */
export class Numbers {
  readonly #highest = new Map<string, number>();

  add(id: WorkId): void {
    const { prefix, date, number } = parseId(id);
    if (number !== undefined && number > this.highest(prefix, date)) this.#highest.set(prefix + date, number);
  }

  /** @param rest the ids that are left, among which the next highest is looked for */
  remove(id: WorkId, rest: () => Iterable<WorkId>): void {
    const { prefix, date, number } = parseId(id);
    if (number === undefined || number !== this.highest(prefix, date)) return;
    this.#highest.delete(prefix + date);
    for (const other of rest()) if (other.startsWith(`${prefix}-${date}-`)) this.add(other);
  }

  /** 0 where there is none. */
  highest(prefix: string, date: string): number {
    return this.#highest.get(prefix + date) ?? 0;
  }
}

/** Which items have which source, kept as items come and go. */
export class SourceIndex {
  readonly #items = new Map<string, Set<WorkId>>();

  add(item: WorkItem): void {
    for (const source of sourcesOf(item)) include(this.#items, sourceKey(source), item.id);
  }

  remove(item: WorkItem): void {
    for (const source of sourcesOf(item)) exclude(this.#items, sourceKey(source), item.id);
  }

  items = (key: string): WorkId[] => sorted(this.#items.get(key));
}

/** Who points at whom among open items, kept as items come and go. */
export class OpenIndex {
  readonly #children = new Map<WorkId, Set<WorkId>>();
  readonly #dependents = new Map<WorkId, Set<WorkId>>();
  readonly #blocked = new Map<WorkId, Set<WorkId>>();
  readonly #held = { owner: new Map(), swarm: new Map(), label: new Map() } satisfies Record<
    LimitKind,
    Map<string, Set<WorkId>>
  >;

  add(item: WorkItem): void {
    if (item.parent_id !== undefined) include(this.#children, item.parent_id, item.id);
    for (const id of item.dependencies) include(this.#dependents, id, item.id);
    const blocker = item.block?.blocker_id;
    if (blocker !== undefined) include(this.#blocked, blocker, item.id);
    for (const [kind, name] of countsUnder(item)) include(this.#held[kind], name, item.id);
  }

  remove(item: WorkItem): void {
    if (item.parent_id !== undefined) this.#children.get(item.parent_id)?.delete(item.id);
    for (const id of item.dependencies) this.#dependents.get(id)?.delete(item.id);
    const blocker = item.block?.blocker_id;
    if (blocker !== undefined) this.#blocked.get(blocker)?.delete(item.id);
    for (const [kind, name] of countsUnder(item)) this.#held[kind].get(name)?.delete(item.id);
  }

  children = (id: WorkId): WorkId[] => sorted(this.#children.get(id));
  dependents = (id: WorkId): WorkId[] => sorted(this.#dependents.get(id));
  blockedOn = (id: WorkId): WorkId[] => sorted(this.#blocked.get(id));
  inProgress = (kind: LimitKind, name: string): WorkId[] => sorted(this.#held[kind].get(name));
}

/** Idempotency keys that were used. The first use of each stands, whatever becomes of its item. */
export class KeyIndex {
  readonly #used = new Map<string, UsedKey>();

  /** Takes the key of an item that is as it was made; of one that was changed since, its first revision tells. */
  add({ id, rev, last_op, idempotency_key: key }: WorkItem, digestOf: () => string): void {
    if (key !== undefined && rev === 1) this.mark(key, { id, op: last_op, digest: digestOf() });
  }

  mark(key: string, used: UsedKey): void {
    if (!this.#used.has(key)) this.#used.set(key, used);
  }

  apply(other: KeyIndex): void {
    for (const [key, used] of other.#used) this.mark(key, used);
  }

  find = (key: string): UsedKey | undefined => this.#used.get(key);
}

function include(map: Map<WorkId, Set<WorkId>>, key: WorkId, id: WorkId): void {
  const ids = map.get(key);
  if (ids === undefined) map.set(key, new Set([id]));
  else ids.add(id);
}

function exclude(map: Map<string, Set<WorkId>>, key: string, id: WorkId): void {
  const ids = map.get(key);
  if (ids?.delete(id) && ids.size === 0) map.delete(key);
}

const sorted = (ids: Set<WorkId> | undefined): WorkId[] => (ids === undefined ? [] : [...ids].sort());

/** A plain text, something else, or nothing. */
export type AuxiliaryContent = { text: string } | 'other' | undefined;

/** A view with changes that are decided and not yet committed: what the next decision looks at. */
export class Overlay implements LedgerView {
  #base: LedgerView;
  readonly #changed = new Map<WorkId, WorkItem | undefined>();
  readonly #open = new OpenIndex();
  readonly #sources = new SourceIndex();
  readonly #keys = new KeyIndex();
  readonly #numbers = new Numbers();
  settings: LedgerSettings;
  /** Files beside items, by path, as far as a command of this decision names them. */
  readonly auxiliary: Map<string, AuxiliaryContent>;

  constructor(base: LedgerView, auxiliary: ReadonlyMap<string, AuxiliaryContent> = new Map()) {
    this.#base = base;
    this.settings = base.settings;
    this.auxiliary = new Map(auxiliary);
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
    this.#keys.add(item, () => contentDigest(item));
    if (!isTerminal(item.status)) this.#open.add(item);
  }

  /** Takes over what was changed in an overlay over this one. */
  apply(above: Overlay): void {
    for (const [id, item] of above.#changed) this.set(id, item);
    this.#keys.apply(above.#keys);
    this.settings = above.settings;
    for (const [path, content] of above.auxiliary) this.auxiliary.set(path, content);
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

  usedKey(key: string): UsedKey | undefined {
    return this.#base.usedKey(key) ?? this.#keys.find(key);
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
