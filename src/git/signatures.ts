import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { LedgerError } from '../domain/errors.ts';
import { type Commit, parseCommit } from './model/commit.ts';
import { childProcess, gitEnvironment, gitFailure, runGit } from './process/run.ts';

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
 * commit that is named for each has it, else by the file that git is configured with.
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
  if (allowedSigners !== undefined) return check(git, commits, allowedSigners);
  const found = new Map<string, CommitSignature>();
  for (const [own, some] of await byOwnFile(git, commits)) {
    const signatures =
      own === undefined ? await check(git, some, await configured(git)) : await checkByOwn(git, some, own);
    for (const [oid, signature] of signatures) found.set(oid, signature);
  }
  return found;
}

interface Git {
  gitDir: string;
  incoming: boolean;
}

async function check(
  { gitDir, incoming }: Git,
  commits: readonly Signed[],
  file: string,
): Promise<Map<string, CommitSignature>> {
  const setting = ['-c', `${ALLOWED}=${file}`];
  const format = '--format=%H%n%G?%n%GF%n%GP%n%GS';
  const log = [
    'log',
    '--no-walk=unsorted',
    '--stdin',
    '-z',
    '--no-show-signature',
    '--encoding=UTF-8',
    format,
  ];
  const result = await runGit({
    args: ['--git-dir', gitDir, ...setting, ...log],
    cwd: gitDir,
    input: commits.map(({ oid }) => `${oid}\n`).join(''),
    incoming,
    timeout: TIMEOUT_MS,
  });
  if (result.code !== 0) throw gitFailure('checking signatures', result);
  const records = result.stdout.toString().split('\0');
  const signatures = new Map(records.filter((record) => record !== '').map(toSignature));
  return withNames(gitDir, await withPatterns(gitDir, file, signatures));
}

/**
 * Git tells the first name of an SSH key's line alone. Whose it is says the whole of it: further names, and those that are left out
 * (`*,!ada`).
 */
async function withPatterns(
  gitDir: string,
  file: string,
  signatures: Map<string, CommitSignature>,
): Promise<Map<string, CommitSignature>> {
  const isSsh = ({ state, keys }: CommitSignature): boolean =>
    state === 'good' && keys.some((key) => key.startsWith(SSH_FINGERPRINT));
  if (![...signatures.values()].some(isSsh)) return signatures;
  const lines = readSigners(await readFile(resolve(gitDir, file), 'utf8'));
  for (const [oid, signature] of signatures) {
    if (!isSsh(signature)) continue;
    const names = lines
      .filter(({ key, names }) => signature.keys.includes(key) && names.includes(signature.signer ?? ''))
      .flatMap((line) => line.names);
    if (names.length > 0) signatures.set(oid, { ...signature, signer: [...new Set(names)].join(',') });
  }
  return signatures;
}

const SSH_FINGERPRINT = 'SHA256:';
const KEY_TYPE = /(?:^|[ \t])(?:ssh-|ecdsa-|sk-)[\w@.-]+[ \t]+([A-Za-z0-9+/]+=*)(?:[ \t]|$)/;

/** The lines of a file of allowed signers: the names, and the key's fingerprint as git tells it. */
function readSigners(text: string): { names: string[]; key: string }[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [, quoted, plain] = /^[ \t]*(?:"([^"]*)"|([^ \t#"]\S*))[ \t]/.exec(line) ?? [];
    const [, key] = KEY_TYPE.exec(line) ?? [];
    if (key === undefined) return [];
    const hash = createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64');
    return [
      { names: (quoted ?? plain ?? '').split(','), key: `${SSH_FINGERPRINT}${hash.replace(/=+$/, '')}` },
    ];
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

function toSignature(record: string): [string, CommitSignature] {
  const [oid = '', state = '', key = '', primary = '', ...signer] = record.split('\n');
  const keys = [...new Set([key, primary])].filter((one) => one !== '');
  return [oid, { state: STATES[state] ?? 'unchecked', signer: signer.join(' ').trim() || null, keys }];
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

async function checkByOwn(
  git: Git,
  commits: readonly Signed[],
  own: string,
): Promise<Map<string, CommitSignature>> {
  const { gitDir, incoming } = git;
  const args = ['--git-dir', gitDir, 'cat-file', 'blob', own];
  const { code, stdout, stderr } = await runGit({ args, cwd: gitDir, incoming });
  if (code !== 0) throw gitFailure('reading who may sign', { stderr });
  const folder = await mkdtemp(join(tmpdir(), 'work-ledger-signers-'));
  try {
    const file = join(folder, 'allowed_signers');
    await writeFile(file, stdout);
    return await check(git, commits, file);
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
