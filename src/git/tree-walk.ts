import type { ObjectSource } from './object-format.ts';
import { FOLDER, rawPath, readablePath, readTreeLines, type TreeLine } from './tree-object.ts';

interface FileAt {
  mode: string;
  oid: string;
}

export interface FileDifference {
  path: string;
  before: FileAt | undefined;
  after: FileAt | undefined;
}

/**
 * Files that differ between two trees, sorted by path. Folders that are equal on both sides are not opened.
 *
 * @param before a tree's name; `undefined` for an empty one, and likewise `after`
 */
export async function diffTrees(
  source: ObjectSource,
  before: string | undefined,
  after: string | undefined,
): Promise<FileDifference[]> {
  const found: FileDifference[] = [];
  await diffFolders(source, '', before, after, found);
  found.sort((a, b) => (a.path < b.path ? -1 : 1));
  return found.map((difference) => ({ ...difference, path: readablePath(difference.path) }));
}

async function diffFolders(
  source: ObjectSource,
  prefix: string,
  before: string | undefined,
  after: string | undefined,
  found: FileDifference[],
): Promise<void> {
  if (before === after) return;
  const [left, right] = await Promise.all([byName(source, before), byName(source, after)]);
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    const [old, now] = [left.get(name), right.get(name)];
    if (old?.oid === now?.oid && old?.mode === now?.mode) continue;
    const path = `${prefix}${name}`;
    const files = { before: fileOf(old), after: fileOf(now) };
    if (files.before !== undefined || files.after !== undefined) found.push({ path, ...files });
    await diffFolders(source, `${path}/`, folderOf(old), folderOf(now), found);
  }
}

/**
 * As `diffTrees`, where that takes no more than `most` objects that are not at hand.
 *
 * @returns `undefined` where the trees differ in more places
 */
export async function diffNearTrees(
  source: ObjectSource & { isAtHand(oid: string): boolean },
  before: string,
  after: string,
  most: number,
): Promise<FileDifference[] | undefined> {
  let left = most;
  const few: ObjectSource = {
    async read(oid) {
      if (!source.isAtHand(oid)) left -= 1;
      if (left < 0) throw new TooFar();
      return source.read(oid);
    },
  };
  try {
    return await diffTrees(few, before, after);
  } catch (error) {
    if (error instanceof TooFar) return undefined;
    throw error;
  }
}

class TooFar extends Error {}

/** Every file of a tree, in git's order. */
export async function listFiles(source: ObjectSource, tree: string): Promise<(FileAt & { path: string })[]> {
  const found: (FileAt & { path: string })[] = [];
  await addFiles(source, tree, '', found);
  return found;
}

async function addFiles(
  source: ObjectSource,
  tree: string,
  prefix: string,
  found: (FileAt & { path: string })[],
): Promise<void> {
  for (const { mode, name, oid } of await readTreeLines(source, tree)) {
    const path = `${prefix}${readablePath(name)}`;
    if (mode === FOLDER) await addFiles(source, oid, `${path}/`, found);
    else found.push({ path, mode, oid });
  }
}

/** Whether the file or folder at `path` differs between two trees; reads no more than what leads there. */
export async function differsAt(
  source: ObjectSource,
  before: string | undefined,
  after: string | undefined,
  path: string,
): Promise<boolean> {
  const names = rawPath(path).split('/');
  let [left, right] = [before, after];
  for (const [depth, name] of names.entries()) {
    if (left === right) return false;
    const [old, now] = [(await byName(source, left)).get(name), (await byName(source, right)).get(name)];
    if (old?.oid === now?.oid && old?.mode === now?.mode) return false;
    if (depth === names.length - 1) return true;
    [left, right] = [folderOf(old), folderOf(now)];
  }
  return false;
}

async function byName(source: ObjectSource, tree: string | undefined): Promise<Map<string, TreeLine>> {
  const lines = tree === undefined ? [] : await readTreeLines(source, tree);
  return new Map(lines.map((line) => [line.name, line]));
}

const folderOf = (line: TreeLine | undefined): string | undefined =>
  line?.mode === FOLDER ? line.oid : undefined;
const fileOf = (line: TreeLine | undefined): FileAt | undefined =>
  line === undefined || line.mode === FOLDER ? undefined : { mode: line.mode, oid: line.oid };
