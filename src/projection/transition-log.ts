import { readKeyed, readTrailers } from '../codec/message.ts';
import { parsePath } from '../codec/path.ts';
import type { TransitionEvent } from '../domain/commands.ts';
import type { WorkId } from '../domain/ids.ts';
import { isProposal, PULL_REQUEST } from '../domain/verbs/approve.ts';
import type { CommitRecord, LedgerStore, Oid } from '../store/port.ts';
import { type HistoryEntry, toEntry } from './history-entry.ts';
import type { IndexDatabase } from './index-database.ts';
import type { OnProgress } from './load.ts';
import { ALSO, LOG } from './log-view.ts';

const AT_ONCE = 2_000;
const MERGED = `UPDATE transitions SET entry = json_set(entry, '$.merged_by', ?, '$.merged_at', ?)
  WHERE oid = ? AND entry ->> '$.merged_by' IS NULL
  AND (? OR verb = 'approve' AND entry ->> '$.actor' = '${PULL_REQUEST}')`;

interface Line {
  entry: HistoryEntry;
  /** The items it is about, also where only its files tell. */
  items: readonly WorkId[];
  /** The key that it took, where it made an item under one. */
  keyed: TransitionEvent['keyed'];
}

/**
 * Brings the log to `tip`: reads what is new, and drops what is no longer in it. History is read from its beginning once.
 * Where another process moves the log meanwhile, this one stops: ask `isLogAt`.
 */
export async function followLog(
  index: IndexDatabase,
  store: LedgerStore,
  tip: Oid,
  onProgress: OnProgress = () => undefined,
): Promise<void> {
  let from = index.meta(LOG);
  const base = from === undefined ? undefined : await lineBefore(store, from, tip);
  if (from !== base) from = index.write(() => cutBack(index, from, base)) ? base : undefined;
  let lines: Line[] = [];
  let read = 0;
  // A tip to go on from has all before it as its ancestors: it is the only one that nothing builds on yet.
  const open = new Set(from === undefined ? [] : [from]);
  const proposals = new MergedProposals();
  const flush = (to: Oid): boolean => {
    const merged = proposals.drain();
    const done = index.write(() => index.meta(LOG) === from && append(index, lines, merged, to));
    from = to;
    lines = [];
    return done;
  };
  for await (const record of store.commits({ from, to: tip, changes: false })) {
    const line = await lineOf(store, record);
    lines.push(line);
    proposals.see(record, line.entry);
    read += 1;
    for (const parent of record.parents) open.delete(parent);
    open.add(record.oid);
    if (lines.length < AT_ONCE || open.size > 1) continue;
    if (!flush(record.oid)) return;
    onProgress({ step: 'history', done: read });
  }
  flush(tip);
}

/**
 * Takes commits into the log that were read for something else: one line from `from`, where the log stands, to `tip`, each a transition of
 * one item. Where the log stands elsewhere, it is left there.
 */
export function extendLog(index: IndexDatabase, from: Oid, tip: Oid, records: readonly CommitRecord[]): void {
  if (index.meta(LOG) !== from) return;
  const lines = records.map((record): Line => {
    const entry = toEntry(record);
    return { entry, items: entry.id === undefined ? [] : [entry.id], keyed: keyedIn(record) };
  });
  index.write(() => index.meta(LOG) === from && append(index, lines, [], tip));
}

/**
 * Up to where the log may stay: the remembered tip may be of a line that was given up, or gone with a repack. Where that line
 * merged others, the rows before an ancestor of it are not the ancestor's alone.
 */
async function lineBefore(store: LedgerStore, known: Oid, tip: Oid): Promise<Oid | undefined> {
  if (known === tip) return tip;
  try {
    const base = await store.mergeBase(known, tip);
    if (base === undefined || base === known) return base;
    for await (const { parents } of store.commits({ from: base, to: known, changes: false })) {
      if (parents.length > 1) return undefined;
    }
    return base;
  } catch {
    // Then history is read from its beginning, which is always right.
    return undefined;
  }
}

/** Drops what came after `base`; with none, or one that is not in the log, everything. */
function cutBack(index: IndexDatabase, from: Oid | undefined, base: Oid | undefined): boolean {
  if (index.meta(LOG) !== from) return false;
  const seq =
    base === undefined ? undefined : index.get('SELECT max(seq) AS seq FROM transitions WHERE oid = ?', base);
  const last = typeof seq?.seq === 'number' ? seq.seq : undefined;
  for (const table of ['transitions', 'keys']) index.run(`DELETE FROM ${table} WHERE seq > ?`, last ?? 0);
  index.setMeta(LOG, last === undefined ? undefined : base);
  return last !== undefined;
}

function append(
  index: IndexDatabase,
  lines: readonly Line[],
  merged: readonly MergedProposal[],
  tip: Oid,
): true {
  const sql = 'INSERT INTO transitions (oid, item, verb, entry) VALUES (?, ?, ?, ?)';
  const key = 'INSERT INTO keys SELECT ?, max(seq), ?, ?, ? FROM transitions';
  for (const { entry, items, keyed } of lines) {
    const text = JSON.stringify(entry);
    index.run(sql, entry.commit, items[0] ?? null, entry.verb, text);
    if (keyed !== undefined && entry.id !== undefined && entry.op !== null)
      index.run(key, keyed.key, entry.id, entry.op, keyed.digest);
    for (const item of items.slice(1)) index.run(sql, entry.commit, item, ALSO, text);
  }
  for (const { commits, known, by, at } of merged) {
    for (const commit of commits) index.run(MERGED, by, at, commit, known ? 1 : 0);
  }
  index.setMeta(LOG, tip);
  return true;
}

/** A commit that was made by hand, or that repairs, is no transition of an item; the files that it changed tell whose it is. */
async function lineOf(store: LedgerStore, record: CommitRecord): Promise<Line> {
  const entry = toEntry(record);
  const [parent] = record.parents;
  if (entry.id !== undefined) return { entry, items: [entry.id], keyed: keyedIn(record) };
  const isOfLedger = entry.verb !== 'unknown' && entry.verb !== 'repair';
  if (isOfLedger || parent === undefined) return { entry, items: [], keyed: undefined };
  const changes = await store.diffTrees(parent, record.oid);
  return {
    entry,
    keyed: undefined,
    items: [...new Set(changes.flatMap(({ path }) => parsePath(path)?.id ?? []))],
  };
}

/** Few transitions take a key, so that most messages are not read again for it. */
const keyedIn = ({ message }: CommitRecord): Line['keyed'] =>
  message.includes('\nWork-Key: ') ? readKeyed(readTrailers(message).values) : undefined;

/** A merge, and the commits of a review branch that came with it. */
export interface MergedProposal {
  commits: readonly Oid[];
  /** False where they were seen before: then only the log knows whether they are a proposal. */
  known: boolean;
  /** Who merged, as the author of the merge. */
  by: string;
  at: string;
}

/**
 * Tells which merge brought which proposal, from commits that are seen one by one, parents first. A review branch is a proposal
 * and merges that brought it up to date; whatever else builds on a proposal shows that it came by fast-forward.
 */
class MergedProposals {
  readonly #branches = new Map<Oid, readonly Oid[]>();
  #merged: MergedProposal[] = [];

  see({ oid, parents }: Pick<CommitRecord, 'oid' | 'parents'>, entry: HistoryEntry): void {
    const { actor, merged_by, committed_at: at } = entry;
    const [first = '', ...others] = parents;
    if (others.length === 0) {
      if (isProposal(entry) && merged_by === null) this.#branches.set(oid, [oid]);
      return;
    }
    const updated = this.#branches.get(first);
    if (updated !== undefined) this.#branches.set(oid, [...updated, oid]);
    for (const other of others) {
      const commits = this.#branches.get(other);
      this.#merged.push({ commits: commits ?? [other], known: commits !== undefined, by: actor, at });
    }
  }

  /** What was seen since the last time. */
  drain(): MergedProposal[] {
    const merged = this.#merged;
    this.#merged = [];
    return merged;
  }
}
