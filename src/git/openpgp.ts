import { gitEnvironment } from './environment.ts';
import { childProcess, runGit } from './run.ts';

/** A name, and what follows it in a user ID: a comment, an address. */
const USER_ID = /^(.*?)(?: \([^()]*\))?(?: <[^<>]*>)?$/;
const VALID = /^[fu]$/;

/**
 * Whose an OpenPGP key is, by the keyring of this user. A key can have several user IDs, and its owner adds them at will, so only
 * those count that the keyring holds to be valid.
 *
 * @returns by the fingerprint of each key, the names in its valid user IDs; without what gpg does not know
 */
export async function namesOfKeys(gitDir: string, keys: Iterable<string>): Promise<Map<string, string[]>> {
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
