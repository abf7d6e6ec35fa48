import { join } from 'node:path';
import { LedgerError } from '../domain/errors.ts';
import { listFolder, readText } from './fs-like.ts';
import type { LockPlace } from './lock-file.ts';
import { findPackedRef, parsePackedRefs } from './packed-refs.ts';
import type { RefLog } from './ref-log.ts';
import { assertRefName, isRefName } from './ref-name.ts';

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
  let name = ref;
  for (let hop = 0; hop < LONGEST_CHAIN; hop += 1) {
    assertRefName(name);
    const value = await readOwnValue(place, name);
    if (value === undefined || value.kind === 'oid') return value?.oid;
    name = value.target;
  }
  return undefined;
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
