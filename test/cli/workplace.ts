import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { run } from '../../src/cli/program.ts';
import { isolatedEnv, makeBareRepo, makeTempFolder, makeWorkRepo, runGit } from '../helpers/temp-repo.ts';

/** The program as users run it; the tests' set-up builds it. */
export const MAIN = join(import.meta.dirname, '../../dist/cli/main.cjs');
export const NOW = '2026-01-03T11:00:00.000Z';

export interface Envelope {
  schema_version: number;
  kind: string;
  data: unknown;
  where?: string;
  as_of: { tip: string; fetched_at: string | null } | null;
}

/** What one call of the program left behind. */
export class Said {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;

  constructor(status: number | null, stdout: string, stderr: string) {
    this.status = status;
    this.stdout = stdout;
    this.stderr = stderr;
  }

  /** The one envelope on standard output. */
  get envelope(): Envelope {
    return JSON.parse(this.stdout) as Envelope;
  }

  /** `data` of the envelope, as a map. */
  get data(): Record<string, unknown> {
    return this.envelope.data as Record<string, unknown>;
  }

  /** `data` of the envelope, as a list of maps. */
  get list(): Record<string, unknown>[] {
    return this.envelope.data as Record<string, unknown>[];
  }

  /** The first error on standard error. */
  get error(): {
    code: string;
    message: string;
    hint: string | null;
    retryable: boolean;
    details: Record<string, unknown>;
  } {
    const [first = ''] = this.stderr.split('\n').filter((line) => line.startsWith('{"error"'));
    return (JSON.parse(first) as { error: Said['error'] }).error;
  }
}

export interface CallOptions {
  env?: Record<string, string>;
  input?: string;
}

function environment(env: Record<string, string> = {}): NodeJS.ProcessEnv {
  const { WL_ACTOR, WL_EXECUTION_ID, WL_DIR, WL_REMOTE, NO_COLOR, ...rest } = isolatedEnv();
  return { ...rest, WL_NOW: NOW, WL_ACTOR: 'ada', ...env };
}

/** Runs the program as a process of its own: for what only a process has, such as signals, or a PATH. */
export async function wlProcess(
  dir: string,
  args: readonly string[],
  { env, input }: CallOptions = {},
): Promise<Said> {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: dir, env: environment(env), stdio: 'pipe' });
  // One that has read enough reads no more.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input ?? '');
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return new Said(status, stdout, stderr);
}

/** Starts the program and leaves the rest to the test. */
export const start = (dir: string, args: readonly string[], nodeArgs: readonly string[] = []) =>
  spawn(process.execPath, [...nodeArgs, MAIN, ...args], { cwd: dir, env: environment(), stdio: 'pipe' });

export interface TerminalOptions extends CallOptions {
  /** Both outputs and the input are a terminal of this width. */
  columns?: number;
}

/** Runs the program in this process, which costs a tenth of a process of its own. */
export async function wl(dir: string, args: readonly string[], options: TerminalOptions = {}): Promise<Said> {
  const { columns, env, input } = options;
  const said = { stdout: '', stderr: '' };
  const writer = (name: 'stdout' | 'stderr') => ({
    isTTY: columns !== undefined,
    columns,
    write(part: string) {
      said[name] += part;
    },
  });
  const stdin: PassThrough & { isTTY?: boolean } = new PassThrough();
  stdin.isTTY = columns !== undefined;
  stdin.end(input ?? '');
  const status = await run(args, {
    stdout: writer('stdout'),
    stderr: writer('stderr'),
    stdin,
    env: { ...environment(env), WL_DIR: dir },
  });
  return new Said(status, said.stdout, said.stderr);
}

export interface Workplace {
  path: string;
  remote: string;
  /** A clone of the remote, under a name. */
  clone(name: string): Promise<string>;
  cleanup(): Promise<void>;
}

/** A bare remote without a ledger, and clones of it as they are asked for. */
export async function makeWorkplace(): Promise<Workplace> {
  const { path, cleanup } = await makeTempFolder();
  const remote = await makeBareRepo(path, 'remote.git');
  return {
    path,
    remote,
    cleanup,
    async clone(name) {
      const dir = await makeWorkRepo(path, name);
      await runGit(dir, ['remote', 'add', 'origin', remote]);
      return dir;
    },
  };
}

/** The id that a line such as `created WRK-20260103-0001, on origin` names. */
export function idIn({ stdout, stderr }: Said): string {
  const [id] = /[A-Z]{2,8}-\d{8}-[0-9a-z]{4,16}/.exec(stdout) ?? [];
  if (id === undefined) throw new Error(`no id in: ${stdout}${stderr}`);
  return id;
}
