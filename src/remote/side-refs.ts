import { isRefName } from '../git/ref-name.ts';
import type { Oid } from '../store/port.ts';

/** In a clone: this and a name. */
export const presenceMirrorOf = (remote: string): string => `refs/work-ledger/presence-of/${remote}/`;

/** On the remote: this and an item's id. A branch, since hosts make pull requests of nothing else. */
export const REVIEWS = 'refs/heads/review/';

/** In a clone: this and an item's id. */
export const reviewMirrorOf = (remote: string): string => `refs/work-ledger/review/${remote}/`;

/** The refs of a folder among a remote's, by name. What has a slash in its name was not put there by this program. */
export function sideRefsIn(
  refs: Iterable<readonly [string, Oid]>,
  namespace: string,
): ReadonlyMap<string, Oid> {
  const named = [...refs].filter(([ref]) => ref.startsWith(namespace) && isRefName(ref));
  return new Map(
    named.map(([ref, oid]) => [ref.slice(namespace.length), oid] as const).filter(([name]) => isOne(name)),
  );
}

const isOne = (name: string): boolean => name !== '' && !name.includes('/');
