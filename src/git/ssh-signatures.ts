import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { type AllowedSigners, namesOf, ownerOf, readRevoked } from './model/allowed-signers.ts';
import { MAX_COMMIT_BYTES, parseCommit } from './model/commit.ts';
import { readSshSignature, type SshKeys } from './model/ssh-signature.ts';
import { readMany } from './process/bulk-read.ts';
import { runGit } from './process/run.ts';
import type { CommitSignature } from './signatures.ts';

/** By what git goes beside the allowed signers. */
export interface SshTrust {
  /** Fingerprints of keys that were revoked. */
  revoked: ReadonlySet<string>;
  keys: SshKeys;
}

interface Git {
  gitDir: string;
  incoming: boolean;
}

interface JudgedHere {
  judged: Map<string, CommitSignature>;
  /** Those that have a signature, of whatever kind. */
  isSigned: Set<string>;
}

/**
 * What git says of these commits' signatures, where this process can tell that for sure: of commits without one, and of those with
 * one of SSH that fits. What is missing is git's to judge: OpenPGP, certificates, all that is written in an unusual way, and what does
 * not fit. Without `signers` and `trust`, that is all that is signed.
 */
export async function judgeHere(
  { gitDir, incoming }: Git,
  {
    commits,
    signers,
    trust,
  }: { commits: readonly string[]; signers: AllowedSigners | undefined; trust: SshTrust | undefined },
): Promise<JudgedHere> {
  const [judged, isSigned] = [new Map<string, CommitSignature>(), new Set<string>()];
  for await (const objects of readMany(gitDir, commits, MAX_COMMIT_BYTES, incoming)) {
    for (const { oid, type, bytes } of objects) {
      if (type !== 'commit' || bytes === undefined) continue;
      const signed = readSigned(bytes);
      if (signed === undefined || signed.armour !== undefined) {
        if (SIGNATURE.test(headerOf(bytes))) isSigned.add(oid);
        const signature = signed && signers && trust ? judgeSigned(signed, signers, trust) : undefined;
        if (signature !== undefined) judged.set(oid, signature);
      } else judged.set(oid, { state: 'none', signer: null, keys: [] });
    }
  }
  return { judged, isSigned };
}

function judgeSigned(
  { armour = '', payload, at }: Signed,
  signers: AllowedSigners,
  { revoked, keys }: SshTrust,
): CommitSignature | undefined {
  const signature = readSshSignature(armour, keys);
  if (signature === undefined) return undefined;
  const { fingerprint } = signature.key;
  const owner = ownerOf(signers, fingerprint, at);
  if (owner === undefined || !signature.fits(payload)) return undefined;
  if (owner.kind === 'unknown') return { state: 'unknown_key', signer: null, keys: [fingerprint] };
  // Of a key that may not sign, git tells no more than of a signature that does not fit.
  if (owner.kind === 'refused' || revoked.has(fingerprint)) return { state: 'bad', signer: null, keys: [] };
  const { signer } = owner;
  const names = namesOf(signers, { fingerprint, signer, at });
  return { state: 'good', signer: names.join(','), keys: [fingerprint] };
}

interface Signed {
  /** What was signed: the commit without its signature. */
  payload: Buffer;
  /** `undefined` for a commit without one. */
  armour: string | undefined;
  /** When it was committed, in seconds since 1970. */
  at: number;
}

/** One header, whose further lines begin with a space. */
const SIGNATURE = /\ngpgsig ([^\n]*\n(?: [^\n]*\n)*)/;
/** Further signatures, and tags that are signed themselves. */
const MORE = /\n(?:gpgsig|mergetag)/;

/** @returns `undefined` where a commit is not as git writes one, or has more than one signature */
export function readSigned(commit: Buffer): Signed | undefined {
  const { fault, committer } = parseCommit(commit);
  const header = headerOf(commit);
  if (fault !== undefined || committer.at === 0 || header === '') return undefined;
  const found = SIGNATURE.exec(header);
  const [from, to] = found === null ? [0, 0] : [found.index + 1, found.index + found[0].length];
  if (MORE.test(header.slice(0, from)) || MORE.test(header.slice(Math.max(to - 1, 0)))) return undefined;
  const payload = Buffer.concat([commit.subarray(0, from), commit.subarray(to)]);
  return { payload, armour: found?.[1]?.replaceAll('\n ', '\n'), at: committer.at };
}

/** All above the message; nothing where there is none. */
const headerOf = (commit: Buffer): string => commit.toString('latin1', 0, commit.indexOf('\n\n') + 1);

const SETTINGS = String.raw`^gpg\.ssh\.(program|revocationfile)$`;

/** @returns `undefined` where git asks another program than ssh-keygen, or a list of revoked keys that is not read here */
export async function readTrust({ gitDir }: Git, keys: SshKeys): Promise<SshTrust | undefined> {
  const args = ['--git-dir', gitDir, 'config', '--type=path', '-z', '--get-regexp', SETTINGS];
  const { code, stdout } = await runGit({ args, cwd: gitDir });
  if (code === 1) return { revoked: new Set(), keys };
  const settings = new Map(
    stdout
      .toString()
      .split('\0')
      .filter((setting) => setting !== '')
      .map((setting): [string, string] => {
        const [name = '', ...value] = setting.split('\n');
        return [name, value.join('\n')];
      }),
  );
  const file = settings.get('gpg.ssh.revocationfile');
  if (code !== 0 || settings.has('gpg.ssh.program') || file === undefined) return undefined;
  const text = isAbsolute(file) ? await readSmall(file) : undefined;
  const revoked = text === undefined ? undefined : readRevoked(text.toString(), keys);
  return revoked && { revoked, keys };
}

/** A longer file is git's to read. */
const MAX_FILE_BYTES = 1024 * 1024;

/** @returns `undefined` where it cannot be read, of which git has its own opinion */
export async function readSmall(file: string): Promise<Buffer | undefined> {
  const bytes = await readFile(file).catch(() => undefined);
  return bytes !== undefined && bytes.length <= MAX_FILE_BYTES ? bytes : undefined;
}
