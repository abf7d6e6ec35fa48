import { isLedgerError, type LedgerError } from '../../domain/errors.ts';
import type { WorkItem } from '../../domain/item.ts';
import type { ReachedLimit } from '../../domain/limits.ts';

/** True where an item is no longer to be had, which says nothing about the next one. */
export const isTaken = (code: string): boolean =>
  [
    'ALREADY_CLAIMED',
    'STALE_EPOCH',
    'NOT_READY',
    'NOT_OWNER',
    'POLICY_DENIED',
    'ILLEGAL_TRANSITION',
    'NOT_FOUND',
    'DAMAGED_ITEM',
  ].includes(code);

type Limit = Pick<ReachedLimit, 'kind' | 'name'>;

/** The limits that an item could not be claimed for. */
export const limitsIn = (error: LedgerError): Limit[] =>
  isLedgerError(error, 'LIMIT_REACHED') ? error.details.limits : [];

/** True where one of the limits, of a swarm or a label, keeps this item from being claimed. */
export const isLimited = ({ swarm_name, labels }: WorkItem, limits: readonly Limit[]): boolean =>
  limits.some(
    ({ kind, name }) =>
      (kind === 'swarm' && swarm_name === name) || (kind === 'label' && labels.includes(name)),
  );

/**
 * Which of the ready items to try.
 *
 * @param ready most urgent first
 * @param key where others are at it: orders those of the first one's priority, otherwise for each key
 */
export function choose(ready: readonly WorkItem[], key: string | undefined): WorkItem | undefined {
  const [first] = ready;
  if (first === undefined || key === undefined) return first;
  const ranked = ready
    .filter(({ priority }) => priority === first.priority)
    .map((item) => ({ item, rank: hashOf(`${key}\n${item.id}`) }));
  return ranked.reduce((best, one) => (one.rank < best.rank ? one : best)).item;
}

/** FNV-1a, finished so that texts which differ little are far apart: what is needed is that contenders differ, no more. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
