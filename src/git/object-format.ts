import { nodeCrypto } from './node-crypto.ts';

export type ObjectType = 'blob' | 'tree' | 'commit' | 'tag';

export interface GitObject {
  type: ObjectType;
  bytes: Uint8Array;
}

export interface NamedObject extends GitObject {
  oid: string;
}

/** Where objects are read from: a repository, or a set of them in memory. */
export interface ObjectSource {
  /** `undefined` where there is no such object. */
  read(oid: string): Promise<GitObject | undefined>;
}

const TYPES: readonly string[] = ['blob', 'tree', 'commit', 'tag'] satisfies ObjectType[];

export const isObjectType = (text: string): text is ObjectType => TYPES.includes(text);

/** What git hashes and compresses: a header and the bytes. */
export function wrapObject({ type, bytes }: GitObject): Uint8Array {
  return Buffer.concat([Buffer.from(`${type} ${bytes.length}\0`), bytes]);
}

export function nameObject(object: GitObject): NamedObject {
  return { ...object, oid: nodeCrypto().createHash('sha1').update(wrapObject(object)).digest('hex') };
}

/** The header of an object, as far as `start` shows it. */
export function readHeader(
  start: Uint8Array,
): { type: ObjectType; size: number; length: number } | undefined {
  const end = start.indexOf(0);
  const [type = '', size = ''] = Buffer.from(start.subarray(0, Math.max(end, 0)))
    .toString()
    .split(' ');
  return isObjectType(type) && /^\d+$/.test(size) ? { type, size: Number(size), length: end + 1 } : undefined;
}
