import { type CommitLinks, readCommit, readCommitLinks } from '../git/model/commit.ts';
import type { ObjectCache, ObjectSource } from '../git/model/object.ts';
import { TreeFollower } from '../git/model/tree-follower.ts';
import { filesAt } from '../git/model/tree-walk.ts';
import type { DiskObjects } from '../git/objects.ts';
import { toRecord } from './build-commits.ts';
import type { CommitQuery, CommitRecord, LikelyChange, Oid, TreeChange } from './port.ts';

/** A commit, and what it says that it did. */
export interface Seeming {
  commit: CommitLinks;
  change: LikelyChange | undefined;
}

/** Finds the files that commits seem to have left, in their order; `undefined` for one that is not there. */
export type FindFiles = (seeming: readonly Seeming[]) => AsyncGenerator<Oid | undefined, undefined>;

export interface Following {
  likely: NonNullable<CommitQuery['likely']>;
  files: FindFiles;
  /** Compares the trees of a commit and its parent. */
  walk(commit: CommitLinks): Promise<CommitRecord>;
}

/** Commits, parents first: each tree is made of the one before it by what its commit says, and known by its name. Others are walked. */
export async function* followCommits(
  source: ObjectSource,
  links: readonly CommitLinks[],
  { likely, files, walk }: Following,
): AsyncIterable<CommitRecord> {
  const seeming: Seeming[] = [];
  for (const commit of links)
    seeming.push({ commit, change: likely((await readCommit(source, commit.oid)).message) });
  const found = files(seeming);
  let here: { oid: Oid; trees: TreeFollower | undefined } | undefined;
  try {
    for (const { commit, change } of seeming) {
      const { oid, tree, parents } = commit;
      const path = change?.left;
      const file = path === undefined ? undefined : (await found.next()).value;
      const left = path === undefined || file === undefined ? undefined : { path, oid: file };
      const isKnown = change !== undefined && (path === undefined || left !== undefined);
      const [parent] = parents;
      let changes: TreeChange[] | undefined;
      if (isKnown && parent !== undefined && parents.length === 1) {
        const known = here?.oid === parent ? here.trees : undefined;
        const trees = known ?? (await TreeFollower.at(source, (await readCommitLinks(source, parent)).tree));
        changes = await trees?.follow(tree, { gone: change.gone, left });
        here = changes === undefined ? undefined : { oid, trees };
      }
      if (changes === undefined) yield await walk(commit);
      else yield { ...toRecord(oid, await readCommit(source, oid), changes), sound: true };
    }
  } finally {
    await found.return(undefined);
  }
}

/** Finds them tree by tree. */
export async function* filesLeft(
  source: ObjectSource,
  seeming: readonly Seeming[],
): AsyncGenerator<Oid | undefined, undefined> {
  for (const { commit, change } of seeming)
    if (change?.left !== undefined) yield (await filesAt(source, commit.tree, [change.left]))[0]?.oid;
  return undefined;
}

/** A larger file is read when it is asked for. */
const MAX_KEPT = 256 * 1024;

/**
 * As `filesLeft`, by one git process, which gives their contents as well, and the trees that they are compared with.
 *
 * @param kept takes the contents
 */
export async function* filesByGit(
  objects: DiskObjects,
  kept: ObjectCache,
  seeming: readonly Seeming[],
): AsyncGenerator<Oid | undefined, undefined> {
  const folders = foldersOf(seeming);
  const files = seeming.flatMap(({ commit, change }) =>
    change?.left === undefined ? [] : [`${commit.oid}:${change.left}`],
  );
  let left = folders.length;
  for await (const { oid, type, bytes } of objects.readNamed([...folders, ...files], MAX_KEPT)) {
    left -= 1;
    if (left >= 0) {
      if (type === 'tree' && bytes !== undefined) objects.remember(oid, { type, bytes });
      continue;
    }
    if (type === 'blob' && bytes !== undefined) kept.add(oid, { type, bytes });
    yield type === 'blob' ? oid : undefined;
  }
  return undefined;
}

/** The folders in which these changes stand, as names in the commit that all begins on. */
function foldersOf(seeming: readonly Seeming[]): string[] {
  const base = seeming[0]?.commit.parents[0];
  if (base === undefined) return [];
  const folders = new Set<string>();
  for (const { change } of seeming)
    for (const path of change === undefined ? [] : [...change.gone, change.left ?? ''])
      for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
        const folder = path.slice(0, end);
        if (folders.has(folder)) break;
        folders.add(folder);
      }
  return [...folders].map((folder) => `${base}:${folder}`);
}
