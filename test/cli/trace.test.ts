import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gitEnvironment } from '../../src/git/process/run.ts';
import { loadsOf } from '../helpers/loads.ts';
import { isolatedEnv, runGit } from '../helpers/temp-repo.ts';
import { makeWorkplace, type TerminalOptions, type Workplace, wl } from './workplace.ts';

let place: Workplace;
let dir: string;
beforeAll(async () => {
  place = await makeWorkplace();
  dir = await place.clone('ada');
  await wl(dir, ['init']);
  await wl(dir, ['create', 'One']);
});
afterAll(() => place.cleanup());

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
const sync = (WL_TRACE: string, args: string[] = [], options: TerminalOptions = {}) =>
  wl(dir, ['sync', ...args], { env: { WL_TRACE }, ...options });
const LINE = /^trace +\d+ ms {2}(git|fetch) +\S.*: .+ \(\d+(\.\d)? ms\)$/;
const lines = (text: string): string[] => text.trimEnd().split('\n');
/** Whether the configuration is read anew is a matter of how long its files have been at rest. */
const steps = (text: string): string[] => lines(text).filter((line) => !/--git-common-dir|config/.test(line));

it.each<[string, () => ReturnType<typeof sync>]>([
  ['WL_TRACE=1', () => sync('1')],
  ['--verbose', () => sync('', ['--verbose'])],
  ['WL_TRACE=1 and --verbose', () => sync('1', ['--verbose'])],
])('given %s, when a call is made, then each step is one line on standard error, once', async (_, call) => {
  const { status, stdout, stderr } = await call();
  expect({ status, stdout }).toEqual({ status: 0, stdout: 'in step with origin\n' });
  expect(steps(stderr)).toHaveLength(2);
  for (const line of steps(stderr)) expect(line).toMatch(LINE);
  expect(stderr).toMatch(/ git +fetch .* origin .*: exit 0 /);
  expect(stderr).toMatch(/ fetch +branch and inboxes from origin \(\/.*\): ok, tip [0-9a-f]{12} /);
});

it.each(['', '0', 'false', 'off'])(
  'given WL_TRACE=%s, when a call is made, then nothing is told',
  async (off) => {
    expect(await sync(off)).toMatchObject({ status: 0, stderr: '' });
  },
);

it.each<[string, () => ReturnType<typeof sync>]>([
  ['WL_TRACE=json', () => sync('json')],
  ['WL_TRACE=1 and --json', () => sync('1', ['--json'])],
])('given %s, when a call is made, then each step is a line of JSON', async (_, call) => {
  const { status, stderr } = await call();
  expect(status).toBe(0);
  const traces = steps(stderr).map((line) => (JSON.parse(line) as { trace: Record<string, unknown> }).trace);
  expect(traces.map(({ channel, kind, outcome }) => [channel, kind, outcome])).toEqual([
    ['work-ledger:git', 'git', 'exited'],
    ['work-ledger:fetch', 'fetch', 'ok'],
  ]);
  for (const trace of traces) {
    // Of a process of git, its own.
    const pid = trace.kind === 'git' ? expect.any(Number) : process.pid;
    expect(trace).toMatchObject({ pid, duration_ms: expect.any(Number) });
    expect(Object.keys(trace).filter((name) => name === 'result' || name === 'error')).toEqual([]);
  }
});

it('given a file, when two calls are made, then both are added to it, and only its owner can read it', async () => {
  const file = join(place.path, 'steps.log');
  for (const args of [[], ['--json']])
    expect(await sync(file, args)).toMatchObject({ status: 0, stderr: '' });
  const written = steps(readFileSync(file, 'utf8'));
  expect(written).toHaveLength(4);
  for (const line of written)
    expect(line).toMatch(new RegExp(`^20\\S+Z ${process.pid} +\\d+ ms {2}(git|fetch) `));
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('given a path that is no file of this user, when a call is made, then that is told in a line, and the call is done', async () => {
  const folder = join(place.path, 'folder');
  mkdirSync(folder);
  const link = join(place.path, 'link');
  symlinkSync(join(place.path, 'victim'), link);
  const missing = join(place.path, 'no/such/file');
  for (const path of [folder, link, missing, '/dev/full']) {
    const { status, stdout, stderr } = await sync(path);
    expect({ status, stdout }, path).toEqual({ status: 0, stdout: 'in step with origin\n' });
    expect(lines(stderr), path).toHaveLength(1);
    expect(stderr, path).toContain(`the trace cannot be written to ${path}: `);
  }
  const { error, status } = await wl(dir, ['show', '9', '--json'], { env: { WL_TRACE: folder } });
  expect([status, error.code]).toEqual([3, 'NOT_FOUND']);
});

it.each(['2', 'debug', 'verbose'])(
  'given WL_TRACE=%s, when a call is made, then it is told what can be asked for, and no file is made',
  async (word) => {
    const { status, stdout, stderr } = await sync(word);
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'in step with origin\n' });
    expect(lines(stderr)).toEqual([
      expect.stringContaining(`WL_TRACE=${word} is neither 1, json nor a path`),
    ]);
    expect(existsSync(word)).toBe(false);
    const both = await sync(word, ['--verbose']);
    expect(both.stderr).toContain(`WL_TRACE=${word} is neither`);
    expect(both.stderr).toMatch(/ fetch +branch and inboxes/);
  },
);

it('given texts of a remote that a terminal would act on, when they are told, then they are harmless', async () => {
  const hook = join(place.remote, 'hooks/pre-receive');
  writeFileSync(hook, "#!/bin/sh\nprintf 'no\\033[31m\\bway\\n' >&2\nexit 1\n", { mode: 0o755 });
  try {
    const { stderr } = await wl(dir, ['create', 'Two'], { env: { WL_TRACE: '1' } });
    expect(stderr).toMatch(/ push .*: refused: .*\\u001b\[31m/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that none is there is what is looked for
    expect(stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/);
  } finally {
    rmSync(hook);
  }
});

it('given a remote whose address has a password, when it is asked, then no line has it', async () => {
  const other = await place.clone('bob');
  await runGit(other, ['remote', 'set-url', 'origin', 'http://ada:s3cret@127.0.0.1:9/x.git']);
  for (const WL_TRACE of ['1', 'json']) {
    const said = await wl(other, ['list'], { env: { WL_TRACE } });
    expect(said.status).toBe(7);
    expect(said.stderr).toMatch(/unreachable/);
    expect(said.stderr).toContain('127.0.0.1:9');
    expect(said.stderr).not.toContain('s3cret');
  }
});

it('given that git runs hooks, when a trace is asked for, then it does not reach them', async () => {
  const before = process.env.WL_TRACE;
  process.env.WL_TRACE = '1';
  try {
    expect(gitEnvironment()).not.toHaveProperty('WL_TRACE');
  } finally {
    if (before === undefined) delete process.env.WL_TRACE;
    else process.env.WL_TRACE = before;
  }
});

it('given a hook, when a trace is asked for, then what a pusher sees is the same, and only a file gets it', async () => {
  const tip = await runGit(dir, ['rev-parse', 'origin/work-ledger']);
  const root = await runGit(dir, ['rev-list', '--max-parents=0', tip]);
  const input = `${tip} ${root} refs/heads/work-ledger\n`;
  const judge = (WL_TRACE: string, args: string[] = []) =>
    wl(place.remote, ['hook', 'pre-receive', ...args], { input, env: { WL_TRACE } });
  const plain = await judge('');
  expect(plain.status).toBe(1);
  const file = join(place.path, 'hook.log');
  for (const setting of ['1', 'json', 'relative.log', place.path, file])
    expect(await judge(setting), setting).toEqual(plain);
  expect(readFileSync(file, 'utf8')).toMatch(/ git +/);
  expect(await runGit(place.remote, ['status', '--porcelain']).catch(() => 'bare')).toBe('bare');
  expect(() => statSync(join(place.remote, 'relative.log'))).toThrow('ENOENT');
});

it('given no trace that is asked for, when a question is asked, then what tells steps is not loaded', async () => {
  const ask = (...args: string[]) => loadsOf([MAIN, 'ready', ...args], { cwd: dir, env: isolatedEnv() });
  const [plain, verbose] = await Promise.all([ask(), ask('--verbose')]);
  expect(plain.loads).not.toContain('src/cli/trace.ts');
  expect(verbose.loads).toContain('src/cli/trace.ts');
});
