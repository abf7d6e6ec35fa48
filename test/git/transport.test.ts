import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { stateOf } from '../../src/git/locks.ts';
import { type GitAnswer, talk } from '../../src/git/transport.ts';
import { Patience } from '../../src/remote/port.ts';
import {
  isolateThisProcess,
  makeBareRepo,
  makeTempFolder,
  makeWorkRepo,
  runGit,
  type TempFolder,
} from '../helpers/temp-repo.ts';

isolateThisProcess();

let folder: TempFolder;
let dir: string;
beforeEach(async () => {
  folder = await makeTempFolder();
  dir = await makeWorkRepo(folder.path);
  await runGit(dir, ['remote', 'add', 'origin', 'ssh://host.invalid/shared.git']);
});
afterEach(() => folder.cleanup());

/** An ssh that says nothing for ten minutes, and what it takes to find it and git again. */
async function makeSsh(rest = 'exec sleep 600'): Promise<{ path: string; pids(): Promise<number[]> }> {
  const [path, told] = [join(folder.path, 'ssh'), join(folder.path, 'pids')];
  await writeFile(path, `#!/bin/sh\necho $$ $PPID > '${told}.new'\nmv '${told}.new' '${told}'\n${rest}\n`);
  await chmod(path, 0o755);
  const pids = async () => (await readFile(told, 'utf8')).trim().split(' ').map(Number);
  return { path, pids };
}

const list = (ssh: string, ms: number, signal?: AbortSignal): Promise<GitAnswer> => {
  process.env.GIT_SSH_COMMAND = ssh;
  onTestFinished(() => {
    delete process.env.GIT_SSH_COMMAND;
  });
  return talk(join(dir, '.git'), ['ls-remote', 'origin'], new Patience(() => performance.now(), ms, signal));
};

/** A process closes its files some time before it is told as ended. */
async function expectEnded(ssh: { pids(): Promise<number[]> }, timeout = 200): Promise<void> {
  const pids = await ssh.pids();
  await expect.poll(() => pids.map(stateOf), { timeout, interval: 5 }).toEqual(['ended', 'ended']);
}

describe('git that waits for a remote that says nothing', () => {
  test('when the time is up, then it ends with all that it started before the caller is told', async () => {
    const ssh = await makeSsh();
    const began = performance.now();
    expect(await list(ssh.path, 400)).toMatchObject({
      ok: false,
      begun: true,
      said: expect.stringMatching(/^nothing was heard for 0 s\n/),
    });
    expect(performance.now() - began).toBeLessThan(5_400);
    await expectEnded(ssh);
  });

  test('when the time is up and one of them does not obey, then it is ended all the same', async () => {
    const ssh = await makeSsh(`trap '' TERM INT HUP\nwhile :; do sleep 1; done`);
    const began = performance.now();
    await list(ssh.path, 400);
    expect(performance.now() - began).toBeLessThan(5_400);
    await expectEnded(ssh);
  });

  test('when the time is up and it stands still, then it ends', async () => {
    const ssh = await makeSsh('kill -STOP $PPID $$');
    await list(ssh.path, 400);
    await expectEnded(ssh);
  });

  test('when nobody waits any more, then it ends at once', async () => {
    const ssh = await makeSsh();
    const given = new AbortController();
    const asked = list(ssh.path, 60_000, given.signal);
    await expect.poll(() => ssh.pids().catch(() => [])).toHaveLength(2);
    given.abort();
    expect((await asked).ok).toBe(false);
    await expectEnded(ssh);
  });

  test('when git is killed, then what it started ends, too', async () => {
    const ssh = await makeSsh();
    const asked = list(ssh.path, 60_000);
    await expect.poll(() => ssh.pids().catch(() => [])).toHaveLength(2);
    const [, git = 0] = await ssh.pids();
    process.kill(git, 'SIGKILL');
    expect(await asked).toMatchObject({
      ok: false,
      said: expect.stringMatching(/^git was ended by SIGKILL/),
    });
    await expectEnded(ssh);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)(
    'when the process that asked is ended by %s, then git and what it started end, too',
    async (signal) => {
      const ssh = await makeSsh();
      const source = fileURLToPath(new URL('../../src/', import.meta.url));
      const code = `const { talk } = await import(${JSON.stringify(`${source}git/transport.ts`)});
        const nothing = () => undefined;
        const waiting = { left: () => 60_000, transfer: () => nothing, watch: () => nothing };
        await talk(${JSON.stringify(join(dir, '.git'))}, ['ls-remote', 'origin'], waiting);`;
      const asker = spawn(process.execPath, ['--input-type=module', '--eval', code], {
        env: { ...process.env, GIT_SSH_COMMAND: ssh.path },
        stdio: 'ignore',
      });
      await expect.poll(() => ssh.pids().catch(() => []), { timeout: 5_000 }).toHaveLength(2);
      const ended = once(asker, 'exit');
      asker.kill(signal);
      expect(await ended).toEqual([null, signal]);
      await expectEnded(ssh, 5_000);
    },
  );
});

test('given git that ended, when something that it started stays, then that is left alone, and the answer does not wait for it', async () => {
  const ssh = await makeSsh('sleep 600 < /dev/null > /dev/null & echo $! > "$0.left"\nexit 1');
  const began = performance.now();
  expect(await list(ssh.path, 60_000)).toMatchObject({ ok: false });
  expect(performance.now() - began).toBeLessThan(5_000);
  const left = Number(await readFile(`${ssh.path}.left`, 'utf8'));
  expect(stateOf(left)).not.toBe('ended');
  process.kill(left);
});

test('given a push that a hook refuses, when git tells how far it is, then what is said has the words of the hook, and no progress', async () => {
  const bare = await makeBareRepo(folder.path, 'shared.git');
  const hook = join(bare, 'hooks/pre-receive');
  await writeFile(hook, '#!/bin/sh\necho "Policy: 100% of it, done."\nexit 1\n');
  await chmod(hook, 0o755);
  await runGit(dir, ['commit', '-q', '--allow-empty', '-m', 'one']);
  const patience = new Patience(() => performance.now(), 60_000);
  const { said } = await talk(
    join(dir, '.git'),
    ['push', '--progress', '--porcelain', bare, 'HEAD:refs/heads/x'],
    patience,
  );
  expect(said.split('\n').map((line) => line.trim())).toEqual([
    `To ${bare}`,
    '!\tHEAD:refs/heads/x\t[remote rejected] (pre-receive hook declined)',
    'Done',
    'remote: Policy: 100% of it, done.',
    `error: failed to push some refs to '${bare}'`,
    '',
  ]);
});

test('given no git on PATH, when a remote is asked, then that is said', async () => {
  const { PATH } = process.env;
  process.env.PATH = folder.path;
  try {
    await expect(list('ssh', 10_000)).rejects.toMatchObject({ code: 'NO_GIT' });
  } finally {
    process.env.PATH = PATH;
  }
});
