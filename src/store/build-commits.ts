// Makes commits of drafts in memory, and what a store tells of a commit that it has read.
import { type Commit, makeCommit, readCommitLinks } from '../git/model/commit.ts';
import { type NamedObject, nameObject, type ObjectSource } from '../git/model/object.ts';
import { FILE, FOLDER, rawPath, readTreeBytes, TreeEdit } from '../git/model/tree.ts';
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
  const [tree = '', ...older] = trees;
  return newFaults(source, tree, older);
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

const EMPTY = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** A folder while it is changed: what stands in it, and the folders below that were opened so far. */
interface Folder {
  /** Undefined from a change on until the next `write`. */
  oid: string | undefined;
  lines: TreeEdit;
  open: Map<string, Folder>;
}

/** A tree that is changed file by file. Only folders on changed paths are read, and only they are written. */
export class TreeDraft {
  readonly #source: ObjectSource;
  readonly #root: Folder;

  private constructor(source: ObjectSource, root: Folder) {
    this.#source = source;
    this.#root = root;
  }

  /** @param tree the tree to begin with; `undefined` for an empty one */
  static async open(source: ObjectSource, tree: string | undefined): Promise<TreeDraft> {
    return new TreeDraft(source, await openFolder(source, tree));
  }

  /** Puts a plain file at `path`, in place of whatever is there; `undefined` removes it. */
  async set(path: string, oid: string | undefined): Promise<void> {
    const parts = rawPath(path).split('/');
    const name = parts.pop() ?? '';
    const folders = [this.#root];
    let folder = this.#root;
    for (const part of parts) {
      const below = await this.#enter(folder, part, oid !== undefined);
      if (below === undefined) return;
      folders.push(below);
      folder = below;
    }
    if (oid === undefined && folder.lines.get(name) === undefined && !folder.open.has(name)) return;
    folder.open.delete(name);
    if (oid === undefined) folder.lines.delete(name);
    else folder.lines.set({ mode: FILE, name, oid });
    for (const changed of folders) changed.oid = undefined;
  }

  /** Writes the tree of a folder as git would, whatever stands in it: the root's under an empty path. */
  async tidy(path: string): Promise<void> {
    const folders = [this.#root];
    for (const part of path === '' ? [] : rawPath(path).split('/')) {
      const below = await this.#enter(folders.at(-1) ?? this.#root, part, false);
      if (below === undefined) return;
      folders.push(below);
    }
    folders.at(-1)?.lines.tidy();
    for (const changed of folders) changed.oid = undefined;
  }

  /** The tree's name as it now stands, and the tree objects that were not in the repository when the draft began. */
  write(): { tree: string; made: NamedObject[] } {
    const made: NamedObject[] = [];
    return { tree: writeFolder(this.#root, made), made };
  }

  async #enter(folder: Folder, name: string, create: boolean): Promise<Folder | undefined> {
    const opened = folder.open.get(name);
    if (opened !== undefined) return opened;
    const line = folder.lines.get(name);
    const exists = line?.mode === FOLDER;
    if (!exists && !create) return undefined;
    const below = await openFolder(this.#source, exists ? line.oid : undefined);
    folder.open.set(name, below);
    return below;
  }
}

async function openFolder(source: ObjectSource, oid: string | undefined): Promise<Folder> {
  const bytes = oid === undefined ? new Uint8Array() : await readTreeBytes(source, oid);
  return { oid, lines: new TreeEdit(bytes), open: new Map() };
}

/** Git keeps no empty folders, except an empty root. */
function writeFolder(folder: Folder, made: NamedObject[]): string {
  if (folder.oid !== undefined) return folder.oid;
  for (const [name, below] of folder.open) {
    if (below.oid !== undefined) continue;
    const oid = writeFolder(below, made);
    if (oid !== EMPTY) folder.lines.set({ mode: FOLDER, name, oid });
    else {
      folder.lines.delete(name);
      folder.open.delete(name);
    }
  }
  const tree = folder.lines.write();
  folder.oid = tree.oid;
  made.push(tree);
  return tree.oid;
}
