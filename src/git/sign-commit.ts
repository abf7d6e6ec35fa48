import { LedgerError } from '../domain/errors.ts';
import { type Commit, parseCommit } from './commit-format.ts';
import { gitFailure, runGit } from './run.ts';

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
  const signed = await runGit({
    args: [...settings, 'commit-tree', '-S', ...parents.flatMap((parent) => ['-p', parent]), tree],
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
