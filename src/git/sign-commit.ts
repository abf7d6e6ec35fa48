import { LedgerError } from '../domain/errors.ts';
import { gitFailure, runGit } from './run.ts';

const PERSON = /^(.*) <(.*)> (-?\d+) \+0000$/;

/**
 * The same commit with a signature, made by git as the user has set it up (`gpg.format`, `user.signingkey`). The tree must be
 * there already.
 *
 * @returns its name
 * @throws LedgerError `STORAGE_FAILED` where git cannot sign, or would write the commit in another way
 */
export async function signCommit(gitDir: string, commit: Uint8Array): Promise<string> {
  const text = Buffer.from(commit).toString();
  const split = text.indexOf('\n\n');
  const header = text.slice(0, split).split('\n');
  const of = (key: string): string[] =>
    header.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1));
  const parents = of('parent').flatMap((parent) => ['-p', parent]);
  const settings = ['-c', 'i18n.commitEncoding=UTF-8', '--git-dir', gitDir];
  const signed = await runGit({
    args: [...settings, 'commit-tree', '-S', ...parents, of('tree')[0] ?? ''],
    cwd: gitDir,
    input: text.slice(split + 2),
    env: { ...person('AUTHOR', of('author')[0]), ...person('COMMITTER', of('committer')[0]) },
  });
  if (signed.code !== 0) throw gitFailure('signing', signed);
  const oid = signed.stdout.toString().trim();
  const made = await runGit({ args: ['--git-dir', gitDir, 'cat-file', 'commit', oid], cwd: gitDir });
  if (withoutSignature(made.stdout.toString()) === text) return oid;
  throw new LedgerError('STORAGE_FAILED', 'git would sign another commit than the one that is to be made.', {
    hint: 'An actor’s name that begins or ends with punctuation cannot be signed for: git takes that away.',
  });
}

function person(role: 'AUTHOR' | 'COMMITTER', line = ''): Record<string, string> {
  const [, name = '', email = '', at = ''] = PERSON.exec(line) ?? [];
  return { [`GIT_${role}_NAME`]: name, [`GIT_${role}_EMAIL`]: email, [`GIT_${role}_DATE`]: `@${at} +0000` };
}

/** A signature is one header, whose further lines begin with a space. */
function withoutSignature(text: string): string {
  const split = text.indexOf('\n\n');
  return text.slice(0, split).replace(/\ngpgsig .*(?:\n .*)*/, '') + text.slice(split);
}
