// How git is started: in which environment, with which settings, and what its failures are called here.
import type { ChildProcess, ChildProcessWithoutNullStreams, SpawnOptions } from 'node:child_process';
import type { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import { devNull } from 'node:os';
import { LedgerError } from '../../domain/errors.ts';
import { type GitTrace, isHeard, traced } from '../../trace/channels.ts';
import { maskArgs } from '../../trace/mask.ts';

/** Names another repository, work tree, index or history than the one that git is told, or reads paths in another way. */
const ELSEWHERE = [
  'GIT_DIR',
  'GIT_COMMON_DIR',
  'GIT_NAMESPACE',
  'GIT_WORK_TREE',
  'GIT_IMPLICIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_PREFIX',
  'GIT_INTERNAL_SUPER_PREFIX',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_GRAFT_FILE',
  'GIT_SHALLOW_FILE',
  'GIT_REPLACE_REF_BASE',
  'GIT_ATTR_SOURCE',
  // What a new repository is, what stands in logs, and how much of a broken one is shown.
  'GIT_DEFAULT_HASH',
  'GIT_DEFAULT_REF_FORMAT',
  'GIT_REFERENCE_BACKEND',
  'GIT_REFLOG_ACTION',
  'GIT_REF_PARANOIA',
  'GIT_NOTES_REF',
  'GIT_NOTES_DISPLAY_REF',
  'GIT_NO_LAZY_FETCH',
  'GIT_FLUSH',
  // Of git's commands only `git config` goes by it.
  'GIT_CONFIG',
  'GIT_LITERAL_PATHSPECS',
  'GIT_GLOB_PATHSPECS',
  'GIT_NOGLOB_PATHSPECS',
  'GIT_ICASE_PATHSPECS',
  'GIT_REDIRECT_STDIN',
  'GIT_REDIRECT_STDOUT',
  'GIT_REDIRECT_STDERR',
];

/** Names a program that nothing here needs. Those that reach a remote (`GIT_SSH_COMMAND`, `GIT_ASKPASS` and their like) stay. */
const PROGRAMS = [
  'EDITOR',
  'VISUAL',
  'GIT_EDITOR',
  'GIT_SEQUENCE_EDITOR',
  'PAGER',
  'GIT_PAGER',
  'GIT_EXTERNAL_DIFF',
  'GIT_TEMPLATE_DIR',
];

/** Forbids to move refs, as git does to what its hooks start; and dates, which git need not be able to read where none is made. */
const IN_THE_WAY = ['GIT_QUARANTINE_PATH', 'GIT_AUTHOR_DATE', 'GIT_COMMITTER_DATE'];

const LEFT_OUT: ReadonlySet<string> = new Set([
  ...IN_THE_WAY,
  ...ELSEWHERE,
  ...PROGRAMS,
  'GIT_CURL_VERBOSE',
  'WL_TRACE',
]);

/** Where git keeps the objects of a push until it is accepted, and those that they build on. */
const INCOMING: ReadonlySet<string> = new Set(['GIT_OBJECT_DIRECTORY', 'GIT_ALTERNATE_OBJECT_DIRECTORIES']);

/** Where git is to tell what it does, but for how much of it. On standard error it would be taken for git's answer; a file may be. */
const TRACE = /^GIT_TRACE(?!\w*_(?:REDACT|NO_DATA|BRIEF|NESTING|MAX_FILES|DST_DEBUG)$)/;
const OPEN_ALREADY = /^(?:[1-9]|true)$/i;

/**
 * The environment of every git process: the caller's, with all that git needs to reach a remote as the caller reaches it, and
 * without what would point git elsewhere, run a program that is not needed, or mix something into its answers. Nothing asks for a
 * password on a terminal; texts are English. Objects are what their names say, also where the clone has others in their place
 * (`git replace`, or `info/grafts`): what is shared are the originals.
 *
 * What the hooks of a remote print comes back as the remote's answer, so no trace is asked of them.
 *
 * @param incoming whether git also sees the objects of the push that this process was started to judge: git keeps them apart
 *   until they are accepted, and says where in its environment
 */
export function gitEnvironment(incoming = false): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name, value = '']) =>
      (!LEFT_OUT.has(name) || (incoming && INCOMING.has(name))) &&
      !(TRACE.test(name) && OPEN_ALREADY.test(value)),
  );
  return {
    ...Object.fromEntries(kept),
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    // No file at all: of one that is there git says that it should not be.
    GIT_GRAFT_FILE: `${devNull}/none`,
    LC_ALL: 'C',
  };
}

/**
 * Settings of every call, whatever files and the environment say: no hooks, no background work that a caller would wait for,
 * durable objects and refs, and none of the programs that a command here would start without needing them. Editors, pagers,
 * aliases, external diffs and their like belong to commands that are not used here. Filters are left to the user: what git writes
 * into a work tree has to be as the user's own git writes it.
 */
export const GIT_SETTINGS = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.alternateRefsCommand=true',
  // The setting has the last word, also where the environment says that nothing is replaced.
  'core.useReplaceRefs=false',
  // An index of several packs repeats what each has of its own, and may tell something else.
  'core.multiPackIndex=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'core.fsync=committed,loose-object,reference',
] as const;

export const SETTING_ARGS: readonly string[] = GIT_SETTINGS.flatMap((setting) => ['-c', setting]);

export interface GitResult {
  code: number;
  stdout: Buffer;
  stderr: string;
}

export interface GitProcess {
  args: readonly string[];
  cwd: string;
  /** Whether git goes by the user's settings alone, as where they are what is asked for. */
  plain?: boolean | undefined;
  /** Variables beside those that git runs in anyway. */
  env?: Readonly<Record<string, string>> | undefined;
  /** Whether git sees the objects of the push that is being judged, too. */
  incoming?: boolean | undefined;
  /** Whether it stays until it is told to go, and so takes as long as this process. */
  helper?: boolean | undefined;
  /** A program and its first arguments, which becomes git: it gets `git` and git's arguments after them. */
  by?: readonly [string, ...string[]] | undefined;
}

export interface GitCall extends GitProcess {
  /** Written to git's standard input, which is then closed. */
  input?: Uint8Array | string | undefined;
  /** Milliseconds until git is killed. */
  timeout?: number | undefined;
}

const TIMEOUT_MS = 120_000;

/**
 * Runs git with an argument array and no shell, and gives back what it said, whatever its exit code.
 *
 * @throws LedgerError `NO_GIT` where there is no git; `NO_REPOSITORY` where `cwd` does not exist
 */
export function runGit({ input, timeout = TIMEOUT_MS, ...call }: GitCall): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = startGit(call);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    const overdue = setTimeout(() => child.kill(), timeout);
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(overdue);
      reject(spawnFailure(error, call.cwd));
    });
    child.on('close', (code, signal) => {
      clearTimeout(overdue);
      const text = Buffer.concat(stderr).toString();
      const note = signal === null ? text : `${text}git was ended by ${signal}`;
      resolve({ code: code ?? 128, stdout: Buffer.concat(stdout), stderr: note });
    });
    // Git may exit before it has read everything; its exit code tells that better than a broken pipe.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  });
}

/** Loaded when git is first needed: that costs a tenth of what starting node does. */
export const childProcess = () => process.getBuiltinModule('node:child_process');

/**
 * Starts git with the environment and the settings that every git process here has, and says so to whoever listens. What changes
 * settings is started by `client.ts` with the same.
 *
 * @throws LedgerError as `runGit`, where it fails at once
 */
export function startGit(call: GitProcess): ChildProcessWithoutNullStreams;
export function startGit(call: GitProcess, options: SpawnOptions): ChildProcess;
export function startGit(
  { args, cwd, plain, env, incoming, helper, by }: GitProcess,
  options: SpawnOptions = {},
): ChildProcess {
  const all = plain ? args : [...SETTING_ARGS, ...args];
  const [program, ...words] = by === undefined ? ['git', ...all] : [...by, 'git', ...all];
  try {
    const child = childProcess().spawn(program, words, {
      ...options,
      cwd,
      env: { ...gitEnvironment(incoming), ...env },
      windowsHide: true,
    });
    // Where there is no file left for its pipes it has none, and says so later.
    if (child.pid === undefined && child.stdin === undefined) throw outOfFiles(child);
    if (isHeard('git'))
      publish(child, { args: maskArgs(all, GIT_SETTINGS), cwd, pid: child.pid, ...(helper && { helper }) });
    return child;
  } catch (error) {
    // Some failures are thrown at once, such as a file for a directory.
    throw spawnFailure(error as NodeJS.ErrnoException, cwd);
  }
}

function publish(child: ChildProcess, began: Omit<GitTrace, 'kind'>): void {
  void traced(
    'git',
    () => began,
    () => endOf(child),
    (end) => end,
  );
}

function endOf(child: EventEmitter): Promise<Partial<GitTrace>> {
  const { errorMonitor } = process.getBuiltinModule('node:events');
  return new Promise((resolve) => {
    // A failure is for whoever started git to take: to be told of it takes it from nobody.
    child.once(errorMonitor, ({ message }: Error) => resolve({ outcome: 'failed', reason: message }));
    child.once('exit', (code: number | null, signal: NodeJS.Signals | null) =>
      resolve(
        signal === null ? { outcome: 'exited', exit_status: code ?? 0 } : { outcome: 'killed', signal },
      ),
    );
  });
}

function outOfFiles(child: ChildProcess): NodeJS.ErrnoException {
  child.on('error', () => undefined);
  return Object.assign(new Error('too many open files'), { code: 'EMFILE' });
}

export function spawnFailure(error: NodeJS.ErrnoException, cwd: string): LedgerError {
  if (error.code === 'ENOTDIR' || (error.code === 'ENOENT' && !existsSync(cwd))) {
    return new LedgerError('NO_REPOSITORY', `There is no directory ${cwd}.`, { cause: error });
  }
  if (error.code === 'ENOENT') {
    return new LedgerError('NO_GIT', 'git was not found on PATH.', {
      hint: 'Install git 2.34 or newer.',
      cause: error,
    });
  }
  if (error.code === 'EMFILE' || error.code === 'ENFILE' || error.code === 'EAGAIN')
    return new LedgerError('STORAGE_FAILED', `git could not be started: ${error.message}.`, {
      hint: 'Allow this process more files and processes: ulimit -n, ulimit -u.',
      cause: error,
    });
  return new LedgerError('INTERNAL', `git could not be started: ${error.message}.`, { cause: error });
}

const FULL = /No space left on device|Disk quota exceeded|File too large|died of signal 25/;
const NOT_ALLOWED = /Permission denied|Read-only file system|insufficient permission|Operation not permitted/;

/** Turns git's own failure into a refusal whose code tells what kind it was. */
export function gitFailure(what: string, { stderr }: Pick<GitResult, 'stderr'>): LedgerError {
  const said = stderr.trim().split('\n').slice(-3).join(' ');
  if (FULL.test(stderr)) {
    return new LedgerError('STORAGE_FAILED', `The disk is full; ${what} was not done, and nothing changed.`, {
      hint: 'Free some space and try again.',
      details: { git: said },
    });
  }
  if (NOT_ALLOWED.test(stderr)) {
    return new LedgerError('PERMISSION_DENIED', `The repository cannot be written; ${what} was not done.`, {
      hint: 'Check who owns the repository, and whether its disk is read-only.',
      details: { git: said },
    });
  }
  if (/dubious ownership/.test(stderr)) {
    return new LedgerError('PERMISSION_DENIED', 'git refuses this repository: it belongs to another user.', {
      hint: 'See safe.directory in `git help config`.',
    });
  }
  return new LedgerError('STORAGE_FAILED', `git failed; ${what} was not done: ${said}`, {
    details: { git: said },
  });
}

/** Of what git could not put into this repository; a remote that says so of itself has its word before the line. */
const OWN_WRITE = /insufficient permission|unable to (?:create|write|append)|cannot (?:lock|update) ref/i;

/** Why git could not write here what it fetched, where it is that: the remote has nothing to do with it. */
export function diskFault(what: string, said: string): LedgerError | undefined {
  const own = said.split('\n').filter((line) => !line.startsWith('remote: '));
  const found = own.filter((line) => FULL.test(line) || (OWN_WRITE.test(line) && NOT_ALLOWED.test(line)));
  return found.length === 0 ? undefined : gitFailure(what, { stderr: found.join('\n') });
}
