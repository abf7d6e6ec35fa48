import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { indexPath } from '../../src/projection/index-database.ts';
import { SqliteCloneLock } from '../../src/store/clone-lock.ts';
import { runGit } from '../helpers/temp-repo.ts';
import { makeWorkplace, type Workplace, wl } from './workplace.ts';

// A process that was stopped by Ctrl-Z keeps what it has. What it has is never taken from it, and nobody waits for it for ever.

let place: Workplace;
let dir: string;
beforeEach(async () => {
  place = await makeWorkplace();
  dir = await place.clone('ada');
  await wl(dir, ['init']);
  await wl(dir, ['create', 'One']);
});
afterEach(() => place.cleanup());

const SOURCE = new URL('../../src/', import.meta.url).href;

/** A process that does something, says so, and is stopped. */
async function stopped(code: string): Promise<ChildProcess & { pid: number }> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  child.kill('SIGSTOP');
  return child as ChildProcess & { pid: number };
}

const withLock = (name: string): Promise<ChildProcess & { pid: number }> =>
  stopped(`const { SqliteCloneLock } = await import('${SOURCE}store/clone-lock.ts');
    const lock = new SqliteCloneLock(${JSON.stringify(join(dir, '.git/work-ledger'))});
    await lock.run('${name}', async () => {
      console.log('held');
      await new Promise((resolve) => setTimeout(resolve, 600_000));
    });`);

const withTransaction = (): Promise<ChildProcess & { pid: number }> =>
  stopped(`import { DatabaseSync } from 'node:sqlite';
    new DatabaseSync(${JSON.stringify(indexPath(join(dir, '.git/work-ledger')))}).exec('BEGIN EXCLUSIVE');
    console.log('held');
    setInterval(() => undefined, 1000);`);

const withRefLock = (ref: string): Promise<ChildProcess & { pid: number }> => {
  const gitDir = JSON.stringify(join(dir, '.git'));
  return stopped(`const [{ LockFile }, { LockOwners }, { diskFs: fs }] = await Promise.all(
      ['git/refs/swap-ref.ts', 'git/locks.ts', 'git/files/fs.ts'].map((file) => import('${SOURCE}' + file)));
    await LockFile.acquire({ fs, owners: new LockOwners(${gitDir}) }, ${gitDir} + '/${ref}');
    console.log('held');
    setInterval(() => undefined, 1000);`);
};

async function timed<T>(task: Promise<T>): Promise<[T, number]> {
  const began = performance.now();
  return [await task, performance.now() - began];
}

describe('given a process that is stopped', () => {
  test('while it makes the index, when the ledger is asked, then git is read instead, and the process is named', async () => {
    rmSync(indexPath(join(dir, '.git/work-ledger')));
    const { pid } = await withLock('index');
    const [{ status, stdout, stderr }, ms] = await timed(wl(dir, ['ready']));
    expect(stdout).toMatch(/One\n$/);
    expect(stderr).toContain(`the index cannot be used (process ${pid} (stopped) holds it)`);
    expect([status, ms < 5_000]).toEqual([0, true]);
  });

  test('in a transaction of the index, when the ledger is asked and written, then both are done without it', async () => {
    const holder = await withTransaction();
    const [asked, ms] = await timed(wl(dir, ['ready']));
    expect(asked).toMatchObject({ status: 0, stdout: expect.stringMatching(/One\n$/) });
    expect(asked.stderr).toContain('the index cannot be used (database is locked)');
    expect(ms).toBeLessThan(10_000);
    expect(await wl(dir, ['create', 'Two'])).toMatchObject({ status: 0 });
    holder.kill('SIGCONT');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const after = await wl(dir, ['ready']);
    expect(after.stdout).toMatch(/One\n.*Two\n$/);
    expect(after.stderr).toBe('');
  });

  test.each(['commit', 'serve'] as const)(
    'with the lock `%s`, when the ledger is written, then it is gone around in time',
    async (name) => {
      await withLock(name);
      const [said, ms] = await timed(wl(dir, ['comment', '1', 'hello']));
      expect(said).toMatchObject({ status: 0 });
      const [offline, short] = await timed(wl(dir, ['--offline', 'comment', '1', 'hello again']));
      expect(offline).toMatchObject({ status: 0 });
      expect([ms < 65_000, short < 15_000]).toEqual([true, true]);
    },
    120_000,
  );

  test('with the lock `commit`, when another line is replayed, then it is gone around in time', async () => {
    await runGit(dir, ['branch', 'other', 'work-ledger']);
    await wl(dir, ['comment', '1', 'on the other line']);
    await runGit(dir, ['branch', '-f', 'other', 'work-ledger']);
    const before = (await runGit(dir, ['rev-parse', 'work-ledger~1'])).trim();
    await runGit(dir, ['push', '-q', '-f', 'origin', `${before}:work-ledger`]);
    const fresh = await place.clone('fresh');
    await wl(fresh, ['list', '--fetch']);
    await runGit(fresh, ['fetch', '-q', dir, 'other:other']);
    dir = fresh;
    await withLock('commit');
    const [said, ms] = await timed(wl(dir, ['resolve', '--replay', 'other']));
    expect(said).toMatchObject({ status: 0, stdout: expect.stringContaining('comment') });
    expect(ms).toBeLessThan(30_000);
  }, 60_000);

  test('with the lock `serve`, when a finding is acknowledged, then it is gone around in time', async () => {
    await runGit(dir, ['checkout', '-q', 'work-ledger']);
    await writeFile(join(dir, 'NOTES.md'), 'by hand\n');
    await runGit(dir, ['add', 'NOTES.md']);
    await runGit(dir, ['commit', '-q', '-m', 'by hand']);
    await runGit(dir, ['push', '-q', 'origin', 'HEAD:work-ledger']);
    await runGit(dir, ['checkout', '-q', '--detach']);
    await withLock('serve');
    const wrong = (await runGit(dir, ['rev-parse', 'work-ledger'])).trim();
    const [said, ms] = await timed(wl(dir, ['acknowledge', wrong, '--reason', 'known']));
    expect(said).toMatchObject({ status: 0 });
    expect(ms).toBeLessThan(65_000);
  }, 120_000);

  test('with a lock of the ledger’s ref, when the ledger is written, then the call ends, and names lock and process', async () => {
    const { pid } = await withRefLock('refs/heads/work-ledger');
    const lock = join(dir, '.git/refs/heads/work-ledger.lock');
    const [said, ms] = await timed(wl(dir, ['--json', 'comment', '1', 'hello']));
    expect(said.status).not.toBe(0);
    expect(said.error).toMatchObject({
      code: 'CONTENDED',
      message: expect.stringMatching(
        new RegExp(`^Process ${pid} \\(stopped\\) holds ${lock} since \\d{4}-.*Z, and`),
      ),
      hint: `Let it go on: kill -CONT ${pid}`,
      details: { lock, holder: { pid, state: 'stopped' } },
    });
    expect(ms).toBeLessThan(65_000);
    expect(existsSync(lock)).toBe(true);
    expect(await wl(dir, ['ready'])).toMatchObject({ status: 0 });
  });

  test('with a lock of the clone, when its holder is asked for, then it is told by process, machine, time and program', async () => {
    const lock = new SqliteCloneLock(join(dir, '.git/work-ledger'));
    const before = Date.now();
    const { pid } = await withLock('commit');
    const holder = await lock.holder('commit');
    expect(holder).toMatchObject({ pid, state: 'stopped', host: expect.any(String), command: 'node' });
    expect(Date.parse(holder?.since ?? '')).toBeGreaterThanOrEqual(before);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => lock.holder('commit')).toBeUndefined();
  });
});
