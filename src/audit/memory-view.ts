import { type DecodedItem, decodeItem } from '../codec/item.ts';
import type { State } from '../codec/path.ts';
import { describeProblem, type Problem } from '../codec/problem.ts';
import { LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem, WorkStatus } from '../domain/item.ts';
import { Numbers } from '../domain/numbers.ts';
import { OpenIndex } from '../domain/open-index.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import type { LedgerView } from '../domain/view.ts';

interface Entry {
  state: State;
  bytes: Uint8Array;
  /** Files of finished work are parsed when asked for. */
  decoded: DecodedItem | undefined;
}

/** The whole ledger at one tip, in memory. */
export class MemoryView implements LedgerView {
  settings: LedgerSettings;
  readonly #entries = new Map<WorkId, Entry>();
  #deleted: ReadonlySet<WorkId> = new Set();
  readonly #open = new OpenIndex();
  readonly #numbers = new Numbers();
  #deletedNumbers = new Numbers();

  constructor(settings: LedgerSettings) {
    this.settings = settings;
  }

  /** Takes in the file of `id`; open work is parsed at once, since everything asks about it. */
  put(id: WorkId, state: State, content: Uint8Array | WorkItem): void {
    this.#forget(id);
    const entry: Entry =
      content instanceof Uint8Array
        ? { state, bytes: content, decoded: undefined }
        : { state, bytes: new Uint8Array(), decoded: { kind: 'item', item: content } };
    this.#entries.set(id, entry);
    this.#numbers.add(id);
    if (state !== 'active') return;
    const decoded = this.#decode(id, entry);
    if (decoded.kind === 'item') this.#open.add(decoded.item);
  }

  /** Takes in a file that is not even read: too large, or no plain file. */
  putDamaged(id: WorkId, state: State, problem: Problem): void {
    this.#forget(id);
    this.#entries.set(id, { state, bytes: new Uint8Array(), decoded: { kind: 'damaged', problem } });
    this.#numbers.add(id);
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

  /** Takes in which ids were given to items that were deleted since. */
  setDeleted(ids: ReadonlySet<WorkId>): void {
    this.#deleted = ids;
    this.#deletedNumbers = new Numbers();
    for (const id of ids) this.#deletedNumbers.add(id);
  }

  markDeleted(id: WorkId): void {
    this.setDeleted(new Set([...this.#deleted, id]));
  }

  find(id: WorkId): WorkItem | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    const decoded = this.#decode(id, entry);
    if (decoded.kind === 'item') return decoded.item;
    const path = `${entry.state}/…/${id}.yaml`;
    throw new LedgerError('DAMAGED_ITEM', `${id} cannot be read: ${describeProblem(decoded.problem)}.`, {
      hint: `Its last good version is in its history: wl history ${id}`,
      details: { id, path, ...decoded.problem },
    });
  }

  statusOf(id: WorkId): WorkStatus | 'damaged' | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    if (entry.state !== 'active') return entry.state;
    const decoded = this.#decode(id, entry);
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

  openByKey(key: string): WorkId | undefined {
    return this.#open.byKey(key);
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

  #decode(id: WorkId, entry: Entry): DecodedItem {
    entry.decoded ??= decodeItem(entry.bytes, id, entry.state);
    return entry.decoded;
  }

  #forget(id: WorkId): void {
    const entry = this.#entries.get(id);
    if (entry?.state === 'active' && entry.decoded?.kind === 'item') this.#open.remove(entry.decoded.item);
  }
}
