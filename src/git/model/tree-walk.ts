import type { GitObject, ObjectSource } from './object.ts';
import {
  FOLDER,
  findFaults,
  findLine,
  type LineFault,
  linesByName,
  MAX_TREE_BYTES,
  rawPath,
  readablePath,
  readTree,
  readTreeBytes,
  type TreeFaultName,
  type TreeLine,
} from './tree.ts';

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
  const [left, right] = await Promise.all([readTree(source, before), readTree(source, after)]);
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
  source: ObjectSource & { isAtHand?(oid: string): boolean },
  before: string,
  after: string,
  most: number,
): Promise<FileDifference[] | undefined> {
  let left = most;
  const few: ObjectSource = {
    async read(oid) {
      if (!source.isAtHand?.(oid)) left -= 1;
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

/** Where many objects can be read at once. */
export interface ManyObjects extends ObjectSource {
  readMany?(
    oids: Iterable<string>,
    maxBytes: number,
  ): Promise<ReadonlyMap<string, GitObject | { size: number }>>;
}

/** Every file of a tree, in git's order. */
export async function listFiles(source: ManyObjects, tree: string): Promise<(FileAt & { path: string })[]> {
  const trees = await readTrees(source, tree);
  const found: (FileAt & { path: string })[] = [];
  const add = (oid: string, prefix: string): void => {
    for (const line of trees.get(oid)?.values() ?? []) {
      const path = `${prefix}${readablePath(line.name)}`;
      const below = folderOf(line);
      if (below === undefined) found.push({ path, mode: line.mode, oid: line.oid });
      else add(below, `${path}/`);
    }
  };
  add(tree, '');
  return found;
}

/** The files of a tree at these paths, as far as there are any; reads no more than what leads there. */
export async function filesAt(
  source: ObjectSource,
  tree: string,
  paths: readonly string[],
): Promise<(FileAt & { path: string })[]> {
  const read = new Map<string, Promise<Uint8Array>>();
  const bytesOf = (oid: string): Promise<Uint8Array> => {
    const known = read.get(oid) ?? readTreeBytes(source, oid);
    read.set(oid, known);
    return known;
  };
  const found: (FileAt & { path: string })[] = [];
  for (const path of paths) {
    let folder: string | undefined = tree;
    let line: TreeLine | undefined;
    for (const name of rawPath(path).split('/')) {
      line = folder === undefined ? undefined : findLine(await bytesOf(folder), name);
      folder = folderOf(line);
    }
    const file = fileOf(line);
    if (file !== undefined) found.push({ path, ...file });
  }
  return found;
}

/** The trees that a tree leads to, and itself: what stands in one folder is read together. */
async function readTrees(source: ManyObjects, tree: string): Promise<Map<string, Map<string, TreeLine>>> {
  const trees = new Map<string, Map<string, TreeLine>>();
  for (let level = [tree]; level.length > 0; ) {
    const read = await source.readMany?.(level, MAX_TREE_BYTES);
    const below = new Set<string>();
    for (const oid of level) {
      const object = read?.get(oid);
      const isRead = object !== undefined && 'type' in object && object.type === 'tree';
      const lines = linesByName(isRead ? object.bytes : await readTreeBytes(source, oid));
      trees.set(oid, lines);
      for (const line of lines.values()) {
        const folder = folderOf(line);
        if (folder !== undefined) below.add(folder);
      }
    }
    level = [...below].filter((oid) => !trees.has(oid));
  }
  return trees;
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
    const [old, now] = [(await readTree(source, left)).get(name), (await readTree(source, right)).get(name)];
    if (old?.oid === now?.oid && old?.mode === now?.mode) return false;
    if (depth === names.length - 1) return true;
    [left, right] = [folderOf(old), folderOf(now)];
  }
  return false;
}

/** What is wrong with a tree by git's own rules, and where. */
export interface TreeFault {
  /** Of the folder whose tree it is; empty for the root. */
  folder: string;
  /** Of the entry. */
  path: string;
  fault: TreeFaultName;
  /** The mode of the entry as it is written. */
  mode: string;
}

/** Faults of a tree that none of the others has at the same place. Folders that any of them has as they are, are not opened. */
export async function newFaults(
  source: ObjectSource,
  tree: string,
  others: readonly string[],
): Promise<TreeFault[]> {
  const found: TreeFault[] = [];
  await addFaults(source, '', tree, others, found);
  return found;
}

async function addFaults(
  source: ObjectSource,
  folder: string,
  tree: string,
  others: readonly string[],
  found: TreeFault[],
): Promise<void> {
  if (others.includes(tree)) return;
  const bytes = await readTreeBytes(source, tree);
  const before: Uint8Array[] = [];
  for (const other of others) before.push(await readTreeBytes(source, other));
  const faults = findFaults(bytes);
  const old = new Set(faults.length === 0 ? [] : before.flatMap(findFaults).map(sameFault));
  for (const one of faults) {
    if (old.has(sameFault(one))) continue;
    const { name, fault, mode } = one;
    found.push({ folder, path: join(folder, readablePath(name)), fault, mode });
  }
  const older = before.map(linesByName);
  for (const line of linesByName(bytes).values()) {
    const below = folderOf(line);
    if (below === undefined) continue;
    const there = older.flatMap((lines) => folderOf(lines.get(line.name)) ?? []);
    await addFaults(source, join(folder, readablePath(line.name)), below, there, found);
  }
}

/** What an entry holds may change, and where in the tree it stands: its fault is the old one. */
const sameFault = ({ fault, name, mode }: LineFault): string => `${fault} ${mode} ${name}`;
const join = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`);

const folderOf = (line: TreeLine | undefined): string | undefined =>
  line?.mode === FOLDER ? line.oid : undefined;
const fileOf = (line: TreeLine | undefined): FileAt | undefined =>
  line === undefined || line.mode === FOLDER ? undefined : { mode: line.mode, oid: line.oid };
