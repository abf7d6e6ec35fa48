import { messageOf } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import type { LedgerView, Overlay } from '../domain/view.ts';
import type { LedgerStore, Oid } from '../store/port.ts';
import type { Delta } from './catch-up.ts';
import type { HistoryEntry } from './history-entry.ts';
import { IndexDatabase, type IndexPlace, isDamaged, isIndexFailure } from './index-database.ts';
import { IndexView, Unread } from './index-view.ts';
import type { Exclusive, OnProgress } from './load.ts';
import {
  commitBy,
  commitsNamed,
  commitsOf,
  historyOf,
  isLogAt,
  type LogFilter,
  ledgerCommits,
  newestOf,
  prepareOps,
} from './log-view.ts';

/** What a question looks at: open work and what else is known by path; every item; every item's words. */
export type Need = 'open' | 'all' | 'words';

export interface ProjectionOptions {
  /** Opened when git must be read, which a current index needs not. */
  store: () => Promise<LedgerStore>;
  /** Where the index's file may stand; without one it is kept in memory. */
  dir?: string | undefined;
  /** Lets one process of a clone read everything while the others wait for it. */
  lock: Exclusive;
  /** Milliseconds of a clock that only goes forward; without it, whoever has the index is waited for, however long that takes. */
  elapsed?: (() => number) | undefined;
  onProgress?: OnProgress | undefined;
}

export interface IndexStatus {
  place: IndexPlace;
  /** The tip that it reflects; `null` while it is empty. */
  tip: Oid | null;
  items: number;
  /** Files of finished work that are known by path and were not read yet. */
  unread: number;
  transitions: number;
  /** The tip up to which history was read. */
  log: Oid | null;
  searchable: boolean;
}

/** What an index lacks to answer a question. */
export type Missing =
  | { kind: 'behind' }
  | { kind: 'unread'; ids: readonly WorkId[] | undefined }
  | { kind: 'no_words' }
  | { kind: 'no_log' };

type Attempt<T> = { kind: 'answer'; value: T } | Missing;

/** What brings an index to another tip is loaded when it is needed: a question of a current one does without. */
const catchUp = () => import('./catch-up.ts');

/**
 * The ledger at a tip, as tables that are kept from one process to the next and caught up by what changed between two trees.
 *
 * A question is asked of one state of the index, within one transaction; where the index stands elsewhere, or something was
 * not read yet, that is read first and the question is asked again. So a question must be pure.
 */
export class Projection {
  readonly #options: ProjectionOptions;
  #opened: IndexDatabase | undefined;
  #renewed = false;
  #queue: Promise<unknown> = Promise.resolve();
  #delta: Delta | undefined;
  /** What leads from one tip to another, as far as it was read for something else: nobody need read it when the index is moved there. */
  expected: Delta | undefined;

  constructor(options: ProjectionOptions) {
    this.#options = options;
  }

  /** Asks the ledger at `tip`, to which the index is moved where it stands elsewhere. */
  read<T>(tip: Oid, use: (view: IndexView) => T, need: Need = 'open'): Promise<T> {
    return this.#answer(tip, (index) => askItems(index, tip, use, need));
  }

  /** Asks the ledger at a tip that is looked at in passing: the index stays where it is, as far as that is cheap. */
  async peek<T>(tip: Oid, use: (view: LedgerView) => T): Promise<T> {
    for (;;) {
      const here = this.#attempt((index) => askItems(index, tip, use, 'open'));
      if (here.kind === 'answer') return here.value;
      const delta = await this.#smallDelta(tip);
      if (delta === undefined) return this.read(tip, use);
      const { viewAfter } = await catchUp();
      const { from, changes } = delta;
      const there = this.#attempt((index) => {
        const ask = (view: IndexView) => {
          const after = viewAfter(view, changes);
          return after && { answer: use(after) };
        };
        return askItems(index, from, ask, 'open');
      });
      if (there.kind === 'answer')
        return there.value === undefined ? this.read(tip, use) : there.value.answer;
      if (there.kind !== 'behind') await this.#inTurn(() => this.#supply(from, there));
    }
  }

  /** @see ViewSource in src/sync/ports.ts */
  overdue(tip: Oid): Promise<{ id: WorkId; blocker_id: WorkId; rev: number }[]> {
    return this.read(tip, (view) => view.overdue());
  }

  /** Takes over what was just committed, without reading it back. */
  async advance(from: Oid, to: Oid, changes: Overlay): Promise<void> {
    const { writeOverlay } = await catchUp();
    this.#safely(undefined, (index) => index.write(() => writeOverlay(index, from, to, changes)));
  }

  /** Makes sure that ids whose items were deleted, and keys, are known as used: history up to `tip` is read. */
  async knowDeletions(tip: Oid): Promise<void> {
    await this.#log(tip, () => undefined);
  }

  /** Transitions of one item, oldest first; also of one that was deleted. */
  history(tip: Oid, id: WorkId): Promise<HistoryEntry[]> {
    return this.#log(tip, (index) => historyOf(index, id));
  }

  /** The newest transitions of the ledger that match, newest first. */
  newest(tip: Oid, count: number, filter?: LogFilter): Promise<HistoryEntry[]> {
    return this.#log(tip, (index) => newestOf(index, count, filter));
  }

  /** Commits whose names begin with `start`. */
  commitsNamed(tip: Oid, start: string): Promise<Oid[]> {
    return this.#log(tip, (index) => commitsNamed(index, start));
  }

  /** The last commit that was made by `at`, an ISO time, as its committer's clock has it. */
  commitBy(tip: Oid, at: string): Promise<Oid | undefined> {
    return this.#log(tip, (index) => commitBy(index, at));
  }

  /** Which of these transitions happened up to `tip`, by `op`, each with its commit. */
  commitsOf(tip: Oid, ops: readonly string[]): Promise<Map<string, Oid>> {
    this.#safely(undefined, prepareOps);
    return this.#log(tip, (index) => commitsOf(index, ops));
  }

  /** The commits up to `tip` that are of no item: the root, changes of settings, repairs. */
  ledgerCommits(tip: Oid): Promise<Oid[]> {
    return this.#log(tip, ledgerCommits);
  }

  get place(): IndexPlace {
    return this.#index.place;
  }

  status(): IndexStatus {
    return this.#safely(undefined, (index) => statusOf(index)) ?? statusOf(this.#index);
  }

  /** Forgets everything and reads all of it again: every item, its words, and history. */
  async rebuild(tip: Oid): Promise<void> {
    this.#safely(undefined, (index) => index.write(() => index.clear()));
    await this.read(tip, () => undefined, 'words');
    await this.knowDeletions(tip);
  }

  close(): void {
    this.#opened?.close();
    this.#opened = undefined;
  }

  get #index(): IndexDatabase {
    this.#opened ??= IndexDatabase.open(this.#options.dir);
    return this.#opened;
  }

  #log<T>(tip: Oid, use: (index: IndexDatabase) => T): Promise<T> {
    return this.#answer(tip, (index) =>
      isLogAt(index, tip) ? { kind: 'answer', value: use(index) } : { kind: 'no_log' },
    );
  }

  /** Asks one state of the index until it has all that the answer needs. */
  async #answer<T>(tip: Oid, ask: (index: IndexDatabase) => Attempt<T>): Promise<T> {
    const first = this.#attempt(ask);
    if (first.kind === 'answer') return first.value;
    return this.#inTurn(async () => {
      for (;;) {
        const found = this.#attempt(ask);
        if (found.kind === 'answer') return found.value;
        await this.#supply(tip, found);
      }
    });
  }

  /** An index that fails is replaced, twice at most, and the next one is asked. */
  #attempt<T>(ask: (index: IndexDatabase) => Attempt<T>): Attempt<T> {
    for (;;) {
      const index = this.#index;
      try {
        return index.read(() => ask(index));
      } catch (error) {
        this.#replace(index, error);
      }
    }
  }

  async #supply(tip: Oid, missing: Missing): Promise<void> {
    const { supply } = await catchUp();
    const index = this.#index;
    try {
      await supply(index, tip, missing, this.#options, this.expected);
    } catch (error) {
      this.#replace(index, error);
    }
  }

  /** What leads from where the index stands to `tip`, kept for the next look; `undefined` where that is much. */
  async #smallDelta(tip: Oid): Promise<Delta | undefined> {
    const from = this.#safely(undefined, (index) => index.meta('tip'));
    if (from === undefined) return undefined;
    if (this.#delta?.from === from && this.#delta.to === tip) return this.#delta;
    const { readSmallDelta } = await catchUp();
    this.#delta = await readSmallDelta(await this.#options.store(), from, tip);
    return this.#delta;
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const next = this.#queue.then(task, task);
    this.#queue = next.catch(() => undefined);
    return next;
  }

  /** A failure of the index is no failure of the ledger: another index is taken, and the caller tries again. */
  #safely<T>(otherwise: T, task: (index: IndexDatabase) => T): T {
    const index = this.#index;
    try {
      return task(index);
    } catch (error) {
      this.#replace(index, error);
      return otherwise;
    }
  }

  /** @throws the error itself where it does not come from the index's file */
  #replace(index: IndexDatabase, error: unknown): void {
    const { dir } = this.#options;
    if (!isIndexFailure(error) || index.place.kind === 'memory') throw error;
    index.close();
    const renews = isDamaged(error) && !this.#renewed && dir !== undefined;
    this.#renewed ||= renews;
    this.#opened = renews ? IndexDatabase.renew(dir) : IndexDatabase.inMemory(messageOf(error));
  }
}

function askItems<T>(index: IndexDatabase, tip: Oid, use: (view: IndexView) => T, need: Need): Attempt<T> {
  if (index.meta('tip') !== tip) return { kind: 'behind' };
  const view = new IndexView(index);
  try {
    if (need !== 'open') view.requireAllRead();
    if (need === 'words' && index.meta('words') === undefined) return { kind: 'no_words' };
    return { kind: 'answer', value: use(view) };
  } catch (error) {
    if (error instanceof Unread) return { kind: 'unread', ids: error.ids };
    throw error;
  }
}

function statusOf(index: IndexDatabase): IndexStatus {
  const count = (what: string): number => Number(index.get(`SELECT count(*) AS found FROM ${what}`)?.found);
  return {
    place: index.place,
    tip: index.meta('tip') ?? null,
    items: count('items'),
    unread: count('items WHERE oid IS NOT NULL'),
    transitions: count('transitions'),
    log: index.meta('log') ?? null,
    searchable: index.meta('words') !== undefined,
  };
}
