import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { initLedger, openLedger } from '../../src/index.ts';
import {
  isolatedEnv,
  isolateThisProcess,
  makeTempFolder,
  makeWorkRepo,
  runGit,
  type TempFolder,
} from '../helpers/temp-repo.ts';

isolateThisProcess();

const run = promisify(execFile);
const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;

let folder: TempFolder;
beforeEach(async () => {
  folder = await makeTempFolder();
});
afterEach(() => folder.cleanup());

interface Told {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `wl` under `sh`, after `setup` has limited what it may do. */
async function wl(dir: string, args: string, setup = '', env: NodeJS.ProcessEnv = {}): Promise<Told> {
  const command = `${setup}\nexec '${process.execPath}' '${MAIN}' ${args}`;
  const options = { cwd: dir, env: { ...isolatedEnv(), ...env } };
  return run('/bin/sh', ['-c', command], options).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Told) => ({ code: error.code, stdout: error.stdout, stderr: error.stderr }),
  );
}

async function ledgerIn(name: string): Promise<string> {
  const dir = await makeWorkRepo(folder.path, name);
  const { ledger } = await initLedger({ dir, actor: 'ada' });
  await ledger.createWork({ title: 'One' });
  await ledger.close();
  return dir;
}

const CLEAR = /^wl: [^\n]+\n(?:hint: [^\n]+\n)?$/;

test('given no git on PATH, when wl runs, then one line says so', async () => {
  const dir = await ledgerIn('a');
  const told = await wl(dir, 'list', '', { PATH: folder.path });
  expect(told.code).toBe(1);
  expect(told.stderr).toMatch(CLEAR);
  expect(told.stderr).toContain('git was not found');
});

test('given no repository, when wl runs, then it exits with 3 and says so', async () => {
  const told = await wl(folder.path, 'list', '', { GIT_CEILING_DIRECTORIES: folder.path });
  expect(told.code).toBe(3);
  expect(told.stderr).toMatch(CLEAR);
});

test('given a directory that is not there, when wl runs in it, then it exits with 3 and names it', async () => {
  const told = await wl(folder.path, `-C '${join(folder.path, 'nowhere')}' list`);
  expect(told.code).toBe(3);
  expect(told.stderr).toContain('nowhere');
});

test('given a repository without a ledger, when wl runs, then it exits with 3 and says how to make one', async () => {
  const dir = await makeWorkRepo(folder.path, 'empty');
  const told = await wl(dir, 'list');
  expect(told.code).toBe(3);
  expect(told.stderr).toMatch(/There is no ledger[^\n]*\nhint: Make one with: wl init\n/);
});

test('given a git that is too old, when wl runs, then one line says so', async () => {
  const dir = await ledgerIn('a');
  const bin = join(folder.path, 'bin');
  await mkdir(bin);
  // What git before 2.31 does with an option that it does not know: it prints it.
  await writeFile(join(bin, 'git'), '#!/bin/sh\nprintf "%s\\n" "--path-format=absolute" .git\n', {
    mode: 0o755,
  });
  const told = await wl(dir, 'list', '', { PATH: `${bin}:${process.env.PATH}` });
  expect(told.code).toBe(1);
  expect(told.stderr).toMatch(/^wl: This git is too old\.\n/);
});

test('given a disk that takes no more, when work is created, then nothing changed, and the next call works', async () => {
  const dir = await ledgerIn('a');
  const before = await runGit(dir, ['rev-parse', 'work-ledger']);
  // Git may write no file at all, as on a full disk; the program's own state is small enough to be spared.
  const bin = join(folder.path, 'bin');
  await mkdir(bin);
  const git = (await run('sh', ['-c', 'command -v git'])).stdout.trim();
  await writeFile(
    join(bin, 'git'),
    `#!/bin/sh\ncase "$*" in *fast-import*) trap '' XFSZ; ulimit -f 0;; esac\nexec '${git}' "$@"\n`,
    { mode: 0o755 },
  );
  const told = await wl(dir, 'create Two', '', { PATH: `${bin}:${process.env.PATH}` });
  expect(told.code).not.toBe(0);
  expect(told.stdout).toBe('');
  expect(told.stderr).toMatch(CLEAR);
  expect(await runGit(dir, ['rev-parse', 'work-ledger'])).toBe(before);
  expect((await wl(dir, 'create Two')).code).toBe(0);
  await runGit(dir, ['fsck', '--strict']);
  const ledger = await openLedger({ dir });
  expect(await ledger.verify()).toMatchObject({ ok: true, items: 2 });
  await ledger.close();
});

test('given a local state that cannot be written, when work is created, then it is refused, and reading goes on', async () => {
  const dir = await ledgerIn('a');
  await runGit(dir, ['clone', '--quiet', '--mirror', '.', join(folder.path, 'copy.git')]);
  const copy = join(folder.path, 'copy.git');
  // A path that leads nowhere is one that no user, root included, can write below.
  await symlink('/proc/nowhere', join(copy, 'work-ledger'));
  const told = await wl(copy, 'create Two');
  expect(told.code).toBe(4);
  expect(told.stderr).toMatch(CLEAR);
  const read = await wl(copy, 'list');
  expect(read).toMatchObject({ code: 0 });
  expect(read.stdout).toContain('One');
});
