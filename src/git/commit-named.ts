import { runGit } from './run.ts';

/** The commit that git understands by `name`: a branch, a tag, a beginning of its own name. `undefined` where there is none. */
export async function commitNamed(gitDir: string, name: string): Promise<string | undefined> {
  // Nothing that could be read as an option.
  if (name.startsWith('-')) return undefined;
  const args = ['rev-parse', '--verify', '--quiet', `${name}^{commit}`];
  const { code, stdout } = await runGit({ args, cwd: gitDir });
  return code === 0 ? stdout.toString().trim() : undefined;
}
