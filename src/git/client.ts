import { existsSync } from 'node:fs';
import { GitError, type SimpleGit, type SimpleGitOptions, simpleGit } from 'simple-git';
import { messageOf } from '../domain/errors.ts';
import { type GitTrace, traced } from '../trace/channels.ts';
import { maskArgs } from '../trace/mask.ts';
import { GIT_SETTINGS, gitEnvironment, gitFailure, SETTING_ARGS } from './process/run.ts';

const LAST_STATUS = 255;

/** Git that ended with another status than 0; the message is all that it printed. */
class GitExit extends GitError {
  readonly status: number;

  constructor(status: number, said: Buffer) {
    super(undefined, said.toString());
    this.status = status;
  }
}

/**
 * simple-git guards against arguments and environments of unknown origin, and refuses to start git where one has something that
 * it does not know to be safe. Here the arguments are ours, and `gitEnvironment` decides what of the user's environment git
 * gets; so each of its guards is off. The compiler asks for those that a later version adds.
 */
const GUARDS_OFF: Required<NonNullable<SimpleGitOptions['unsafe']>> = {
  allowAbbreviatedOptions: true,
  allowUnsafeAlias: true,
  allowUnsafeAskPass: true,
  allowUnsafeCommandBinaries: true,
  allowUnsafeConfigEnvCount: true,
  allowUnsafeConfigPaths: true,
  allowUnsafeCredentialHelper: true,
  allowUnsafeCustomBinary: true,
  allowUnsafeDiffExternal: true,
  allowUnsafeDiffTextConv: true,
  allowUnsafeEditor: true,
  allowUnsafeExec: true,
  allowUnsafeFilter: true,
  allowUnsafeFsMonitor: true,
  allowUnsafeGitProxy: true,
  allowUnsafeGpgProgram: true,
  allowUnsafeHooksPath: true,
  allowUnsafeInclude: true,
  allowUnsafeMergeDriver: true,
  allowUnsafePack: true,
  allowUnsafePager: true,
  allowUnsafeProtocolOverride: true,
  allowUnsafeSshCommand: true,
  allowUnsafeSubmodule: true,
  allowUnsafeTemplateDir: true,
  allowUnsafeUrlRewrite: true,
};

/** How a command ended; `said` is all that it printed, on both outputs. */
interface GitAnswer {
  ok: boolean;
  said: string;
}

/** The settings of a repository, by simple-git. */
export class GitClient {
  readonly #dir: string;
  readonly #isGitDir: boolean;
  #git: SimpleGit | undefined;

  private constructor(dir: string, isGitDir: boolean) {
    this.#dir = dir;
    this.#isGitDir = isGitDir;
  }

  /** On the repository whose common git directory this is. */
  static at(gitDir: string): GitClient {
    return new GitClient(gitDir, true);
  }

  /** On the repository that git finds from a directory. */
  static in(dir: string): GitClient {
    return new GitClient(dir, false);
  }

  async #traced(args: readonly string[]): Promise<GitAnswer> {
    const began = () => ({ args: maskArgs([...SETTING_ARGS, ...args], GIT_SETTINGS), cwd: this.#dir });
    return traced('git', began, () => this.#run(args), ended);
  }

  /** The last value of a key; `undefined` where it has none. A key of kind `bool` is `true` or `false`, however it is written. */
  async readSetting(
    key: string,
    kind: 'text' | 'bool' = 'text',
    scope?: 'local',
  ): Promise<string | undefined> {
    const options = [
      ...(scope === undefined ? [] : ['--local']),
      ...(kind === 'bool' ? ['--type=bool'] : []),
    ];
    const { ok, said } = await this.#traced(['config', ...options, '--get', key]);
    return ok ? said.trim() : undefined;
  }

  /**
   * Sets a key of the repository's own configuration; `undefined` takes it away.
   *
   * @param what the larger thing that is being done, for messages
   * @throws LedgerError `PERMISSION_DENIED`, `STORAGE_FAILED`
   */
  async writeSetting(what: string, key: string, value: string | undefined): Promise<void> {
    const change = value === undefined ? ['--unset-all', key] : [key, value];
    const { ok, said } = await this.#traced(['config', '--local', ...change]);
    if (!ok) throw gitFailure(what, { stderr: said });
  }

  async #run(args: readonly string[]): Promise<GitAnswer & { status: number | undefined }> {
    try {
      this.#git ??= this.#isGitDir ? atGitDir(this.#dir) : simpleGitIn(this.#dir, gitEnvironment());
      return { ok: true, said: await this.#git.raw([...args]), status: 0 };
    } catch (error) {
      const said = messageOf(error);
      return { ok: false, said, status: error instanceof GitExit ? error.status : undefined };
    }
  }
}

function ended({ said, status }: GitAnswer & { status: number | undefined }): Partial<GitTrace> {
  return status === undefined
    ? { outcome: 'failed', reason: said.trim().split('\n', 1)[0] ?? '' }
    : { outcome: 'exited', exit_status: status };
}

const atGitDir = (gitDir: string): SimpleGit => simpleGitIn(gitDir, { ...gitEnvironment(), GIT_DIR: gitDir });

function simpleGitIn(baseDir: string, env: NodeJS.ProcessEnv): SimpleGit {
  return simpleGit({
    baseDir,
    config: [...GIT_SETTINGS],
    errors: (error, { exitCode, stdOut, stdErr }) => {
      const said = Buffer.concat([...stdOut, ...stdErr]);
      if (exitCode > 0 && exitCode <= LAST_STATUS) return new GitExit(exitCode, said);
      // By itself it takes a git that was killed for one that succeeded.
      return error ?? (exitCode === 0 ? undefined : said);
    },
    allowEnvironment: Object.keys(env),
    unsafe: GUARDS_OFF,
  }).env(env as Record<string, string>);
}

const MERGE_DRIVER = 'merge.work-ledger.driver';

/** How git is told to merge items in this clone; `undefined` where it is not. */
export const readMergeDriver = (gitDir: string): Promise<string | undefined> =>
  GitClient.at(gitDir).readSetting(MERGE_DRIVER);

/** What is wrong with it in one sentence; `undefined` where git can merge by it. */
export function mergeDriverFault(driver: string | undefined): string | undefined {
  if (driver === undefined) return 'git does not know how to merge items in this clone';
  const paths = [...driver.matchAll(/'(\/[^']*)'/g)].map(([, path = '']) => path.replaceAll('%%', '%'));
  const gone = paths.find((path) => !existsSync(path));
  return gone && `git merges items in this clone by ${gone}, which is gone`;
}

/**
 * Makes `program` the one that git merges items with in this clone: what `.gitattributes` of the ledger's branch names.
 *
 * @param program an executable and its first arguments, each as it is
 * @throws LedgerError `PERMISSION_DENIED`, `STORAGE_FAILED`
 */
export async function setMergeDriver(gitDir: string, program: readonly string[]): Promise<void> {
  const driver = `${program.map(quote).join(' ')} merge-driver %O %A %B %P`;
  const client = GitClient.at(gitDir);
  if ((await client.readSetting(MERGE_DRIVER)) === driver) return;
  const what = 'setting up the merge of items';
  await client.writeSetting(what, 'merge.work-ledger.name', 'work items');
  await client.writeSetting(what, MERGE_DRIVER, driver);
}

/** For a POSIX shell, which git runs the driver in after it filled in what `%` marks. */
const quote = (word: string): string => `'${word.replaceAll("'", "'\\''").replaceAll('%', '%%')}'`;
