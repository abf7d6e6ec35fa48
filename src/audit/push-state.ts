import type { State } from '../codec/path.ts';
import { isLedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import { Overlay } from '../domain/overlay.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import type { LedgerView } from '../domain/view.ts';
import type { Oid } from '../store/port.ts';
import type { ItemFile } from './files.ts';
import type { CommitFindings } from './findings.ts';
import type { ItemChange } from './item-change.ts';
import type { Before, LedgerState } from './state.ts';

type Files = Map<State, Oid>;

/**
 * The ledger as it stood before a push, and what the commits of the push did so far. Only items that the push touches are
 * known by their files. Commits are taken that are right, and no others.
 */
export class PushState implements LedgerState {
  readonly #files = new Map<WorkId, Files>();
  readonly #changedBy = new Map<WorkId, Oid>();
  readonly #base: Oid | undefined;
  /** What the commit at hand did, until it is settled. */
  #applied = new Map<WorkId, { files: Files; item: WorkItem | undefined; commit: Oid }>();
  #changes: Overlay | undefined;

  /** @param base the commit that the push builds on */
  constructor(base: Oid | undefined) {
    this.#base = base;
  }

  /** Lays what was settled so far over the ledger before the push, as it is read now, and forgets the rest. */
  over(base: LedgerView): void {
    this.#applied.clear();
    if (this.#changes === undefined) this.#changes = new Overlay(base);
    else this.#changes.rebase(base);
  }

  /** Takes what the commit at hand did for good. */
  settle(): void {
    for (const [id, { files, item, commit }] of this.#applied) {
      this.#files.set(id, files);
      this.#changedBy.set(id, commit);
      this.#view.set(id, item);
    }
    this.#applied.clear();
  }

  knows(id: WorkId): boolean {
    return this.#files.has(id);
  }

  /** Learns which files an item had before the push. */
  learn(id: WorkId, files: ReadonlyMap<State, Oid>): void {
    this.#files.set(id, new Map(files));
  }

  before(change: ItemChange, findings: CommitFindings): Before {
    const { id } = change;
    if (!this.#follows(change)) {
      findings.add('fork', `${id} was changed on another branch of history, too`);
    }
    const view = this.#view;
    try {
      return { item: view.find(id), damaged: false, view };
    } catch (error) {
      if (!isLedgerError(error, 'DAMAGED_ITEM')) throw error;
      return { item: undefined, damaged: true, view };
    }
  }

  get settings(): LedgerSettings {
    return this.#view.settings;
  }

  set settings(settings: LedgerSettings) {
    this.#view.settings = settings;
  }

  get #view(): Overlay {
    if (this.#changes === undefined) throw new Error('the ledger before the push was not read yet');
    return this.#changes;
  }

  #follows({ id, before, after }: ItemChange): boolean {
    const files = this.#filesOf(id);
    const came = after.filter(({ state }) => !before.some((file) => file.state === state));
    return (
      before.every(({ state, oid }) => files?.get(state) === oid) &&
      came.every(({ state }) => !files?.has(state))
    );
  }

  has({ id, before, after }: ItemChange): boolean {
    const files = this.#filesOf(id);
    const gone = before.filter(({ state }) => !after.some((file) => file.state === state));
    return (
      after.every(({ state, oid }) => files?.get(state) === oid) &&
      gone.every(({ state }) => !files?.has(state))
    );
  }

  /** What was not changed by the push is older than it. */
  lastChangeOf(id: WorkId): Oid | undefined {
    return this.#changedBy.get(id) ?? this.#base;
  }

  /** A push in which this is so has been refused by then. */
  isForked(): boolean {
    return false;
  }

  statesOf(id: WorkId): State[] {
    return [...(this.#filesOf(id)?.keys() ?? [])];
  }

  #filesOf(id: WorkId): Files | undefined {
    return this.#applied.get(id)?.files ?? this.#files.get(id);
  }

  apply({ id, before, after }: ItemChange, read: readonly ItemFile[], commit: Oid): void {
    const files: Files = new Map(this.#filesOf(id));
    for (const { state } of before) files.delete(state);
    for (const { state, oid } of after) files.set(state, oid);
    this.#applied.set(id, { files, item: itemIn(read), commit });
  }
}

function itemIn(read: readonly ItemFile[]): WorkItem | undefined {
  const [file] = read;
  return file?.kind === 'item' ? file.item : undefined;
}
