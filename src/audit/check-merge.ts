import { describeMisread, readTrailers } from '../codec/message.ts';
import { parsePath, SETTINGS_PATH, SIGNERS_PATH } from '../codec/path.ts';
import { isSamePolicy } from '../domain/policy-rules.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import type { CommitRecord, Oid, TreeChange } from '../store/port.ts';
import { itemChanges, readAfter, readItemFile } from './files.ts';
import type { CommitFindings } from './findings.ts';
import type { History, LedgerState } from './state.ts';

/** More lines than people bring together at once. */
export const MAX_PARENTS = 16;

type SideCommit = Pick<CommitRecord, 'oid' | 'parents' | 'message'>;

/** What one parent of a merge has and another has not. */
interface Side {
  /** Its commits, oldest first; merges are among them. */
  commits: SideCommit[];
  /** Items and paths that they touched, also where they were put back as they were. */
  names: Pick<ReadonlySet<string>, 'has'>;
  /** Those that touched the settings. */
  settings: SideCommit[];
}

const NOTHING: Side = { commits: [], names: new Set(), settings: [] };

/** An item's files count as one, under its id. */
const nameOf = ({ path }: TreeChange): string => parsePath(path)?.id ?? path;

/** A merge, what it changes against each parent, and what each parent has that another has not. */
export class Merge {
  readonly oid: Oid;
  /** Those that are there. */
  readonly parents: readonly Oid[];
  /** Against each parent. */
  readonly diffs: readonly TreeChange[][];
  /** Every file in which it differs from any parent, as it left it. */
  readonly changes: readonly TreeChange[];
  readonly #store: History;
  readonly #bases = new Map<string, Oid | undefined>();
  readonly #sides = new Map<string, Side>();

  private constructor(store: History, oid: Oid, parents: readonly Oid[], diffs: readonly TreeChange[][]) {
    this.#store = store;
    this.oid = oid;
    this.parents = parents;
    this.diffs = diffs;
    this.changes = [...new Map(diffs.flat().map((change) => [change.path, change])).values()];
  }

  /** @param parents those that are there and are looked at */
  static async read(store: History, oid: Oid, parents: readonly Oid[]): Promise<Merge> {
    const diffs: TreeChange[][] = [];
    for (const parent of parents) diffs.push(await store.diffTrees(parent, oid));
    return new Merge(store, oid, parents, diffs);
  }

  /** True where it leaves the very tree of one parent. */
  get isPlain(): boolean {
    return this.diffs.some((diff) => diff.length === 0);
  }

  /** Each two parents of which neither builds on the other, in both orders. */
  async *pairs(): AsyncIterable<[mine: Side, theirs: Side]> {
    for (const a of this.parents)
      for (const b of this.parents) {
        const base = a === b ? a : await this.#base(a, b);
        if (base !== a && base !== b) yield [await this.side(a, b), await this.side(b, a)];
      }
  }

  /** What `mine` has and `other` has not, by every commit of it: the ends alone do not tell what was changed and put back. */
  async side(mine: Oid, other: Oid): Promise<Side> {
    const key = `${mine} ${other}`;
    const known = this.#sides.get(key) ?? (await this.#read(mine, other));
    this.#sides.set(key, known);
    return known;
  }

  async #read(mine: Oid, other: Oid): Promise<Side> {
    const base = await this.#base(mine, other);
    if (base === mine) return NOTHING;
    // Whatever differs between a commit and its ancestor was touched after that.
    if (base === other) return { ...NOTHING, names: { has: () => true } };
    const names = new Set<string>();
    const side: Side = { commits: [], names, settings: [] };
    for await (const { oid, parents, message, changes } of this.#store.commits({ to: mine, from: other })) {
      const commit = { oid, parents, message };
      side.commits.push(commit);
      for (const change of changes) names.add(nameOf(change));
      if (changes.some(({ path }) => path === SETTINGS_PATH)) side.settings.push(commit);
    }
    return side;
  }

  /** One of the best common ancestors: where that is one of the two, there is no other. */
  async #base(a: Oid, b: Oid): Promise<Oid | undefined> {
    const key = [a, b].sort().join(' ');
    if (!this.#bases.has(key)) this.#bases.set(key, await this.#store.mergeBase(a, b));
    return this.#bases.get(key);
  }
}

/**
 * The message of a merge is nobody's transition. Where plain git would show one in it, that is the one of a commit that it brings in,
 * as some hosts repeat it.
 */
export async function checkMergeMessage(
  store: History,
  { message, parents }: Pick<CommitRecord, 'message' | 'parents'>,
  findings: CommitFindings,
): Promise<void> {
  const trailers = readTrailers(message);
  const wrong = describeMisread(trailers);
  if (wrong !== undefined) return findings.add('merge', wrong);
  if (trailers.values.size === 0) return;
  for (const parent of parents.slice(0, MAX_PARENTS))
    for await (const merged of store.commits({ to: parent, newest: 1 }))
      if (isSame(readTrailers(merged.message).values, trailers.values)) return;
  findings.add('merge', 'its message tells of a transition that none of its parents is');
}

const isSame = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean =>
  a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);

/**
 * Checks that a merge only brings together: what one side touched stands as that side has it, and nothing else is changed. What
 * both sides touched has no right outcome, unless they left it the same.
 */
export async function checkMerge(
  merge: Merge,
  state: Pick<LedgerState, 'isForked'>,
  findings: CommitFindings,
): Promise<void> {
  const differing = merge.diffs.map((diff) => new Set(diff.map(nameOf)));
  for (const name of new Set(differing.flatMap((names) => [...names]))) {
    const standing = merge.parents.filter((_parent, index) => !differing[index]?.has(name));
    const others = merge.parents.filter((_parent, index) => differing[index]?.has(name));
    if (standing.length === 0) findings.add('merge', `${name} is as in no parent`);
    for (const other of others.slice(0, standing.length === 0 ? 0 : undefined)) {
      if (await isSuperseded(merge, name, other, standing)) continue;
      const isBoth = await touches(merge, name, standing, other);
      // Of two transitions of one item, the second was found already.
      if (!isBoth) findings.add('merge', `what was done to ${name} on one side is left out`);
      else if (!state.isForked(name)) findings.add('merge', `${name} was changed on both sides, in two ways`);
      break;
    }
  }
}

/** Whether one of these has all that `parent` did to it. */
async function isSuperseded(
  merge: Merge,
  name: string,
  parent: Oid,
  standing: readonly Oid[],
): Promise<boolean> {
  for (const one of standing) if (!(await merge.side(parent, one)).names.has(name)) return true;
  return false;
}

async function touches(merge: Merge, name: string, some: readonly Oid[], parent: Oid): Promise<boolean> {
  for (const one of some) if ((await merge.side(one, parent)).names.has(name)) return true;
  return false;
}

/**
 * What a line of history did was held against the policy of that line. Where policy changed on either line meanwhile, a merge
 * would be a way around it: such a change goes on top of all else, or all else on top of it.
 *
 * @param settingsAt the settings that a commit left; `undefined` where that cannot be told
 */
export async function checkPolicies(
  merge: Merge,
  settingsAt: (commit: Oid) => Promise<LedgerSettings | undefined>,
  findings: CommitFindings,
): Promise<void> {
  for await (const [mine, theirs] of merge.pairs()) {
    // A merge on the other side is no transition that could have been decided otherwise.
    if (!theirs.commits.some(({ parents }) => parents.length < 2)) continue;
    const change = await findPolicyChange(mine.settings, settingsAt);
    if (change === undefined) continue;
    const what = `the policy changed on one side, in ${change.slice(0, 12)}`;
    return findings.add('merge', `${what}: what was done on the other has to be decided again by it`);
  }
}

/** The first of these commits that changed who may do what, also where it was changed back. */
export async function findPolicyChange(
  commits: readonly Pick<CommitRecord, 'oid' | 'parents'>[],
  settingsAt: (commit: Oid) => Promise<LedgerSettings | undefined>,
): Promise<Oid | undefined> {
  for (const { oid, parents } of commits) {
    const [parent] = parents;
    if (parent === undefined) continue;
    const [before, after] = [await settingsAt(parent), await settingsAt(oid)];
    if (before !== undefined && after !== undefined && !isSamePolicy(before, after)) return oid;
  }
  return undefined;
}

/** Commits of each side beside which the other changed whose keys are whose. */
export async function commitsOfOldKeys(merge: Merge): Promise<SideCommit[]> {
  const found = new Map<Oid, SideCommit>();
  for await (const [mine, theirs] of merge.pairs())
    if (mine.names.has(SIGNERS_PATH)) for (const commit of theirs.commits) found.set(commit.oid, commit);
  return [...found.values()];
}

/** Takes over items that the merge leaves in another state than the replay has. */
export async function adoptMerged(
  store: History,
  { oid, changes }: Merge,
  state: LedgerState,
): Promise<void> {
  const differing = itemChanges(changes).items.filter((change) => !state.has(change));
  for (const change of differing) {
    const last = state.lastChangeOf(change.id);
    // What another branch did meanwhile is not the merge's to have.
    if (last !== undefined && (await store.mergeBase(last, oid)) !== last) continue;
    const blobs = await readAfter(
      store,
      changes.filter(({ path }) => parsePath(path)?.id === change.id),
    );
    state.apply(
      change,
      change.after.map((file) => readItemFile(change.id, file, blobs)),
      oid,
    );
  }
}
