import type { Fault } from './fault.ts';
import { gitFailure, runGit } from './process/run.ts';

// What of a repository moves the ledger's branch, though nothing of this program does.

/** Refs that only this clone writes. */
const OWN = 'refs/work-ledger/';

/** Settings by which a plain `git fetch` overwrites the branch, and with it what waits there, or refs that only this program moves. */
export async function overwritingFetches(gitDir: string, local: string): Promise<Fault[]> {
  const args = ['--git-dir', gitDir, 'config', '--get-regexp', '-z', '^remote\\..*\\.fetch$'];
  const { stdout } = await runGit({ args, cwd: gitDir, plain: true });
  const specs = new Map<string, string[]>();
  for (const record of stdout.toString().split('\0').filter(Boolean)) {
    const end = record.indexOf('\n');
    const remote = record.slice('remote.'.length, end - '.fetch'.length);
    specs.set(remote, [...(specs.get(remote) ?? []), record.slice(end + 1)]);
  }
  return [...specs].flatMap(([remote, all]) => faultIn(gitDir, local, remote, all) ?? []);
}

function faultIn(gitDir: string, local: string, remote: string, specs: readonly string[]): Fault | undefined {
  const spared = specs.filter((spec) => spec.startsWith('^')).map((spec) => spec.slice(1));
  const isSpared = (ref: string): boolean => spared.some((pattern) => matched(pattern, ref) !== undefined);
  const forced = specs.filter((spec) => spec.startsWith('+'));
  const sources = (ref: string): { spec: string; source: string }[] =>
    forced.flatMap((spec) => {
      const [from = '', to = ''] = spec.slice(1).split(':');
      const part = matched(to, ref);
      const source = part === undefined ? undefined : full(from).replace('*', part);
      return source === undefined || isSpared(source) ? [] : [{ spec, source }];
    });
  const found = [local, `${OWN}seen/${remote}`].flatMap((ref) => sources(ref));
  const [first] = found;
  if (first === undefined) return undefined;
  const excluded = [...new Set(found.map(({ source }) => (source.startsWith(OWN) ? `${OWN}*` : source)))];
  const key = `remote.${remote}.fetch`;
  return {
    kind: 'branch',
    wrong: `a plain git fetch of ${remote} overwrites ${local.slice('refs/heads/'.length)} here, and what waits on it (${key}: ${first.spec})`,
    how: `wl doctor --fix has git fetch leave it out: ${excluded.map((source) => `git config --add ${key} '^${source}'`).join('; ')}`,
    async repair() {
      for (const source of excluded) {
        const done = await runGit({
          args: ['--git-dir', gitDir, 'config', '--add', key, `^${source}`],
          cwd: gitDir,
        });
        if (done.code !== 0) throw gitFailure('sparing the branch', done);
      }
      return `added to ${key}: ${excluded.map((source) => `^${source}`).join(', ')}`;
    },
  };
}

/** Git takes a short name for a branch. */
const full = (name: string): string => (name.startsWith('refs/') ? name : `refs/heads/${name}`);

/** What the star of a pattern stands for in `ref`; `undefined` where it does not match. */
function matched(pattern: string, ref: string): string | undefined {
  const [before = '', after] = full(pattern).split('*');
  if (after === undefined) return before === ref ? '' : undefined;
  const fits = ref.startsWith(before) && ref.endsWith(after) && ref.length >= before.length + after.length;
  return fits ? ref.slice(before.length, ref.length - after.length) : undefined;
}

/** The work trees in which a branch is checked out. */
export async function checkedOutIn(gitDir: string, ref: string): Promise<string[]> {
  const args = ['--git-dir', gitDir, 'worktree', 'list', '--porcelain'];
  const { stdout } = await runGit({ args, cwd: gitDir });
  return stdout
    .toString()
    .split('\n\n')
    .filter((entry) => entry.split('\n').includes(`branch ${ref}`))
    .flatMap((entry) => /^worktree (.*)$/m.exec(entry)?.[1] ?? []);
}

/** Refs that begin so, as far as git can read them. */
export async function refsBelow(gitDir: string, prefix: string): Promise<{ ref: string; oid: string }[]> {
  const format = '--format=%(objectname) %(refname)';
  const { stdout } = await runGit({
    args: ['--git-dir', gitDir, 'for-each-ref', format, prefix],
    cwd: gitDir,
  });
  const lines = stdout.toString().split('\n').filter(Boolean);
  return lines.map((line) => ({ oid: line.slice(0, 40), ref: line.slice(41) }));
}

/** Gives each ref that is there another name, all at once. */
export async function moveRefs(
  gitDir: string,
  moves: readonly (readonly [from: string, to: string])[],
): Promise<void> {
  const found = new Map((await refsBelow(gitDir, 'refs/work-ledger/')).map(({ ref, oid }) => [ref, oid]));
  const lines = moves.flatMap(([from, to]) => {
    const oid = found.get(from);
    return oid === undefined ? [] : [`create ${to} ${oid}`, `delete ${from} ${oid}`];
  });
  const input = `${lines.join('\n')}\n`;
  const done = await runGit({ args: ['--git-dir', gitDir, 'update-ref', '--stdin'], cwd: gitDir, input });
  if (done.code !== 0) throw gitFailure('renaming refs', done);
}
