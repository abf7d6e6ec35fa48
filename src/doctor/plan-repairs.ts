import { PLAIN_FILE } from '../audit/files.ts';
import { isKnownFile, QUARANTINE } from '../codec/auxiliary-files.ts';
import { parsePath, possiblePaths, SETTINGS_PATH } from '../codec/path.ts';
import type { WorkId } from '../domain/ids.ts';
import { nameFault, rawPath } from '../git/model/tree.ts';
import { describeSuspect, type Suspect } from '../ledger/suspects.ts';
import type { Oid, TreeEntry, TreeFault } from '../store/port.ts';

/** A file as a repair leaves it: with the bytes of a blob that the repository has, or gone. */
export interface RepairedFile {
  path: string;
  blob: Oid | undefined;
  /** The mode that it had, where that is what is repaired. */
  mode?: string | undefined;
}

/** One commit that repairs one thing. */
export interface Repair {
  kind: 'tree' | 'mode' | 'restore' | 'move' | 'quarantine' | 'settings' | 'undo';
  id?: WorkId | undefined;
  path: string;
  /** What is wrong. */
  wrong: string;
  /** How it is repaired. */
  how: string;
  files: RepairedFile[];
  /** Folders whose trees are written anew. */
  tidied?: string[] | undefined;
}

/** An item that is not whole: damaged, in two places, or gone without the verb for it. */
export interface BrokenItem {
  id: WorkId;
  wrong: string;
  /** Where it stood when it was last whole; `undefined` where it never was. */
  good: { path: string; oid: Oid; rev: number } | undefined;
}

export interface BrokenTree {
  entries: readonly TreeEntry[];
  items: readonly BrokenItem[];
  /** The settings as they were last whole, where they are not now. */
  settings: Oid | undefined;
  /** Entries that git would not have written as they are. */
  faults: readonly TreeFault[];
}

/** How a tree is repaired: by writing it as git would, putting back what was last whole, and out of the way what is no file of the ledger. */
export function planRepairs({ entries, items, settings, faults }: BrokenTree): Repair[] {
  const taken = new Set(entries.map(({ path }) => path));
  const moved = new Set<string>();
  const mends: Repair[] = settings === undefined ? [] : [restoreSettings(settings)];
  for (const item of items) {
    const stray = strayOf(item, entries);
    if (stray !== undefined) moved.add(stray.path);
    mends.push(
      item.good === undefined ? removeItem(item, entries, taken) : restore(item, item.good, taken, stray),
    );
  }
  const strays = entries.filter(({ path }) => isStray(path) && !moved.has(path));
  const links = entries.filter(({ path, mode }) => isKnownFile(path) && mode !== PLAIN_FILE);
  const inTheWay = strays.filter((stray) => isInTheWay(stray, mends));
  return [
    ...tidyFolders(faults.filter(({ fault }) => IN_WRITING.has(fault))),
    ...inTheWay.map((stray) => quarantine(stray, taken)),
    ...mends,
    ...strays.filter((stray) => !inTheWay.includes(stray)).map((stray) => quarantine(stray, taken)),
    ...links.map((link) => makePlain(link)),
  ];
}

/**
 * How what is in question is put back as it was before: one repair for each item, and for each file beside items.
 *
 * @param isLast whether the last commit of an item is among these; one that went on since is left to a person
 */
export function planUndoing(
  suspects: readonly Suspect[],
  entries: readonly TreeEntry[],
  isLast: (id: WorkId, commits: ReadonlySet<Oid>) => boolean,
): Repair[] {
  const now = new Map(entries.map(({ path, oid }) => [path, oid]));
  const commits = new Set(suspects.map(({ commit }) => commit));
  const before = new Map<string, { blob: Oid | undefined; suspect: Suspect }>();
  for (const suspect of suspects)
    for (const [path, oid] of Object.entries(suspect.files))
      if (!before.has(path) && !suspect.standing?.includes(parsePath(path)?.id ?? path))
        before.set(path, { blob: oid ?? undefined, suspect });
  const repairs = new Map<string, Repair>();
  for (const [path, { blob, suspect }] of before) {
    const id = parsePath(path)?.id;
    if (now.get(path) === blob || (id !== undefined && !isLast(id, commits))) continue;
    const file: RepairedFile = { path, blob };
    const of = repairs.get(id ?? path);
    if (of !== undefined) of.files.push(file);
    else repairs.set(id ?? path, { kind: 'undo', id, path, ...wordsOf(suspect, blob), files: [file] });
  }
  return [...repairs.values()];
}

const wordsOf = (suspect: Suspect, blob: Oid | undefined): Pick<Repair, 'wrong' | 'how'> => ({
  wrong: describeSuspect(suspect),
  how: blob === undefined ? 'taken away, as it was before' : 'put back as it was before',
});

/** A file where a folder has to be, or in a folder where a file has to be. */
const isInTheWay = ({ path: stray }: TreeEntry, mends: readonly Repair[]): boolean =>
  mends.some(({ files }) =>
    files.some(({ path, blob }) => blob !== undefined && (isIn(path, stray) || isIn(stray, path))),
  );
const isIn = (path: string, folder: string): boolean => path.startsWith(`${folder}/`);

/** Faults that are gone once a tree is written anew. The others are in a name or an object, and so of a file. */
const IN_WRITING: ReadonlySet<string> = new Set([
  'badFilemode',
  'zeroPaddedFilemode',
  'duplicateEntries',
  'treeNotSorted',
  'fullPathname',
]);

/** One repair for all of them: trees are written from the bottom up. */
function tidyFolders(faults: readonly TreeFault[]): Repair[] {
  const [first] = faults;
  if (first === undefined) return [];
  const wrong = [...new Set(faults.map(({ path, fault, mode }) => `${path} (${fault}, mode ${mode})`))];
  return [
    {
      kind: 'tree',
      path: first.path,
      wrong: `git would not have written: ${wrong.join(', ')}`,
      how: 'written anew as git reads it',
      files: [],
      tidied: [...new Set(faults.map(({ folder }) => folder))],
    },
  ];
}

/** A file beside items that is a program stays, as a plain file; a link or a submodule goes. */
function makePlain({ path, mode, oid }: TreeEntry): Repair {
  const isFile = mode.startsWith('100');
  return {
    kind: 'mode',
    path,
    wrong: `it has mode ${mode}`,
    how: isFile ? 'made a plain file' : 'removed',
    files: [{ path, blob: isFile ? oid : undefined, mode }],
  };
}

const isStray = (path: string): boolean =>
  parsePath(path) === undefined && path !== SETTINGS_PATH && !isKnownFile(path);

const restoreSettings = (blob: Oid): Repair => ({
  kind: 'settings',
  path: SETTINGS_PATH,
  wrong: 'the settings cannot be read',
  how: 'put back as they were last whole',
  files: [{ path: SETTINGS_PATH, blob }],
});

/** The item's own file, unchanged, at a path where it does not belong. */
function strayOf({ id, good }: BrokenItem, entries: readonly TreeEntry[]): TreeEntry | undefined {
  const name = `/${id}.yaml`;
  return entries.find(({ path, oid }) => oid === good?.oid && isStray(path) && `/${path}`.endsWith(name));
}

function restore(
  { id, wrong }: BrokenItem,
  good: NonNullable<BrokenItem['good']>,
  taken: ReadonlySet<string>,
  stray: TreeEntry | undefined,
): Repair {
  const others = possiblePaths(id).filter((path) => path !== good.path && taken.has(path));
  if (stray !== undefined) others.push(stray.path);
  return {
    kind: stray === undefined ? 'restore' : 'move',
    id,
    path: good.path,
    wrong: stray === undefined ? wrong : `its file stands at ${stray.path}`,
    how:
      stray === undefined
        ? `put back as it was last whole, at rev ${good.rev}`
        : `moved to where it belongs, ${good.path}`,
    files: [{ path: good.path, blob: good.oid }, ...others.map((path) => ({ path, blob: undefined }))],
  };
}

/** An item that never was whole is none: what is there goes to quarantine. */
function removeItem({ id, wrong }: BrokenItem, entries: readonly TreeEntry[], taken: Set<string>): Repair {
  const places = new Set(possiblePaths(id));
  const files = entries.filter(({ path }) => places.has(path));
  return {
    kind: 'quarantine',
    id,
    path: files[0]?.path ?? id,
    wrong: `${wrong}; it never was whole`,
    how: `moved to ${QUARANTINE}`,
    files: files.flatMap((file) => away(file, taken)),
  };
}

const quarantine = (stray: TreeEntry, taken: Set<string>): Repair => ({
  kind: 'quarantine',
  path: stray.path,
  wrong: 'no file of the ledger',
  how: `moved to ${QUARANTINE}`,
  files: away(stray, taken),
});

/** Out of the way. What is no plain file is not made one: it stays in history alone. */
function away({ path, mode, oid }: TreeEntry, taken: Set<string>): RepairedFile[] {
  const gone: RepairedFile = { path, blob: undefined };
  if (!mode.startsWith('100')) return [gone];
  const place = QUARANTINE + path.split('/').map(safeName).join('/');
  const free = taken.has(place) ? `${place}-${oid.slice(0, 12)}` : place;
  taken.add(free);
  return [gone, { path: free, blob: oid }];
}

/** Names that no file system and no git would take are not carried along. */
function safeName(name: string): string {
  const isTaken = /^(?:\.*|\.git.*|git~\d+)$/i.test(name) || nameFault(rawPath(name)) !== undefined;
  return (isTaken ? `_${name.replaceAll('.', '_')}` : name).replaceAll(/[\\:]/g, '_');
}
