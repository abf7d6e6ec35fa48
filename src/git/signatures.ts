import { namesOfKeys } from './openpgp.ts';
import { gitFailure, runGit } from './run.ts';

/**
 * What git says of a commit's signature. `unknown_key`: it holds, and nobody says whose key that is. `unchecked`: it cannot be
 * told, as where a key is missing.
 */
export type SignatureState = 'good' | 'unknown_key' | 'bad' | 'expired' | 'revoked' | 'unchecked' | 'none';

export interface CommitSignature {
  state: SignatureState;
  /** Whose key it is, by those who vouch for keys; `null` where nobody does. */
  signer: string | null;
  /** The key's fingerprint. */
  key: string | null;
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

/**
 * Checks the signatures of all commits that `to` reaches and `from` does not, by one git process.
 *
 * @param allowedSigners the file that says whose SSH keys are whose; without it, the one that git is configured with
 */
export async function readSignatures(
  gitDir: string,
  {
    to,
    from,
    allowedSigners,
  }: { to: string; from?: string | undefined; allowedSigners?: string | undefined },
): Promise<Map<string, CommitSignature>> {
  // Without any, git would call what is signed unsigned.
  const file = allowedSigners ?? ((await isConfigured(gitDir)) ? undefined : '/dev/null');
  const setting = file === undefined ? [] : ['-c', `${ALLOWED}=${file}`];
  const format = '--format=%H%n%G?%n%GF%n%GS';
  const range = ['--end-of-options', to, ...(from === undefined ? [] : [`^${from}`]), '--'];
  const args = ['--git-dir', gitDir, ...setting, 'log', '-z', '--no-show-signature', format, ...range];
  const result = await runGit({ args, cwd: gitDir, timeout: TIMEOUT_MS });
  if (result.code !== 0) throw gitFailure('checking signatures', result);
  const records = result.stdout.toString().split('\0');
  return withNames(gitDir, new Map(records.filter((record) => record !== '').map(toSignature)));
}

/** Git tells the first user ID of an OpenPGP key, whether or not that is the one that is known to be right. */
async function withNames(
  gitDir: string,
  signatures: Map<string, CommitSignature>,
): Promise<Map<string, CommitSignature>> {
  const isOpenPgp = ({ state, key }: CommitSignature): boolean =>
    state === 'good' && key !== null && FINGERPRINT.test(key);
  const keys = new Set([...signatures.values()].filter(isOpenPgp).flatMap(({ key }) => key ?? []));
  if (keys.size === 0) return signatures;
  const names = await namesOfKeys(gitDir, keys);
  for (const [oid, signature] of signatures) {
    const known = isOpenPgp(signature) ? names.get(signature.key ?? '') : undefined;
    if (known === undefined) continue;
    const told = known.find((name) => signature.signer?.startsWith(name)) ?? known[0];
    signatures.set(oid, { ...signature, signer: told ?? null });
  }
  return signatures;
}

function toSignature(record: string): [string, CommitSignature] {
  const [oid = '', state = '', key = '', ...signer] = record.split('\n');
  const name = signer.join(' ').trim();
  return [oid, { state: STATES[state] ?? 'unchecked', signer: name || null, key: key || null }];
}

async function isConfigured(gitDir: string): Promise<boolean> {
  const { code } = await runGit({ args: ['--git-dir', gitDir, 'config', '--get', ALLOWED], cwd: gitDir });
  return code === 0;
}
