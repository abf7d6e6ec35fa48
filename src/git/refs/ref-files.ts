// Reads refs as git has them: a file each, and the file `packed-refs`.
import { basename, join } from 'node:path';
import { LedgerError } from '../../domain/errors.ts';
import { CONTROL } from '../../domain/text.ts';
import { type FsLike, listFolder, readText } from '../files/fs.ts';
import type { RefLog } from '../refs.ts';
import type { LockPlace } from './swap-ref.ts';

/** Where refs are: the common git directory on some file system. */
export interface RefPlace extends LockPlace {
  gitdir: string;
  /** Where moves are written down; nowhere by default. */
  log?: RefLog | undefined;
}

const OID = /^[0-9a-f]{40}$/;
const SYMBOLIC = /^ref:\s*(\S+)$/;
/** Git writes a ref whole. Other programs write it in place, and are done a moment later. */
const READ_TRIES = 3;
const TORN_MS = 5;
/** As many hops as git follows. */
const LONGEST_CHAIN = 5;

/** The commit a ref names, through symbolic refs; `undefined` where there is no such ref. */
export async function readRef(place: RefPlace, ref: string): Promise<string | undefined> {
  const { value } = await followRef(place, ref);
  return value?.kind === 'oid' ? value.oid : undefined;
}

/** The ref that a ref leads to, through those that only point to another, and what that one has. */
export async function followRef(
  place: RefPlace,
  ref: string,
): Promise<{ name: string; value: RefValue | undefined }> {
  let name = ref;
  for (let hop = 1; ; hop += 1) {
    assertRefName(name);
    const value = await readOwnValue(place, name);
    if (value?.kind !== 'symbolic' || hop >= LONGEST_CHAIN) return { name, value };
    name = value.target;
  }
}

export type RefValue = { kind: 'oid'; oid: string } | { kind: 'symbolic'; target: string };

/**
 * What the ref itself holds. Its own file comes first: git writes `packed-refs` before it takes such a file away, so a ref
 * that moves from one to the other between these two reads is found all the same.
 */
export async function readOwnValue(place: RefPlace, ref: string): Promise<RefValue | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const text = (await readText(place.fs, join(place.gitdir, ref)))?.trimEnd();
    if (text === undefined) {
      const packed = (await readText(place.fs, join(place.gitdir, 'packed-refs'))) ?? '';
      const oid = findPackedRef(packed, ref);
      return oid === undefined ? undefined : { kind: 'oid', oid };
    }
    if (OID.test(text)) return { kind: 'oid', oid: text };
    const target = SYMBOLIC.exec(text)?.[1];
    if (target !== undefined) return { kind: 'symbolic', target };
    if (attempt >= READ_TRIES) {
      throw new LedgerError('STORAGE_FAILED', `The file of ${ref} holds no commit id.`, { details: { ref } });
    }
    await new Promise((resolve) => setTimeout(resolve, TORN_MS));
  }
}

/** Refs whose names begin with `prefix`, sorted by name. What cannot be resolved is left out, as git does. */
export async function listRefs(place: RefPlace, prefix: string): Promise<{ ref: string; oid: string }[]> {
  const names = await listRefFiles(place, prefix.slice(0, prefix.lastIndexOf('/')), prefix);
  const packed = await readPackedRefs(place);
  const found = new Map([...packed].filter(([ref]) => ref.startsWith(prefix)));
  for (const ref of names) {
    const oid = await readRef(place, ref).catch(() => undefined);
    if (oid !== undefined) found.set(ref, oid);
  }
  return [...found].map(([ref, oid]) => ({ ref, oid })).sort((a, b) => (a.ref < b.ref ? -1 : 1));
}

/** Files of refs below a folder that can hold names with this prefix. */
async function listRefFiles(place: RefPlace, folder: string, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await listFolder(place.fs, join(place.gitdir, folder))) {
    const path = `${folder}/${name}`;
    if (!path.startsWith(prefix) && !prefix.startsWith(`${path}/`)) continue;
    const below = await place.fs.promises.stat(join(place.gitdir, path)).catch(() => undefined);
    if (below?.isDirectory()) found.push(...(await listRefFiles(place, path, prefix)));
    else if (isRefName(path)) found.push(path);
  }
  return found;
}

export async function readPackedRefs(place: RefPlace): Promise<Map<string, string>> {
  return parsePackedRefs((await readText(place.fs, join(place.gitdir, 'packed-refs'))) ?? '');
}

const ENTRY = /^([0-9a-f]{40}) (\S+)$/;

/** The refs that git keeps together in the file `packed-refs`. A ref that has a file of its own is read from there. */
export function parsePackedRefs(text: string): Map<string, string> {
  const refs = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, oid, ref] = ENTRY.exec(line) ?? [];
    if (oid !== undefined && ref !== undefined) refs.set(ref, oid);
  }
  return refs;
}

/** The value of one ref, without reading the others: a clone can have a hundred thousand. */
export function findPackedRef(text: string, ref: string): string | undefined {
  for (let at = text.indexOf(` ${ref}\n`); at >= 0; at = text.indexOf(` ${ref}\n`, at + 1)) {
    const line = text.slice(text.lastIndexOf('\n', at) + 1, at + 1 + ref.length);
    const [, oid, name] = ENTRY.exec(line) ?? [];
    if (name === ref) return oid;
  }
  return undefined;
}

/** The file without `ref`; all other lines stay as they are. A tag's peeled value stands in the line after it. */
export function withoutPackedRef(text: string, ref: string): string {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => ENTRY.exec(line)?.[2] === ref);
  if (at < 0) return text;
  lines.splice(at, lines[at + 1]?.startsWith('^') ? 2 : 1);
  return lines.join('\n');
}

/** What git allows below `refs/`, without the parts that a file system could take for something else. */
const REF_NAME = new RegExp(`^refs(?:/(?!\\.)[^${CONTROL} ~^:?*[\\\\/]+(?<!\\.|\\.lock))+$`);

export const isRefName = (ref: string): boolean =>
  REF_NAME.test(ref) && !ref.includes('..') && !ref.includes('@{');

/** @throws LedgerError `INVALID_INPUT` where `ref` is no full ref name */
export function assertRefName(ref: string): void {
  if (isRefName(ref)) return;
  throw new LedgerError('INVALID_INPUT', `${JSON.stringify(ref)} cannot be the name of a git ref.`, {
    details: { ref },
  });
}

export const BRANCH = /^refs\/heads\//;

/** The git directories of the work trees in which a branch is checked out, or in the middle of a rebase or a bisection of it. */
export async function treesWith(
  { fs, gitdir }: { fs: FsLike; gitdir: string },
  ref: string,
): Promise<string[]> {
  const linked = join(gitdir, 'worktrees');
  const names = await listFolder(fs, linked);
  const found: string[] = [];
  for (const tree of [gitdir, ...names.map((name) => join(linked, name))]) {
    if (!(await isAt(fs, tree, ref))) continue;
    // A bare repository names a branch, too, and has no index.
    if (
      tree !== gitdir ||
      basename(gitdir) === '.git' ||
      (await textOf(fs, join(gitdir, 'index'))) !== undefined
    )
      found.push(tree);
  }
  return found;
}

/** Which branch is rebased, while `HEAD` names none. */
const REBASED = ['rebase-merge/head-name', 'rebase-apply/head-name'];

async function isAt(fs: FsLike, tree: string, ref: string): Promise<boolean> {
  const head = await textOf(fs, join(tree, 'HEAD'));
  if (head === undefined || head.startsWith('ref: ')) return head === `ref: ${ref}`;
  for (const file of REBASED) if ((await textOf(fs, join(tree, file))) === ref) return true;
  return (await textOf(fs, join(tree, 'BISECT_START'))) === ref.replace(BRANCH, '');
}

const textOf = async (fs: FsLike, path: string): Promise<string | undefined> =>
  (await readText(fs, path))?.trimEnd();
