import { chmodSync, lstatSync, readdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { initLedger, openLedger } from '../../src/index.ts';
import { visit } from '../../src/repair.ts';
import { makeTempFolder, runGit } from '../helpers/temp-repo.ts';

const PERMISSIONS = 0o777;

async function repository(): Promise<{ dir: string; local: string }> {
  const { path, cleanup } = await makeTempFolder();
  onTestFinished(cleanup);
  await runGit(path, ['init', '--quiet', '.']);
  return { dir: path, local: join(path, '.git/work-ledger') };
}

/** Everything at and below a folder, by its permissions. */
function modesBelow(folder: string): Map<string, number> {
  const names = ['', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })];
  return new Map(names.map((name) => [name, lstatSync(join(folder, name)).mode & PERMISSIONS]));
}

/** A ledger with an index, a claim, an entry of each kind of state. */
async function live(dir: string): Promise<void> {
  const { ledger } = await initLedger({ dir, actor: 'ada' });
  const { id } = await ledger.createWork({ title: 'one' });
  await ledger.claimWork(id, { owner: 'ada' });
  await ledger.query.list({});
  await ledger.close();
}

test('given a repository of one user, when a ledger lives in it, then its local state is that user’s alone, whatever the umask', async () => {
  const { dir, local } = await repository();
  await live(dir);
  const modes = modesBelow(local);
  expect(modes.size).toBeGreaterThan(5);
  for (const [name, mode] of modes) expect([name, mode & 0o077]).toEqual([name, 0]);
});

test('given a repository that a group shares, when a ledger lives in it, then the group can write what all of them write', async () => {
  const { dir, local } = await repository();
  await runGit(dir, ['config', 'core.sharedRepository', 'group']);
  await live(dir);
  const modes = modesBelow(local);
  for (const [name, mode] of modes) {
    const isShared = lstatSync(join(local, name)).isDirectory() || name.endsWith('.sqlite');
    if (isShared)
      expect([name, mode & 0o070]).toEqual([
        name,
        lstatSync(join(local, name)).isDirectory() ? 0o070 : 0o060,
      ]);
    expect([name, mode & 0o007]).toEqual([name, 0]);
  }
});

test('given local state from before that others could read, when the ledger is opened, then it is closed to them', async () => {
  const { dir, local } = await repository();
  await live(dir);
  chmodSync(local, 0o755);
  await (await openLedger({ dir })).close();
  expect(lstatSync(local).mode & PERMISSIONS).toBe(0o700);
});

test('given local state that is a link, when the ledger is opened, then it is not believed, and doctor moves it aside', async () => {
  const { dir, local } = await repository();
  await live(dir);
  renameSync(local, `${local}-elsewhere`);
  symlinkSync(`${local}-elsewhere`, local);
  await expect(openLedger({ dir })).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
    message: /not believed/,
  });
  const { done } = await visit({ dir }, { fix: true, now: Date.now() });
  expect(done.join()).toMatch(/moved .*work-ledger to /);
  await (await openLedger({ dir })).close();
});

test('given a folder that others could write to, when something in it is a link, then nothing of it is believed', async () => {
  const { dir, local } = await repository();
  await live(dir);
  symlinkSync('/etc/hostname', join(local, 'turn'));
  await (await openLedger({ dir })).close();
  chmodSync(local, 0o777);
  await expect(openLedger({ dir })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
});
