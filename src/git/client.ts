import { basename, dirname } from 'node:path';
import { GitError, type SimpleGit, simpleGit } from 'simple-git';
import { GIT_SETTINGS, gitEnvironment } from './environment.ts';

const SILENT_FOR_MS = 60_000;
const LAST_STATUS = 255;

/** Git that ended with another status than 0; the message is all that it printed. */
export class GitExit extends GitError {
  readonly status: number;

  constructor(status: number, said: Buffer) {
    super(undefined, said.toString());
    this.status = status;
  }
}

/**
 * simple-git on one repository, for what talks to a remote. It guards against arguments and environments of unknown origin;
 * here the arguments are ours and the environment is the user's own, which must reach ssh, proxies and credential helpers.
 */
export function gitClient(gitDir: string): SimpleGit {
  const env = { ...gitEnvironment(), GIT_DIR: gitDir };
  return simpleGit({
    // A remote may be named by a path, which git takes from where the work tree is.
    baseDir: basename(gitDir) === '.git' ? dirname(gitDir) : gitDir,
    config: [...GIT_SETTINGS],
    timeout: { block: SILENT_FOR_MS },
    errors: (error, { exitCode, stdOut, stdErr }) => {
      const said = Buffer.concat([...stdOut, ...stdErr]);
      if (exitCode > 0 && exitCode <= LAST_STATUS) return new GitExit(exitCode, said);
      // By itself it takes a git that was killed for one that succeeded.
      return error ?? (exitCode === 0 ? undefined : said);
    },
    allowEnvironment: Object.keys(env),
    unsafe: {
      allowUnsafeAskPass: true,
      allowUnsafeConfigEnvCount: true,
      allowUnsafeConfigPaths: true,
      allowUnsafeCredentialHelper: true,
      allowUnsafeExec: true,
      allowUnsafeGitProxy: true,
      allowUnsafeHooksPath: true,
      allowUnsafePack: true,
      allowUnsafeProtocolOverride: true,
      allowUnsafeSshCommand: true,
      allowUnsafeTemplateDir: true,
    },
  }).env(env);
}
