import { type Commit, makeCommit, readCommitLinks } from '../git/model/commit.ts';
import { type NamedObject, nameObject, type ObjectSource } from '../git/model/object.ts';
import { TreeDraft } from '../git/model/tree-draft.ts';
import { newFaults } from '../git/model/tree-walk.ts';
import type { DiskObjects } from '../git/objects.ts';
import type { CommitDraft, CommitRecord, Oid, TreeChange, TreeFault } from './port.ts';

/** Makes the drafts one after another on `base`, in memory: their names in order, and every object that they need. */
export async function buildCommits(
  source: ObjectSource,
  base: Oid | undefined,
  drafts: readonly CommitDraft[],
): Promise<{ oids: Oid[]; objects: NamedObject[] }> {
  const from = base === undefined ? undefined : (await readCommitLinks(source, base)).tree;
  const tree = await TreeDraft.open(source, from);
  const objects: NamedObject[] = [];
  const oids: Oid[] = [];
  let parent = base;
  for (const draft of drafts) {
    for (const folder of draft.tidied ?? []) await tree.tidy(folder);
    for (const { path, bytes } of draft.changes) {
      const blob = bytes === undefined ? undefined : nameObject({ type: 'blob', bytes });
      await tree.set(path, blob?.oid);
      if (blob !== undefined) objects.push(blob);
    }
    const written = tree.write();
    const commit = makeCommit({
      tree: written.tree,
      parents: parent === undefined ? [] : [parent],
      author: { ...draft.author, at: draft.authored_at },
      committer: { ...draft.committer, at: draft.committed_at },
      message: draft.message,
    });
    objects.push(...written.made, commit);
    oids.push(commit.oid);
    parent = commit.oid;
  }
  return { oids, objects };
}

/** @see LedgerStore.treeFaults */
export async function faultsOf(
  source: ObjectSource,
  commit: Oid,
  others: readonly Oid[],
): Promise<TreeFault[]> {
  const trees: Oid[] = [];
  for (const oid of [commit, ...others]) trees.push((await readCommitLinks(source, oid)).tree);
  const [tree = '', ...beside] = trees;
  return newFaults(source, tree, beside);
}

/** A commit as those see it who do not ask for its tree but for what it changed. */
export const toRecord = (
  oid: Oid,
  { parents, author, committer, message, fault }: Commit,
  changes: readonly TreeChange[],
): CommitRecord => ({ oid, parents, author, committer, message, fault, changes });

/** Makes the drafts one after another on `base`, each signed, which takes a git process for each. */
export async function makeSigned(
  gitDir: string,
  objects: DiskObjects,
  base: Oid | undefined,
  drafts: readonly CommitDraft[],
): Promise<Oid[]> {
  const { signCommit } = await import('../git/signatures.ts');
  const oids: Oid[] = [];
  for (const draft of drafts) {
    const { objects: made } = await buildCommits(objects, oids.at(-1) ?? base, [draft]);
    const commit = made.at(-1);
    if (commit === undefined) continue;
    await objects.write(made.slice(0, -1));
    oids.push(await signCommit(gitDir, commit.bytes));
  }
  return oids;
}
