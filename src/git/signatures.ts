import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { LedgerError } from '../domain/errors.ts';
import { type AllowedSigners, namesOf, readAllowedSigners } from './model/allowed-signers.ts';
import { type Commit, parseCommit } from './model/commit.ts';
import { SshKeys } from './model/ssh-signature.ts';
import { childProcess, type GitResult, gitEnvironment, gitFailure, runGit } from './process/run.ts';
import { judgeHere, readSmall, readTrust } from './ssh-signatures.ts';

/**
 * What git says of a commit's signature. `unknown_key`: it holds, and nobody says whose key that is. `unchecked`: it cannot be
 * told, as where a key is missing.
 */
export type SignatureState = 'good' | 'unknown_key' | 'bad' | 'expired' | 'revoked' | 'unchecked' | 'none';

export interface CommitSignature {
  state: SignatureState;
  /** Whose key it is, by those who vouch for keys; `null` where nobody does. */
  signer: string | null;
  /** The key's fingerprint, and where it is a subkey its primary key's. */
  keys: string[];
}

const STATES: Readonly<Record<string, SignatureState>> = {
  G: 'good',
  U: 'unknown_key',
  B: 'bad',
  X: 'expired',
  Y: 'expired',
  R: 'revoked',
  N: 'none',
};
/** A signature costs a process or two of its own. */
const TIMEOUT_MS = 3_600_000;
/** Of an OpenPGP key; those of SSH keys begin with how they were made. */
const FINGERPRINT = /^[0-9A-F]{40}(?:[0-9A-F]{24})?$/;
const ALLOWED = 'gpg.ssh.allowedSignersFile';

/** Where a ledger says itself whose SSH keys are whose. */
const OWN = 'policy/allowed_signers';
const MAX_SIGNERS_BYTES = 256 * 1024;

interface Signed {
  oid: string;
  /** The commit in whose tree it stands whose keys are whose. */
  signers: string | undefined;
}

/**
 * Checks the signatures of commits. Whose SSH keys are whose is told by the file `allowedSigners`, else by the ledger as the
 * commit that is named for each has it, else by the file that git is configured with. What this process cannot judge for sure is
 * judged by git.
 *
 * @param incoming whether the commits may be those of a push that is being judged
 */
export async function readSignatures(
  gitDir: string,
  {
    commits,
    allowedSigners,
    incoming = false,
  }: { commits: readonly Signed[]; allowedSigners?: string | undefined; incoming?: boolean | undefined },
): Promise<Map<string, CommitSignature>> {
  const git = { gitDir, incoming };
  const keys = new SshKeys();
  const trust = await readTrust(git, keys);
  const found = new Map<string, CommitSignature>();
  const groups =
    allowedSigners === undefined ? await byOwnFile(git, commits) : [[undefined, commits] as const];
  for (const [own, some] of groups) {
    const file = own === undefined ? resolve(gitDir, allowedSigners ?? (await configured(git))) : undefined;
    const text = file === undefined ? await readOwn(git, own ?? '') : await readSmall(file);
    const signers = text === undefined ? undefined : readAllowedSigners(text.toString(), keys);
    const oids = some.map(({ oid }) => oid);
    const here = await judgeHere(git, { commits: oids, signers, trust });
    const left = { oids: oids.filter((oid) => !here.judged.has(oid)), isSigned: here.isSigned, signers };
    const asked =
      file === undefined
        ? await withFile(text ?? new Uint8Array(), (own) => askGit(git, left, own))
        : await askGit(git, left, file);
    for (const [oid, signature] of [...here.judged, ...asked]) found.set(oid, signature);
  }
  return found;
}

interface Git {
  gitDir: string;
  incoming: boolean;
}

interface Question {
  oids: readonly string[];
  isSigned: ReadonlySet<string>;
  signers: AllowedSigners | undefined;
}

/** What git dies of: a signature of no program that it knows, and one that its program refuses before git has told it all. */
const UNREADABLE = /bad\/incompatible signature|git was ended by SIGPIPE/;
const BAD: CommitSignature = { state: 'bad', signer: null, keys: [] };

/** Git takes a process or two for each signature. Where one ends it, that one is bad, and git is asked about the others. */
async function askGit(git: Git, question: Question, file: string): Promise<Map<string, CommitSignature>> {
  const signatures = new Map<string, CommitSignature>();
  for (let left = question.oids; left.length > 0; left = left.filter((oid) => !signatures.has(oid))) {
    const result = await logSignatures(git, left, file);
    // A record that was cut off has no end.
    const records = result.stdout.toString().split('\0').slice(0, -1);
    for (const record of records) signatures.set(...toSignature(record, question));
    if (result.code === 0) break;
    const unreadable = left.find((oid) => !signatures.has(oid));
    if (unreadable === undefined || !UNREADABLE.test(result.stderr))
      throw gitFailure('checking signatures', result);
    signatures.set(unreadable, BAD);
  }
  return withNames(git.gitDir, signatures);
}

function logSignatures({ gitDir, incoming }: Git, oids: readonly string[], file: string): Promise<GitResult> {
  const setting = ['-c', `${ALLOWED}=${file}`];
  const format = '--format=%H%n%G?%n%GF%n%GP%n%ct%n%GS';
  const log = [
    'log',
    '--no-walk=unsorted',
    '--stdin',
    '-z',
    '--no-show-signature',
    '--encoding=UTF-8',
    format,
  ];
  return runGit({
    args: ['--git-dir', gitDir, ...setting, ...log],
    cwd: gitDir,
    input: oids.map((oid) => `${oid}\n`).join(''),
    incoming,
    timeout: TIMEOUT_MS,
  });
}

/** Git tells the first user ID of an OpenPGP key, whether or not that is the one that is known to be right. */
async function withNames(
  gitDir: string,
  signatures: Map<string, CommitSignature>,
): Promise<Map<string, CommitSignature>> {
  const openPgpKeyOf = ({ state, keys }: CommitSignature): string | undefined =>
    state === 'good' ? keys.find((key) => FINGERPRINT.test(key)) : undefined;
  const keys = new Set([...signatures.values()].flatMap((signature) => openPgpKeyOf(signature) ?? []));
  if (keys.size === 0) return signatures;
  const names = await namesOfKeys(gitDir, keys);
  for (const [oid, signature] of signatures) {
    const known = names.get(openPgpKeyOf(signature) ?? '');
    if (known === undefined) continue;
    const name = known.find((name) => signature.signer?.startsWith(name)) ?? known[0];
    signatures.set(oid, { ...signature, signer: name ?? null });
  }
  return signatures;
}

function toSignature(record: string, { isSigned, signers }: Question): [string, CommitSignature] {
  const [oid = '', code = '', key = '', primary = '', at = '', ...name] = record.split('\n');
  const keys = [...new Set([key, primary])].filter((one) => one !== '');
  const state = STATES[code] ?? 'unchecked';
  // Of one whose program is missing, git says that it is not there.
  if (state === 'none' && isSigned.has(oid)) return [oid, { state: 'unchecked', signer: null, keys }];
  const signer = name.join(' ').trim();
  const names =
    signers && state === 'good' ? namesOf(signers, { fingerprint: key, signer, at: Number(at) }) : [];
  return [oid, { state, signer: names.join(',') || signer || null, keys }];
}

/** The commits by the object that says whose keys are whose. */
async function byOwnFile(
  { gitDir, incoming }: Git,
  commits: readonly Signed[],
): Promise<Map<string | undefined, Signed[]>> {
  const { code, stdout, stderr } = await runGit({
    args: ['--git-dir', gitDir, 'cat-file', '--batch-check=%(objecttype) %(objectsize) %(objectname)'],
    cwd: gitDir,
    input: commits.map(({ signers }) => `${signers ?? 'none'}:${OWN}\n`).join(''),
    incoming,
  });
  if (code !== 0) throw gitFailure('reading who may sign', { stderr });
  const answers = stdout.toString().split('\n');
  return Map.groupBy(commits, (_commit, index) => {
    const [, size, own] = /^blob (\d+) ([0-9a-f]+)$/.exec(answers[index] ?? '') ?? [];
    return Number(size) <= MAX_SIGNERS_BYTES ? own : undefined;
  });
}

async function readOwn({ gitDir, incoming }: Git, own: string): Promise<Buffer> {
  const args = ['--git-dir', gitDir, 'cat-file', 'blob', own];
  const { code, stdout, stderr } = await runGit({ args, cwd: gitDir, incoming });
  if (code !== 0) throw gitFailure('reading who may sign', { stderr });
  return stdout;
}

async function withFile<T>(text: Uint8Array, use: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'work-ledger-signers-'));
  try {
    const file = join(folder, 'allowed_signers');
    await writeFile(file, text);
    return await use(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The file that git is configured with. Without any, git would call what is signed unsigned. */
async function configured({ gitDir }: Git): Promise<string> {
  const args = ['--git-dir', gitDir, 'config', '--type=path', '--get', ALLOWED];
  const { code, stdout } = await runGit({ args, cwd: gitDir });
  return code === 0 ? stdout.toString().replace(/\n$/, '') : devNull;
}

/** A name, and what follows it in a user ID: a comment, an address. */
const USER_ID = /^(.*?)(?: \([^()]*\))?(?: <[^<>]*>)?$/;
const VALID = /^[fu]$/;

/**
 * Whose an OpenPGP key is, by the keyring of this user. A key can have several user IDs, and its owner adds them at will, so only
 * those count that the keyring holds to be valid.
 *
 * @returns by the fingerprint of each key, the names in its valid user IDs; without what gpg does not know
 */
async function namesOfKeys(gitDir: string, keys: Iterable<string>): Promise<Map<string, string[]>> {
  const program = await gpgProgram(gitDir);
  const found = new Map<string, string[]>();
  for (const key of keys) found.set(key, namesIn(await listKey(program, key)));
  return found;
}

async function gpgProgram(gitDir: string): Promise<string> {
  for (const name of ['gpg.openpgp.program', 'gpg.program']) {
    const args = ['--git-dir', gitDir, 'config', '--type=path', '--get', name];
    const { code, stdout } = await runGit({ args, cwd: gitDir });
    if (code === 0) return stdout.toString().trim();
  }
  return 'gpg';
}

/** Nothing where there is no such program, or it has no such key: then nobody vouches for it. */
function listKey(program: string, key: string): Promise<string> {
  const args = ['--batch', '--with-colons', '--fixed-list-mode', '--list-keys', '--', key];
  return new Promise((resolve) => {
    childProcess().execFile(program, args, { env: gitEnvironment() }, (error, stdout) =>
      resolve(error === null ? stdout : ''),
    );
  });
}

/** @param listing as gpg's doc/DETAILS tells: a line for each user ID, with its validity second and itself tenth */
export function namesIn(listing: string): string[] {
  return listing.split('\n').flatMap((line) => {
    const [type, validity = '', ...rest] = line.split(':');
    if (type !== 'uid' || !VALID.test(validity)) return [];
    const id = (rest[7] ?? '').replaceAll('\\x3a', ':');
    return [USER_ID.exec(id)?.[1] ?? id];
  });
}

/**
 * The same commit with a signature, made by git as the user has set it up (`gpg.format`, `user.signingkey`). The tree must be
 * there already.
 *
 * @returns its name
 * @throws LedgerError `STORAGE_FAILED` where git cannot sign, or would write the commit in another way
 */
export async function signCommit(gitDir: string, commit: Uint8Array): Promise<string> {
  const { tree, parents, author, committer, message } = parseCommit(commit);
  const settings = ['-c', 'i18n.commitEncoding=UTF-8', '--git-dir', gitDir];
  const named = parents.flatMap((parent) => ['-p', parent]);
  const signed = await runGit({
    args: [...settings, 'commit-tree', '-S', ...named, tree],
    cwd: gitDir,
    input: message,
    env: { ...person('AUTHOR', author), ...person('COMMITTER', committer) },
  });
  if (signed.code !== 0) throw gitFailure('signing', signed);
  const oid = signed.stdout.toString().trim();
  const made = await runGit({ args: ['--git-dir', gitDir, 'cat-file', 'commit', oid], cwd: gitDir });
  if (withoutSignature(made.stdout.toString()) === Buffer.from(commit).toString()) return oid;
  throw new LedgerError('STORAGE_FAILED', 'git would sign another commit than the one that is to be made.', {
    hint: 'An actor’s name that begins or ends with punctuation cannot be signed for: git takes that away.',
  });
}

function person(role: 'AUTHOR' | 'COMMITTER', { name, email, at }: Commit['author']): Record<string, string> {
  return { [`GIT_${role}_NAME`]: name, [`GIT_${role}_EMAIL`]: email, [`GIT_${role}_DATE`]: `@${at} +0000` };
}

/** A signature is one header, whose further lines begin with a space. */
function withoutSignature(text: string): string {
  const split = text.indexOf('\n\n');
  return text.slice(0, split).replace(/\ngpgsig .*(?:\n .*)*/, '') + text.slice(split);
}
