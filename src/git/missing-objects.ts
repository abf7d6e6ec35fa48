import { compareHistories, oldestFirst } from './ancestry.ts';
import { type CommitLinks, readCommitLinks } from './commit-format.ts';
import type { ObjectSource } from './object-format.ts';
import { FOLDER, linesOf, readTree, readTreeBytes } from './tree-object.ts';

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
  const beside = await readTree(source, before);
  for (const line of linesOf(await readTreeBytes(source, tree))) {
    const other = beside.get(line.name);
    if (line.oid === other?.oid || line.mode === SUBMODULE) continue;
    if (line.mode !== FOLDER) found.add(line.oid);
    else await addFolder(source, line.oid, other?.mode === FOLDER ? other.oid : undefined, found, compared);
  }
}
