import { createHash } from 'node:crypto';
import type { WorkId } from '../domain/ids.ts';
import { matches } from '../domain/policy-rules.ts';
import { toSafeLine } from '../domain/text.ts';
import type { HistoryEntry } from '../projection/history-entry.ts';
import type { CommitRecord, Oid } from '../store/port.ts';
import type { Finding } from './rules.ts';

/** What is known of one commit's signature. @see CommitSignature in src/git/signatures.ts */
export interface Signature {
  state: 'good' | 'unknown_key' | 'bad' | 'expired' | 'revoked' | 'unchecked' | 'none';
  signer: string | null;
  /** Fingerprints of the key; of an OpenPGP subkey also its primary key's. */
  keys: readonly string[];
}

/**
 * Checks signatures. Whose SSH keys are whose is told by `allowedSigners` where it is given, else by the ledger itself as each
 * commit's parent has it (`policy/allowed_signers`; a merge itself), else by the file that git is configured with.
 */
export type SignatureReader = (query: SignatureQuery) => Promise<ReadonlyMap<Oid, Signature>>;

export interface SignatureQuery {
  commits: readonly { oid: Oid; signers: Oid | undefined }[];
  allowedSigners?: string | undefined;
  /** Whether the commits are those of a push that is being judged. */
  incoming?: boolean | undefined;
}

/** What policy asks of a commit's signature. */
export interface OwedProof {
  commit: Oid;
  /** The commit in whose tree it stands whose keys are whose. @see signersOf */
  signers: Oid | undefined;
  /** `undefined` for a merge, which is nobody's transition: any known key will do. */
  actor: string | undefined;
  id: WorkId | undefined;
  /** The key has to be known as the actor's. */
  known: boolean;
  /** Of each list, one key has to have signed: a public key of SSH, or a fingerprint. */
  keys: readonly (readonly string[])[];
}

/** A signature that a merge brings together with a change of whose keys are whose: what held before is to hold by that, too. */
export interface KeptProof extends Pick<OwedProof, 'commit' | 'signers' | 'actor'> {
  merge: Oid;
}

/**
 * The commit in whose tree it stands whose keys are whose for this one: its parent, so that nobody vouches for himself. A merge is
 * held against what it brings together, which no parent has alone.
 */
export const signersOf = ({ oid, parents }: Pick<CommitRecord, 'oid' | 'parents'>): Oid | undefined =>
  parents.length > 1 ? oid : parents[0];

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
  good: 'it is signed',
  bad: 'the signature does not fit the commit, or its key may not sign it',
  expired: 'the signature or its key has expired',
  revoked: 'the key was revoked',
  none: 'it is not signed',
  unknown_key: 'it is signed with a key that nobody vouched for at that time',
  unchecked: 'its signature cannot be checked: the key, or the program for it, is missing',
} as const satisfies Record<Signature['state'], string>;

/** Tells authenticated actors from asserted ones. What is not signed by a known key is a finding where that is `required`. */
export function judgeSignatures(
  entries: readonly HistoryEntry[],
  signatures: ReadonlyMap<Oid, Signature>,
  required: boolean,
): { report: SignatureReport; findings: Finding[] } {
  const report: SignatureReport = { authenticated: {}, vouched: {}, asserted: {} };
  const findings: Finding[] = [];
  for (const entry of entries) {
    const signature = signatures.get(entry.commit) ?? UNSIGNED;
    const { state, signer, keys } = signature;
    if (state === 'good') {
      if (isSigner(signature, entry.actor)) count(report.authenticated, entry.actor);
      else count(groupOf(report.vouched, signer ?? 'unknown'), entry.actor);
      continue;
    }
    count(report.asserted, entry.actor);
    const isWrong = state === 'bad' || state === 'expired' || state === 'revoked';
    if (!isWrong && !required) continue;
    findings.push(findingOf(entry, state, keys));
  }
  return { report, findings };
}

const UNSIGNED: Signature = { state: 'none', signer: null, keys: [] };
const UNCHECKED: Signature = { state: 'unchecked', signer: null, keys: [] };

/**
 * Holds what policy asks of commits against their signatures.
 *
 * @param read `undefined` where nothing here can check signatures: what is asked for is then not shown
 */
export async function judgeProofs(
  { owed, kept }: { owed: readonly OwedProof[]; kept: readonly KeptProof[] },
  read: SignatureReader | undefined,
): Promise<Finding[]> {
  return [...(await judgeOwed(owed, read)), ...(await judgeKept(kept, read))];
}

async function judgeOwed(owed: readonly OwedProof[], read: SignatureReader | undefined): Promise<Finding[]> {
  if (owed.length === 0) return [];
  const commits = owed.map(({ commit: oid, signers }) => ({ oid, signers }));
  const signatures = await read?.({ commits });
  return owed.flatMap(
    (proof) => judgeProof(proof, signatures === undefined ? UNCHECKED : signatures.get(proof.commit)) ?? [],
  );
}

/** What was signed by a known key stays so: a key that is no longer known on one side does not sign on the other. */
export async function judgeKept(
  kept: readonly KeptProof[],
  read: SignatureReader | undefined,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [merge, some] of Map.groupBy(kept, (proof) => proof.merge)) {
    const commits = some.map(({ commit: oid, signers }) => ({ oid, signers }));
    const before = await read?.({ commits });
    const after = await read?.({ commits: commits.map(({ oid }) => ({ oid, signers: merge })) });
    const lost = some.find(({ commit, actor }) => {
      const [was, is] = [before?.get(commit), after?.get(commit)].map((one) => isKnown(one, actor));
      return before === undefined || (was && !is);
    });
    if (lost === undefined) continue;
    const [key] = before?.get(lost.commit)?.keys ?? [];
    const [state, why] =
      before === undefined
        ? (['unchecked', WRONG.unchecked] as const)
        : ([
            'revoked',
            `${lost.commit.slice(0, 12)} is signed with a key that one side no longer knows`,
          ] as const);
    findings.push(findingOf({ commit: merge }, state, key === undefined ? [] : [key], why));
  }
  return findings;
}

const isKnown = (signature: Signature | undefined, actor: string | undefined): boolean =>
  signature?.state === 'good' && (actor === undefined || isSigner(signature, actor));

function judgeProof(proof: OwedProof, signature: Signature = UNSIGNED): Finding | undefined {
  const { actor, known } = proof;
  const { state, signer, keys } = signature;
  if (state !== 'good' && (known || state !== 'unknown_key')) return findingOf(proof, state, keys);
  if (known && actor !== undefined && !isSigner(signature, actor))
    return findingOf(proof, 'other_signer', keys, `it is signed by ${signer}, and not by ${actor}`);
  const named = proof.keys.every((asked) => asked.some((key) => keys.includes(fingerprintOf(key))));
  return named
    ? undefined
    : findingOf(proof, 'other_key', keys, 'it is not signed with a key that the role names');
}

function findingOf(
  { commit, id }: Pick<OwedProof, 'commit'> & { id?: WorkId | undefined },
  state: Signature['state'] | 'other_signer' | 'other_key',
  [key]: readonly string[],
  why: string = WRONG[state as Signature['state']],
): Finding {
  const message = toSafeLine(key === undefined ? why : `${why} (${key})`, 500);
  return { commit, rule: `signature:${state}`, message, id };
}

/** Of SHA-256 in base 64, without the sign that fills it up. */
const SHA256_DIGITS = 43;

/** As git writes it: of an SSH key by its public part, of an OpenPGP key as it is. */
function fingerprintOf(key: string): string {
  const [, bytes] = key.split(' ');
  if (bytes === undefined) return key;
  const hash = createHash('sha256').update(Buffer.from(bytes, 'base64')).digest('base64');
  return `SHA256:${hash.slice(0, SHA256_DIGITS)}`;
}

/** An SSH key's owner is told by a pattern, or several with commas, of which `!` leaves names out; an OpenPGP key's by its name. */
const isSigner = ({ signer, keys }: Signature, actor: string): boolean => {
  const isSsh = keys.some((key) => key.startsWith('SHA256:'));
  if (signer === null || !isSsh) return signer === actor;
  const names = signer.split(',').map((name) => name.trim());
  const isLeftOut = names.some((name) => name.startsWith('!') && matches(name.slice(1), actor));
  return !isLeftOut && names.some((name) => matches(name, actor));
};

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
