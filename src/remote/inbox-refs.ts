import { CLONE_NAME } from '../domain/values.ts';
import type { Oid } from '../store/port.ts';

/** On the remote: this and a clone's name. */
export const INBOX = 'refs/work-ledger/inbox/';

/** In a clone: this and a clone's name. */
export const mirrorOf = (remote: string): string => `${INBOX}${remote}/`;

/** The inboxes among a remote's refs, by the clone's name; other names are not looked at. */
export function inboxesIn(refs: Iterable<readonly [string, Oid]>): Map<string, Oid> {
  const named = [...refs].map(
    ([ref, oid]) => [ref.startsWith(INBOX) ? ref.slice(INBOX.length) : '', oid] as const,
  );
  return new Map(named.filter(([clone]) => CLONE_NAME.test(clone)));
}
