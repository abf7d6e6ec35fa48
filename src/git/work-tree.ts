import { LedgerError } from '../domain/errors.ts';
import { type GitResult, gitFailure, runGit } from './process/run.ts';

/** A person's work tree, in which a merge may be under way. Only what a person asks for in so many words changes it. */
export interface WorkTree {
  top: string;
  /** The ref that is checked out, such as `refs/heads/work-ledger`; `undefined` where it is none. */
  branch: string | undefined;
  /** The commit that is being merged in; `undefined` where no merge is under way. */
  merging: string | undefined;
  /** Paths that git could not merge. */
  unmerged: string[];
}

/** @throws LedgerError `INVALID_INPUT` where `dir` is in no work tree */
export async function readWorkTree(dir: string): Promise<WorkTree> {
  const tree = await findWorkTree(dir);
  if (tree !== undefined) return tree;
  throw new LedgerError('INVALID_INPUT', `${dir} is in no work tree, so no merge is under way in it.`);
}

/** The work tree that `dir` is in; `undefined` where it is in none. */
export async function findWorkTree(dir: string): Promise<WorkTree | undefined> {
  const top = await ask(dir, ['rev-parse', '--path-format=absolute', '--show-toplevel']);
  if (top === undefined || top === '') return undefined;
  // A path has an entry for each side. A diff would say the same, and compare the work tree's files, by filters, for it.
  const listed = await run(top, ['ls-files', '--unmerged', '-z'], 'reading the merge');
  return {
    top,
    branch: await branchOf(top),
    merging: await ask(top, ['rev-parse', '--verify', '--quiet', 'MERGE_HEAD']),
    unmerged: [...new Set(listed.stdout.toString().split('\0').filter(Boolean).map(pathOf))],
  };
}

/** The ref that is checked out in the work tree that `dir` is in; `undefined` where it is none. */
export const branchOf = (dir: string): Promise<string | undefined> =>
  ask(dir, ['symbolic-ref', '--quiet', 'HEAD']);

/** Of an entry as `git ls-files` lists it: mode, object and side stand before a tab. */
const pathOf = (entry: string): string => entry.slice(entry.indexOf('\t') + 1);

/** Puts `path` into work tree and index as `commit` has it, which may be not at all. */
export async function checkoutFrom(top: string, commit: string, path: string): Promise<void> {
  const has = await ask(top, ['rev-parse', '--verify', '--quiet', `${commit}:${path}`]);
  const literal = ['--', `:(literal)${path}`];
  const args =
    has === undefined
      ? ['rm', '--quiet', '--force', '--ignore-unmatch', ...literal]
      : ['checkout', commit, ...literal];
  await run(top, args, 'taking a side');
}

export async function abortMerge(top: string): Promise<void> {
  await run(top, ['merge', '--abort'], 'ending the merge');
}

/** Brings work tree and index from one commit to another, after the branch moved; a person's own changes stay, or it fails. */
export async function followBranch(top: string, from: string, to: string): Promise<void> {
  await run(top, ['read-tree', '-m', '-u', from, to], 'bringing the work tree up to date');
}

async function run(cwd: string, args: readonly string[], what: string): Promise<GitResult> {
  const result = await runGit({ args, cwd });
  if (result.code !== 0) throw gitFailure(what, result);
  return result;
}

/** @returns what git says; `undefined` where it says no */
async function ask(cwd: string, args: readonly string[]): Promise<string | undefined> {
  const { code, stdout } = await runGit({ args, cwd });
  return code === 0 ? stdout.toString().trim() : undefined;
}

/** The commit that git understands by `name`: a branch, a tag, a beginning of its own name. `undefined` where there is none. */
export async function commitNamed(dir: string, name: string): Promise<string | undefined> {
  // Nothing that could be read as an option.
  if (name.startsWith('-')) return undefined;
  return ask(dir, ['rev-parse', '--verify', '--quiet', `${name}^{commit}`]);
}
