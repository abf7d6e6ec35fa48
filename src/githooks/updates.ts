import { isWorkId } from '../domain/ids.ts';
import type { Oid } from '../store/port.ts';

/** A ref that a push asks to move. `undefined` stands for one that does not exist. */
export interface RefUpdate {
  ref: string;
  old: Oid | undefined;
  now: Oid | undefined;
}

const OID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * What git says of a push: `OLD NEW REF` for each ref, a line each.
 *
 * @returns `undefined` where it says anything else
 */
export function readUpdates(text: string): RefUpdate[] | undefined {
  const updates = linesOf(text).map((line) => {
    const [old = '', now = '', ref = ''] = splitAt(line, 2);
    return toUpdate(ref, old, now);
  });
  return updates.some((update) => update === undefined)
    ? undefined
    : updates.filter((one) => one !== undefined);
}

/** What git says before it pushes: `LOCAL-REF LOCAL-OID REMOTE-REF REMOTE-OID`. */
export function readOutgoing(text: string): RefUpdate[] | undefined {
  const updates = linesOf(text).map((line) => {
    const [, now = '', ref = '', old = ''] = line.split(' ');
    return toUpdate(ref, old, now);
  });
  return updates.some((update) => update === undefined)
    ? undefined
    : updates.filter((one) => one !== undefined);
}

export function toUpdate(ref: string, old: string, now: string): RefUpdate | undefined {
  if (!ref.startsWith('refs/') || !OID.test(old) || !OID.test(now)) return undefined;
  return { ref, old: presentIn(old), now: presentIn(now) };
}

const presentIn = (oid: string): Oid | undefined => (/^0+$/.test(oid) ? undefined : oid);
const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

function splitAt(line: string, spaces: number): string[] {
  const words = line.split(' ');
  return [...words.slice(0, spaces), words.slice(spaces).join(' ')];
}

/** What a ref is to the ledger: its branch, a place beside it, or nothing. */
export type RefKind = 'ledger' | 'inbox' | 'presence' | 'review' | 'other';

export interface LedgerRefs {
  /** `refs/heads/<branch>`. */
  branch: string;
  /** The folder of presence; `undefined` where there is none. */
  presence: string | undefined;
}

export function kindOf(ref: string, { branch, presence }: LedgerRefs): RefKind {
  if (ref === branch) return 'ledger';
  if (ref.startsWith('refs/work-ledger/inbox/')) return 'inbox';
  if (presence !== undefined && ref.startsWith(`${presence}/`)) return 'presence';
  const [, reviewed = ''] = /^refs\/heads\/review\/([^/]+)$/.exec(ref) ?? [];
  return isWorkId(reviewed) ? 'review' : 'other';
}
