import { isKnownFile, QUARANTINE } from '../codec/known-files.ts';
import { parsePath, possiblePaths, SETTINGS_PATH } from '../codec/path.ts';
import type { WorkId } from '../domain/ids.ts';
import type { Oid, TreeEntry } from '../store/port.ts';

/** A file as a mend leaves it: with the bytes of a blob that the repository has, or gone. */
export interface MendedFile {
  path: string;
  blob: Oid | undefined;
}

/** One commit that mends one thing. */
export interface Mend {
  kind: 'restore' | 'move' | 'quarantine' | 'settings';
  id?: WorkId | undefined;
  path: string;
  /** What is wrong. */
  wrong: string;
  /** How it is mended. */
  how: string;
  files: MendedFile[];
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
}

/** How a tree is mended: by putting back what was last whole, and out of the way what is no file of the ledger. */
export function planMends({ entries, items, settings }: BrokenTree): Mend[] {
  const taken = new Set(entries.map(({ path }) => path));
  const moved = new Set<string>();
  const mends: Mend[] = settings === undefined ? [] : [restoreSettings(settings)];
  for (const item of items) {
    const stray = strayOf(item, entries);
    if (stray !== undefined) moved.add(stray.path);
    mends.push(
      item.good === undefined ? removeItem(item, entries, taken) : restore(item, item.good, taken, stray),
    );
  }
  const strays = entries.filter(({ path }) => isStray(path) && !moved.has(path));
  return [...mends, ...strays.map((stray) => quarantine(stray, taken))];
}

const isStray = (path: string): boolean =>
  parsePath(path) === undefined && path !== SETTINGS_PATH && !isKnownFile(path);

const restoreSettings = (blob: Oid): Mend => ({
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
): Mend {
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
function removeItem({ id, wrong }: BrokenItem, entries: readonly TreeEntry[], taken: Set<string>): Mend {
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

const quarantine = (stray: TreeEntry, taken: Set<string>): Mend => ({
  kind: 'quarantine',
  path: stray.path,
  wrong: 'no file of the ledger',
  how: `moved to ${QUARANTINE}`,
  files: away(stray, taken),
});

/** Out of the way. What is no plain file is not made one: it stays in history alone. */
function away({ path, mode, oid }: TreeEntry, taken: Set<string>): MendedFile[] {
  const gone: MendedFile = { path, blob: undefined };
  if (!mode.startsWith('100')) return [gone];
  const place = QUARANTINE + path.split('/').map(safeName).join('/');
  const free = taken.has(place) ? `${place}-${oid.slice(0, 12)}` : place;
  taken.add(free);
  return [gone, { path: free, blob: oid }];
}

/** Names that no file system and no git would take are not carried along. */
const safeName = (name: string): string =>
  /^(?:\.*|\.git.*|git~\d+)$/i.test(name) ? `_${name.replaceAll('.', '_')}` : name.replaceAll(/[\\:]/g, '_');
