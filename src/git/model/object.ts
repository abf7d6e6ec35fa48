import { nodeCrypto } from '../../node.ts';

export type ObjectType = 'blob' | 'tree' | 'commit' | 'tag';

export interface GitObject {
  type: ObjectType;
  bytes: Uint8Array;
  /** Of the whole object, where `bytes` are only its beginning. */
  whole_size?: number;
}

export interface NamedObject extends GitObject {
  oid: string;
}

/** Where objects are read from: a repository, or a set of them in memory. */
export interface ObjectSource {
  /**
   * @param atMost of a larger object, so many bytes are enough
   * @returns `undefined` where there is no such object
   */
  read(oid: string, atMost?: number): Promise<GitObject | undefined>;
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

/** The same bytes in memory of their own: whoever keeps them keeps nothing else. */
export function unpooled(bytes: Uint8Array): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length);
  own.set(bytes);
  return own;
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
