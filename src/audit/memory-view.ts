import type { DecodedItem } from '../codec/item.ts';
import type { State } from '../codec/path.ts';
import { describeProblem, type Problem } from '../codec/problem.ts';
import { LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem, WorkStatus } from '../domain/item.ts';
import { contentDigest } from '../domain/item-schema.ts';
import type { LimitKind } from '../domain/readiness.ts';
import { checkSettings, type LedgerSettings, settingsSchema } from '../domain/settings.ts';
import { KeyIndex, type LedgerView, Numbers, OpenIndex, SourceIndex, type UsedKey } from '../domain/view.ts';

interface Entry {
  state: State;
  decoded: DecodedItem;
}

/** The whole ledger at one tip, in memory. */
export class MemoryView implements LedgerView {
  settings: LedgerSettings;
  readonly #entries = new Map<WorkId, Entry>();
  readonly #deleted = new Set<WorkId>();
  readonly #open = new OpenIndex();
  readonly #sources = new SourceIndex();
  readonly #keys = new KeyIndex();
  readonly #numbers = new Numbers();
  readonly #deletedNumbers = new Numbers();

  constructor(settings: LedgerSettings) {
    this.settings = settings;
  }

  put(id: WorkId, state: State, item: WorkItem): void {
    this.#set(id, { state, decoded: { kind: 'item', item } });
    this.#sources.add(item);
    this.#keys.add(item, () => contentDigest(item));
    if (state === 'active') this.#open.add(item);
  }

  putDamaged(id: WorkId, state: State, problem: Problem): void {
    this.#set(id, { state, decoded: { kind: 'damaged', problem } });
  }

  /** Directory in which the item's file stands. */
  stateOf(id: WorkId): State | undefined {
    return this.#entries.get(id)?.state;
  }

  remove(id: WorkId): void {
    this.#forget(id);
    this.#entries.delete(id);
    this.#numbers.remove(id, () => this.#entries.keys());
  }

  markDeleted(id: WorkId): void {
    this.#deleted.add(id);
    this.#deletedNumbers.add(id);
  }

  find(id: WorkId): WorkItem | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    const { decoded } = entry;
    if (decoded.kind === 'item') return decoded.item;
    const path = `${entry.state}/…/${id}.yaml`;
    throw new LedgerError('DAMAGED_ITEM', `${id} cannot be read: ${describeProblem(decoded.problem)}.`, {
      hint: 'It can be put back as it was last whole: wl doctor',
      details: { id, path, ...decoded.problem },
    });
  }

  statusOf(id: WorkId): WorkStatus | 'damaged' | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    if (entry.state !== 'active') return entry.state;
    const { decoded } = entry;
    return decoded.kind === 'item' ? decoded.item.status : 'damaged';
  }

  openChildrenOf(id: WorkId): readonly WorkId[] {
    return this.#open.children(id);
  }

  blockedOn(id: WorkId): readonly WorkId[] {
    return this.#open.blockedOn(id);
  }

  openDependentsOf(id: WorkId): readonly WorkId[] {
    return this.#open.dependents(id);
  }

  inProgress(kind: LimitKind, name: string): readonly WorkId[] {
    return this.#open.inProgress(kind, name);
  }

  usedKey(key: string): UsedKey | undefined {
    return this.#keys.find(key);
  }

  /** A key that a commit took which is not replayed. */
  markKey(key: string, used: UsedKey): void {
    this.#keys.mark(key, used);
  }

  fromSource(key: string): readonly WorkId[] {
    return this.#sources.items(key);
  }

  nextNumber(prefix: string, date: string): number {
    return Math.max(this.#numbers.highest(prefix, date), this.#deletedNumbers.highest(prefix, date)) + 1;
  }

  wasUsed(id: WorkId): boolean {
    return this.#entries.has(id) || this.#deleted.has(id);
  }

  get size(): number {
    return this.#entries.size;
  }

  #set(id: WorkId, entry: Entry): void {
    this.#forget(id);
    this.#entries.set(id, entry);
    this.#numbers.add(id);
  }

  #forget(id: WorkId): void {
    const entry = this.#entries.get(id);
    if (entry?.decoded.kind !== 'item') return;
    this.#sources.remove(entry.decoded.item);
    if (entry.state === 'active') this.#open.remove(entry.decoded.item);
  }
}

const LEAST = { schema: 1, ledger_id: '00000000-0000-7000-8000-000000000000' };

/** What holds where history does not say: a ledger whose root is broken is checked all the same. */
export const unknownSettings = (): LedgerSettings => checkSettings(LEAST) ?? settingsSchema().parse(LEAST);
