import { toSafeLine } from '../domain/text.ts';
import type { HistoryEntry } from '../projection/history-entry.ts';
import type { Oid } from '../store/port.ts';
import type { Finding } from './rules.ts';

/** What is known of one commit's signature. @see SignatureState in src/git/signatures.ts */
export interface Signature {
  state: 'good' | 'unknown_key' | 'bad' | 'expired' | 'revoked' | 'unchecked' | 'none';
  signer: string | null;
  key: string | null;
}

/** Checks the signatures of the commits that `to` reaches and `from` does not. */
export type SignatureReader = (query: {
  to: Oid;
  from?: Oid | undefined;
  allowedSigners?: string | undefined;
}) => Promise<ReadonlyMap<Oid, Signature>>;

/** How sure it is who did what: numbers of commits by the actor that each names. */
export interface SignatureReport {
  /** Signed with a key that is the actor's own. */
  authenticated: Record<string, number>;
  /** Signed with a known key of someone else, such as a machine's, who says that it was the actor. By signer. */
  vouched: Record<string, Record<string, number>>;
  /** Nobody stands for it but whoever could push. */
  asserted: Record<string, number>;
}

const WRONG = {
  bad: 'the signature does not fit the commit',
  expired: 'the signature or its key has expired',
  revoked: 'the key was revoked',
} as const;
const MISSING = {
  none: 'it is not signed',
  unknown_key: 'it is signed with a key that nobody vouches for',
  unchecked: 'its signature cannot be checked: the key is missing',
} as const;

/** Tells authenticated actors from asserted ones. What is not signed by a known key is a finding where that is `required`. */
export function judgeSignatures(
  entries: readonly HistoryEntry[],
  signatures: ReadonlyMap<Oid, Signature>,
  required: boolean,
): { report: SignatureReport; findings: Finding[] } {
  const report: SignatureReport = { authenticated: {}, vouched: {}, asserted: {} };
  const findings: Finding[] = [];
  for (const entry of entries) {
    const { state, signer, key } = signatures.get(entry.commit) ?? UNSIGNED;
    if (state === 'good') {
      if (signer === entry.actor) count(report.authenticated, entry.actor);
      else count(groupOf(report.vouched, signer ?? 'unknown'), entry.actor);
      continue;
    }
    count(report.asserted, entry.actor);
    const isWrong = state === 'bad' || state === 'expired' || state === 'revoked';
    if (!isWrong && !required) continue;
    const what = isWrong ? WRONG[state] : MISSING[state];
    findings.push({
      commit: entry.commit,
      rule: `signature:${state}`,
      message: toSafeLine(key === null ? what : `${what} (${key})`, 500),
      id: entry.id,
    });
  }
  return { report, findings };
}

const UNSIGNED: Signature = { state: 'none', signer: null, key: null };

/** Names come from commits, so none may be special to an object. */
function count(into: Record<string, number>, name: string): void {
  const before = Object.hasOwn(into, name) ? (into[name] ?? 0) : 0;
  Object.defineProperty(into, name, {
    value: before + 1,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function groupOf(groups: SignatureReport['vouched'], name: string): Record<string, number> {
  if (!Object.hasOwn(groups, name)) {
    Object.defineProperty(groups, name, { value: {}, enumerable: true, configurable: true, writable: true });
  }
  return groups[name] ?? {};
}
