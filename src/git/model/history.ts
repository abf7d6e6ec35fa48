import { type CommitLinks, readCommitLinks } from './commit.ts';
import type { ObjectSource } from './object.ts';
import { FOLDER, linesOf, readTree, readTreeBytes } from './tree.ts';

const LEFT = 1;
const RIGHT = 2;
/** Below a common ancestor: of no more interest than what it is an ancestor of. */
const STALE = 4;

interface Mark {
  flags: number;
  links: CommitLinks;
  queued: boolean;
}

/** How two histories relate. */
export interface Divergence {
  /** The best common ancestors: more than one only after criss-cross merges, none where the histories are foreign. */
  bases: readonly string[];
  /** What the left side reaches and the right side does not. */
  onlyLeft: ReadonlyMap<string, CommitLinks>;
}

/** What was compared last: of two tips, several ask one after the other. History never changes, so nothing here goes stale. */
const compared = new WeakMap<ObjectSource, { left: string; right: string; divergence: Divergence }[]>();
const KEPT = 3;
/** Longer ones are not kept in memory. */
const LONG = 5_000;

/**
 * Walks both histories newest first until they have met everywhere, so that the cost is what they differ by, not their
 * length. Wrong clocks make it walk further; where history is one line they cannot change the answer.
 */
export async function compareHistories(
  source: ObjectSource,
  left: string,
  right: string,
): Promise<Readonly<Divergence>> {
  const known = compared.get(source) ?? [];
  const last = known.find((one) => one.left === left && one.right === right);
  if (last !== undefined) return last.divergence;
  const divergence = await walkHistories(source, left, right);
  if (divergence.onlyLeft.size <= LONG)
    compared.set(source, [{ left, right, divergence }, ...known.slice(0, KEPT - 1)]);
  return divergence;
}

async function walkHistories(source: ObjectSource, left: string, right: string): Promise<Divergence> {
  const marks = new Map<string, Mark>();
  const queue: Mark[] = [];
  /** How many of the queue are of interest. */
  let fresh = 0;
  const counts = ({ flags, queued }: Mark): number => (queued && !(flags & STALE) ? 1 : 0);
  const mark = async (oid: string, flags: number): Promise<void> => {
    const known = marks.get(oid);
    if (known !== undefined && (known.flags & flags) === flags) return;
    const entry = known ?? { flags: 0, links: await readCommitLinks(source, oid), queued: false };
    const before = counts(entry);
    entry.flags |= flags;
    marks.set(oid, entry);
    if (!entry.queued) insertByDate(queue, entry);
    entry.queued = true;
    fresh += counts(entry) - before;
  };
  const next = (): Mark | undefined => {
    const entry = queue.pop();
    if (entry === undefined) return undefined;
    fresh -= counts(entry);
    entry.queued = false;
    return entry;
  };
  const pass = async (entry: Mark): Promise<void> => {
    const common = (entry.flags & (LEFT | RIGHT)) === (LEFT | RIGHT);
    const flags = common ? LEFT | RIGHT | STALE : entry.flags;
    for (const parent of entry.links.parents) await mark(parent, flags);
  };

  await mark(left, LEFT);
  await mark(right, RIGHT);
  while (fresh > 0) {
    const entry = next();
    if (entry !== undefined) await pass(entry);
  }
  // What was visited on one side's behalf before the sides met is put right; what nobody visited stays unread.
  for (let entry = next(); entry !== undefined; entry = next()) {
    for (const parent of entry.links.parents) if (marks.has(parent)) await mark(parent, LEFT | RIGHT | STALE);
  }

  const bases: string[] = [];
  const onlyLeft = new Map<string, CommitLinks>();
  for (const [oid, { flags, links }] of marks) {
    if (flags === (LEFT | RIGHT)) bases.push(oid);
    if (flags === LEFT) onlyLeft.set(oid, links);
  }
  return { bases, onlyLeft };
}

/** The newest is last. */
function insertByDate(queue: Mark[], entry: Mark): void {
  let [from, to] = [0, queue.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((queue[middle]?.links.committed_at ?? 0) <= entry.links.committed_at) from = middle + 1;
    else to = middle;
  }
  queue.splice(from, 0, entry);
}

/** Whether `descendant` is `ancestor` or builds on it. */
export async function isAncestor(
  source: ObjectSource,
  ancestor: string,
  descendant: string,
): Promise<boolean> {
  return (await compareHistories(source, ancestor, descendant)).bases.includes(ancestor);
}

export interface HistoryRange {
  to: string;
  /** Commits that this one reaches are left out. */
  from: string | undefined;
  /** Reading stops at the first commit older than this. */
  since: number | undefined;
}

/**
 * The commits of a range, children before their parents.
 *
 * One line is followed as far as it is asked for. From a merge on, all that is left is read to be put in order.
 */
export async function* newestFirst(source: ObjectSource, range: HistoryRange): AsyncGenerator<CommitLinks> {
  const { to, from, since } = range;
  const within = from === undefined ? undefined : (await compareHistories(source, to, from)).onlyLeft;
  const read = async (oid: string | undefined): Promise<CommitLinks | undefined> => {
    if (oid === undefined || (within !== undefined && !within.has(oid))) return undefined;
    const links = within?.get(oid) ?? (await readCommitLinks(source, oid));
    return since !== undefined && links.committed_at < since ? undefined : links;
  };
  for (let links = await read(to); links !== undefined; links = await read(links.parents[0])) {
    if (links.parents.length > 1) {
      yield* (await parentsFirst(links, read)).reverse();
      return;
    }
    yield links;
  }
}

/** The commits of a range, parents before their children. */
export async function oldestFirst(source: ObjectSource, range: HistoryRange): Promise<CommitLinks[]> {
  const found: CommitLinks[] = [];
  for await (const links of newestFirst(source, range)) found.push(links);
  return found.reverse();
}

async function parentsFirst(
  tip: CommitLinks,
  read: (oid: string) => Promise<CommitLinks | undefined>,
): Promise<CommitLinks[]> {
  const done: CommitLinks[] = [];
  const seen = new Set([tip.oid]);
  const path = [{ links: tip, next: 0 }];
  for (let here = path.at(-1); here !== undefined; here = path.at(-1)) {
    const parent = here.links.parents[here.next];
    here.next += 1;
    if (parent === undefined) {
      done.push(here.links);
      path.pop();
      continue;
    }
    if (seen.has(parent)) continue;
    seen.add(parent);
    const links = await read(parent);
    if (links !== undefined) path.push({ links, next: 0 });
  }
  return done;
}

const SUBMODULE = '160000';

/**
 * Names of the objects that someone who has `have` with all it reaches lacks of `tip`: each commit before its trees and
 * files, newest commits first.
 *
 * @param have `undefined` for someone who has nothing; otherwise a commit that `source` has too
 */
export async function missingObjects(
  source: ObjectSource,
  tip: string,
  have: string | undefined,
): Promise<string[]> {
  const found = new Set<string>();
  const compared = new Set<string>();
  for (const commit of await commitsToSend(source, tip, have)) {
    found.add(commit.oid);
    const parent = commit.parents[0];
    const before = parent === undefined ? undefined : (await readCommitLinks(source, parent)).tree;
    await addFolder(source, commit.tree, before, found, compared);
  }
  return [...found];
}

async function commitsToSend(
  source: ObjectSource,
  tip: string,
  have: string | undefined,
): Promise<CommitLinks[]> {
  if (have !== undefined) return [...(await compareHistories(source, tip, have)).onlyLeft.values()];
  return (await oldestFirst(source, { to: tip, from: undefined, since: undefined })).reverse();
}

/**
 * What the parent has at the same place is there already, or goes along with the parent. A folder that comes back as it once
 * was is compared again: what its former parent had is not what its present one has.
 */
async function addFolder(
  source: ObjectSource,
  tree: string,
  before: string | undefined,
  found: Set<string>,
  compared: Set<string>,
): Promise<void> {
  const pair = `${tree} ${before}`;
  if (tree === before || compared.has(pair)) return;
  compared.add(pair);
  found.add(tree);
  const others = await readTree(source, before);
  for (const line of linesOf(await readTreeBytes(source, tree))) {
    const other = others.get(line.name);
    if (line.oid === other?.oid || line.mode === SUBMODULE) continue;
    if (line.mode !== FOLDER) found.add(line.oid);
    else await addFolder(source, line.oid, other?.mode === FOLDER ? other.oid : undefined, found, compared);
  }
}
