import { createHash } from 'node:crypto';
import type { Signature, SignatureReader } from '../../src/audit/signatures.ts';
import type { Oid } from '../../src/store/port.ts';
import { Folder, treeOf } from './folder.ts';
import type { FuzzObjects } from './objects.ts';

// Signatures of a scheme that costs nothing: whoever knows a name can sign for it. What is tried with it is what the ledger makes of
// signatures; whether one holds is git's to say, and tried elsewhere.

const SIGNED = /\ngpgsig fuzz (\S+) ([0-9a-f]{64})(?=\n)/;

const digestOf = (commit: string): string => createHash('sha256').update(commit, 'latin1').digest('hex');

/** The commit with a signature in it. */
export function sign(commit: string, signer: string | undefined): string {
  if (signer === undefined) return commit;
  const end = commit.indexOf('\n\n');
  return `${commit.slice(0, end)}\ngpgsig fuzz ${signer} ${digestOf(commit)}${commit.slice(end)}`;
}

/** Who signed, by the keys that `policy/allowed_signers` knows: a name and its key in each line. */
export function readerOf(objects: FuzzObjects): SignatureReader {
  return async ({ commits }) =>
    new Map(commits.map(({ oid, signers }) => [oid, read(objects, oid, signers)] as const));
}

function read(objects: FuzzObjects, oid: Oid, signers: Oid | undefined): Signature {
  const commit = Buffer.from(objects.get(oid)?.bytes ?? []).toString('latin1');
  const [whole = '', key = '', digest] = SIGNED.exec(commit) ?? [];
  if (digest === undefined) return { state: 'none', signer: null, keys: [] };
  const keys = [`SHA256:${key}`];
  if (digestOf(commit.replace(whole, '')) !== digest) return { state: 'bad', signer: null, keys };
  const known = allowed(objects, signers).find((line) => line.split(' ')[1] === key);
  if (known === undefined) return { state: 'unknown_key', signer: null, keys };
  return { state: 'good', signer: known.split(' ')[0] ?? null, keys };
}

function allowed(objects: FuzzObjects, commit: Oid | undefined): string[] {
  const root = Folder.read(objects, commit && treeOf(objects, commit));
  const line = root.open(['policy'], false)?.lines.find(({ name }) => name === 'allowed_signers');
  return Buffer.from(objects.get(line?.oid ?? '')?.bytes ?? [])
    .toString('latin1')
    .split('\n');
}
