import { basename, dirname } from 'node:path';
import { GitError, type SimpleGit, type SimpleGitOptions, simpleGit } from 'simple-git';
import { GIT_SETTINGS, gitEnvironment } from './process/environment.ts';

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

/** simple-git on one repository, for what talks to a remote. */
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
    unsafe: GUARDS_OFF,
  }).env(env);
}
