import { existsSync } from 'node:fs';
import { mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { diskFs } from '../../src/git/files/fs.ts';
import { LockOwners } from '../../src/git/locks.ts';
import { LockFile } from '../../src/git/refs/swap-ref.ts';
import { itemOf, type WorkLedger } from '../../src/index.ts';
import { examine, repairTree } from '../../src/repair.ts';
import { wl } from '../cli/workplace.ts';
import { editByHand, pathOf, rewriting } from '../helpers/by-hand.ts';
import { createItems } from '../helpers/items.ts';
import { refusalOf } from '../helpers/refusal.ts';
import { makeSharedRepo, type SharedRepo } from '../helpers/shared-repo.ts';
import { leaveLock, leaveOwnLock } from '../helpers/stale-lock.ts';

const NOW = { env: { WL_NOW: '' } };
const broken = rewriting((text) => text.replace('title: ', 'title: "'));

async function makeLedger(items: number) {
  const repo = await makeSharedRepo();
  const dir = await repo.clone('ada');
  expect(await wl(dir, ['init'], NOW)).toMatchObject({ status: 0 });
  const ada = await repo.open(dir);
  return { repo, dir, ada, ids: await createItems(ada, items) };
}

/** Rules that a history breaks once it is mended: those of what was done by hand, and none of a mend. */
async function mendedHistory(ledger: WorkLedger, repo: SharedRepo): Promise<string[]> {
  const { findings } = await ledger.audit.verify();
  const subjects = new Set(findings.map(({ subject }) => subject));
  expect([...subjects].filter((subject) => subject !== 'by hand')).toEqual([]);
  expect(await repo.git(repo.bare, 'rev-parse', 'work-ledger')).toBe((await ledger.clone.status()).tip);
  return findings.map(({ rule }) => rule);
}

test('given a ledger in which nothing is wrong, when the doctor looks, then it says so and exits with 0', async () => {
  const { dir, ids } = await makeLedger(1);
  const said = await wl(dir, ['doctor'], NOW);
  expect(said).toMatchObject({ status: 0, stderr: '' });
  expect(said.stdout).toMatch(/^ok: 2 commits and 1 items/);
  expect((await wl(dir, ['doctor', '--fix', '--json'], NOW)).data).toMatchObject({ mends: [], mended: [] });
  expect(ids).toHaveLength(1);
});

test('given items that a person broke in every way, when the doctor mends, then each is as it was, by a commit that verifies, and nothing else moved', async () => {
  const { repo, dir, ada, ids } = await makeLedger(5);
  const [damaged = '', gone = '', twice = '', moved = '', whole = ''] = ids;
  itemOf(await ada.claimWork(damaged));
  const before = await ada.query.list();
  await editByHand(repo, async (to) => {
    const at = (path: string) => join(to, path);
    await broken(at(pathOf(damaged)));
    await rm(at(pathOf(gone)));
    const other = at(pathOf(twice).replace('active', 'failed'));
    await mkdir(dirname(other), { recursive: true });
    await writeFile(other, 'no item');
    await mkdir(at('active/misplaced'));
    await rename(at(pathOf(moved)), at(`active/misplaced/${moved}.yaml`));
    await writeFile(at('notes.txt'), 'a note\n');
    await symlink('/etc/passwd', at('link'));
  });
  const looked = await wl(dir, ['doctor'], NOW);
  expect(looked.status).toBe(9);
  expect(looked.stdout).toMatch(`${pathOf(damaged)}: it cannot be read: line `);
  expect(looked.stdout).toMatch('would be put back as it was last whole, at rev 2');
  expect(looked.stdout).toMatch(`${pathOf(gone)}: its file is gone, and nobody deleted it`);
  expect(looked.stdout).toMatch(`${pathOf(twice)}: it stands in active/ and failed/`);
  expect(looked.stdout).toMatch(`${pathOf(moved)}: its file stands at active/misplaced/${moved}.yaml`);
  expect(looked.stdout).toMatch('notes.txt: no file of the ledger; would be moved to quarantine/');
  const tip = await repo.git(repo.bare, 'rev-parse', 'work-ledger');

  const fixed = await wl(dir, ['doctor', '--fix'], NOW);
  expect(fixed).toMatchObject({ status: 0, stderr: '' });
  expect(fixed.stdout.match(/^mended/gm)).toHaveLength(6);
  expect(await ada.query.list()).toEqual(before);
  expect(await ada.audit.damaged({ all: true })).toEqual([]);
  await repo.git(repo.bare, 'merge-base', '--is-ancestor', tip, 'work-ledger');
  expect(await repo.git(repo.bare, 'rev-list', '--count', `${tip}..work-ledger`)).toBe('6');
  expect(await repo.git(repo.bare, 'show', 'work-ledger:quarantine/notes.txt')).toBe('a note');
  const files = await repo.git(repo.bare, 'ls-tree', '-r', '--name-only', 'work-ledger');
  expect(files.split('\n').filter((path) => /^(link|notes|active\/mis)/.test(path))).toEqual([]);
  expect(await mendedHistory(ada, repo)).toContain('deleted');
  itemOf(await ada.completeWork(damaged));
  expect((await ada.getWork(damaged)).history.map(({ verb }) => verb)).toContain('repair');
  const bob = await repo.open(await repo.clone('bob'));
  itemOf(await bob.claimWork(whole));
  expect(await wl(dir, ['doctor'], NOW)).toMatchObject({ status: 0 });
});

test('given settings that a person broke, when the doctor mends, then the ledger can be used again', async () => {
  const { repo, dir, ada } = await makeLedger(1);
  await ada.admin.configure({ lease_ttl_s: 60 });
  await editByHand(repo, (to) => writeFile(join(to, 'ledger.yaml'), 'schema: [\n'));
  expect(await wl(dir, ['doctor'], NOW)).toMatchObject({ status: 9 });
  expect(await refusalOf(ada.clone.fetch())).toMatchObject({ code: 'IN_QUESTION' });
  expect(await ada.query.settings()).toMatchObject({ lease_ttl_s: 60 });
  expect(await wl(dir, ['doctor', '--fix'], NOW)).toMatchObject({ status: 0, stderr: '' });
  expect(await ada.query.settings()).toMatchObject({ lease_ttl_s: 60 });
  await mendedHistory(ada, repo);
});

test('given settings that a person broke, and something pending, when the doctor mends, then that is shared, too', async () => {
  const { repo, dir, ada, ids } = await makeLedger(1);
  const [id = ''] = ids;
  await (await repo.open(dir, { mode: 'local' })).work.comment(id, 'pending');
  await editByHand(repo, (to) => rm(join(to, 'ledger.yaml')));
  expect((await wl(dir, ['doctor'], NOW)).stdout).toMatch(
    'ledger.yaml: the settings cannot be read; would be put back',
  );
  expect(await wl(dir, ['doctor', '--fix'], NOW)).toMatchObject({ status: 0, stderr: '' });
  expect(await ada.query.find(id)).toMatchObject({ comments: [{ body: 'pending' }] });
  await mendedHistory(ada, repo);
});

test('given an item that a person broke on this clone’s branch and did not push, when the doctor mends, then the edit is kept, and the item is whole everywhere', async () => {
  const { repo, dir, ada, ids } = await makeLedger(1);
  await repo.git(dir, 'checkout', '--quiet', 'work-ledger');
  await rm(join(dir, pathOf(ids[0] ?? '')));
  await repo.git(dir, 'commit', '--quiet', '--all', '-m', 'by hand');
  await repo.git(dir, 'checkout', '--quiet', '--orphan', 'code');
  const made = await repo.git(dir, 'rev-parse', 'work-ledger');
  const said = await wl(dir, ['doctor', '--fix'], NOW);
  expect(said).toMatchObject({ status: 0 });
  expect(said.stderr).toContain(`commit ${made} was not made by wl; it is kept and not shared`);
  expect((await ada.query.list()).map(({ id }) => id)).toEqual(ids);
  expect(await ada.clone.rejected()).toMatchObject([{ op: made }]);
  expect(await mendedHistory(ada, repo)).toEqual([]);
});

test('given an item that was deleted as items are, when the doctor mends another, then it stays deleted', async () => {
  const { repo, ada, ids } = await makeLedger(2);
  const [deleted = '', damaged = ''] = ids;
  itemOf(await ada.work.cancel(deleted));
  itemOf(await ada.work.delete(deleted));
  await editByHand(repo, (to) => broken(join(to, pathOf(damaged))));
  expect(await repairTree(ada)).toMatchObject([{ kind: 'restore', id: damaged }]);
  expect(await ada.query.find(deleted)).toBeUndefined();
  await mendedHistory(ada, repo);
});

test('given a remote that refuses or is away, when the doctor mends, then it says so and nothing stays half done', async () => {
  const { repo, dir, ada, ids } = await makeLedger(1);
  await editByHand(repo, (to) => broken(join(to, pathOf(ids[0] ?? ''))));
  await ada.clone.fetch();
  const { tip } = await ada.clone.status();
  await repo.hook('pre-receive', 'exit 1');
  expect(await refusalOf(repairTree(ada))).toMatchObject({ code: 'REMOTE_REFUSED' });
  await repo.goAway();
  expect(await refusalOf(repairTree(ada))).toMatchObject({ code: 'REMOTE_UNREACHABLE' });
  expect((await wl(dir, ['doctor'], NOW)).stdout).toMatch(/here: The remote .* cannot be reached/);
  expect(await ada.clone.status()).toMatchObject({ tip, pending: [] });
  const offline = await wl(dir, ['doctor', '--fix', '--offline', '--json'], NOW);
  expect(offline.error).toMatchObject({ code: 'INVALID_INPUT' });
});

test('given entries that no git would check out, and a file of 50 MB, when the doctor mends, then they are gone, and the ledger is as it was', async () => {
  const { repo, dir, ada, ids } = await makeLedger(1);
  const before = await ada.query.list();
  const big = join(repo.folder, 'big');
  await writeFile(big, Buffer.alloc(50_000_000, 'a'));
  const blob = await repo.git(repo.bare, 'hash-object', '-w', big);
  const inner = await makeTree(repo, [`100644 blob ${blob}\tbig.bin`, `100644 blob ${blob}\t..`]);
  const root = await repo.git(repo.bare, 'ls-tree', 'work-ledger');
  const tree = await makeTree(repo, [
    ...root.split('\n'),
    `040000 tree ${inner}\tdeep`,
    `040000 tree ${inner}\t..`,
  ]);
  const made = await repo.git(repo.bare, 'commit-tree', '-m', 'by hand', '-p', 'work-ledger', tree);
  await repo.git(repo.bare, 'update-ref', 'refs/heads/work-ledger', made);
  const fixed = await wl(dir, ['doctor', '--fix'], NOW);
  expect(fixed).toMatchObject({ status: 0 });
  expect(fixed.stderr).toContain(`commit ${made.slice(0, 12)}`);
  expect(await ada.query.list()).toEqual(before);
  const files = await repo.git(repo.bare, 'ls-tree', '-r', '--name-only', 'work-ledger');
  expect(files.split('\n')).toEqual(['.gitattributes', 'README.md', pathOf(ids[0] ?? ''), 'ledger.yaml']);
  await mendedHistory(ada, repo);
});

async function makeTree(repo: SharedRepo, entries: readonly string[]): Promise<string> {
  const file = join(repo.folder, 'entries');
  await writeFile(file, `${entries.join('\n')}\n`);
  return repo.git(repo.bare, '-c', `alias.tree=!git mktree < '${file}'`, 'tree');
}

test('given two clones whose doctors mend at once, when both are done, then each thing is mended once', async () => {
  const { repo, ada, ids } = await makeLedger(3);
  await editByHand(repo, async (to) => {
    for (const id of ids) await broken(join(to, pathOf(id)));
  });
  const bob = await repo.open(await repo.clone('bob'));
  const mended = await Promise.all([repairTree(ada), repairTree(bob)]);
  expect(mended.flat()).toHaveLength(ids.length);
  await ada.clone.fetch();
  await mendedHistory(ada, repo);
});

test('given what a clone alone has, when the doctor looks, then it tells of locks, pending work, lost races and a merge that is not set up', async () => {
  const { repo, dir, ada, ids } = await makeLedger(1);
  const [id = ''] = ids;
  await repo.git(dir, 'config', '--unset', 'merge.work-ledger.driver');
  const lock = join(dir, '.git/refs/heads/work-ledger.lock');
  const offline = await repo.open(dir, { mode: 'local' });
  await offline.work.comment(id, 'later');
  await writeFile(lock, '');
  await utimes(lock, 1, 1);
  const { clone, mends } = await examine(ada);
  expect(mends).toEqual([]);
  expect(clone.map(({ kind }) => kind)).toEqual(['pending', 'lock', 'merging']);
  await rm(lock);
  expect(await wl(dir, ['doctor', '--fix'], NOW)).toMatchObject({ status: 0, stderr: '' });
  expect(await ada.clone.status()).toMatchObject({ pending: [] });
});

test('given the lock of a process of this program that was killed, when the doctor mends, then it is taken away at once', async () => {
  const { dir, ada } = await makeLedger(1);
  const lock = await leaveOwnLock(join(dir, '.git'), 'refs/heads/work-ledger');
  const { clone } = await examine(ada);
  expect(clone).toMatchObject([
    { kind: 'lock', fixed: true, wrong: `${lock} is the lock of a process that is dead` },
  ]);
  const looked = await wl(dir, ['doctor'], NOW);
  expect(looked).toMatchObject({ status: 9 });
  expect(looked.stderr).toContain('wl doctor --fix mends it');
  expect(existsSync(lock)).toBe(true);
  const fixed = await wl(dir, ['doctor', '--fix'], NOW);
  expect(fixed).toMatchObject({ status: 0, stderr: '' });
  expect(fixed.stdout).toMatch(`removed ${lock}\n`);
  expect(existsSync(lock)).toBe(false);
});

test("given git's own lock, and one of a process that lives, when the doctor mends, then both stay and the person is told", async () => {
  const { dir } = await makeLedger(1);
  const gitDir = join(dir, '.git');
  const foreign = await leaveLock(gitDir, 'refs/heads/work-ledger');
  await utimes(foreign, 1, 1);
  const held = await LockFile.acquire(
    { fs: diskFs, owners: new LockOwners(gitDir) },
    join(gitDir, 'packed-refs'),
  );
  await utimes(join(gitDir, 'packed-refs.lock'), 1, 1);
  const fixed = await wl(dir, ['doctor', '--fix', '--json'], NOW);
  expect(fixed.status).toBe(9);
  expect(fixed.data).toMatchObject({
    done: [],
    clone: [
      { kind: 'lock', fixed: false, how: `where no git process works here (ps), remove it: rm '${foreign}'` },
      { kind: 'lock', fixed: false },
    ],
  });
  expect(existsSync(foreign)).toBe(true);
  await held.release();
});
