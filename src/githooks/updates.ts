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

/** What a ref is to the ledger: its branch, a place beside it, what some system or git itself takes for one of these, or nothing. */
export type RefKind = 'ledger' | 'inbox' | 'presence' | 'review' | 'alike' | 'other';

export interface LedgerRefs {
  /** `refs/heads/<branch>`. */
  branch: string;
  /** The folder of presence; `undefined` where there is none. */
  presence: string | undefined;
}

export function kindOf(ref: string, { branch, presence }: LedgerRefs): RefKind {
  if (ref === branch) return 'ledger';
  const name = branch.slice('refs/heads/'.length);
  // Git looks for a short name in these places first.
  if ([`refs/${name}`, `refs/tags/${name}`].some((other) => isAlike(ref, other))) return 'alike';
  if (isAlike(ref, branch)) return 'alike';
  if (presence !== undefined && ref.startsWith(`${presence}/`)) return 'presence';
  if (isBelow(ref, 'refs/work-ledger/'))
    return INBOX.test(ref) ? 'inbox' : isBelow(ref, 'refs/work-ledger/inbox/') ? 'alike' : placeOf(ref);
  const [, reviewed = ''] = /^refs\/heads\/review\/([^/]+)$/i.exec(fold(ref)) ?? [];
  if (!isWorkId(reviewed.replace(/^[a-z]+/, (prefix) => prefix.toUpperCase()))) return 'other';
  return REVIEW.test(ref) && isWorkId(ref.slice('refs/heads/review/'.length)) ? 'review' : 'alike';
}

const INBOX = /^refs\/work-ledger\/inbox\/[0-9a-z]{1,32}$/;
const REVIEW = /^refs\/heads\/review\//;
const IGNORED = /\p{Default_Ignorable_Code_Point}/gu;

/** As a system has it that knows neither case nor how a letter is composed, and leaves out what is not seen. */
const fold = (ref: string): string => ref.normalize('NFC').replace(IGNORED, '').toLowerCase();
const isAlike = (ref: string, other: string): boolean => fold(ref) === fold(other);
const isBelow = (ref: string, folder: string): boolean => fold(ref).startsWith(folder);
const placeOf = (ref: string): RefKind => (ref.startsWith('refs/work-ledger/') ? 'other' : 'alike');
