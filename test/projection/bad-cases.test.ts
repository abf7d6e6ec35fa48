import { existsSync, mkdirSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { WorkLedger } from '../../src/index.ts';
import { INDEX_VERSION } from '../../src/projection/schema.ts';
import { createItems } from '../helpers/items.ts';
import { makeSharedRepo, type SharedRepo } from '../helpers/shared-repo.ts';
import { runWorkers } from '../helpers/worker-process.ts';

const idsOf = async (ledger: WorkLedger): Promise<string[]> =>
  (await ledger.query.list({ all: true })).map(({ id }) => id);

interface Place {
  repo: SharedRepo;
  dir: string;
  /** The index's file. */
  path: string;
  ids: string[];
}

/** A clone whose ledger has five items, one of them completed. */
async function place(): Promise<Place> {
  const repo = await makeSharedRepo();
  const dir = await repo.clone('ada');
  const ledger = await repo.init(dir);
  const ids = await createItems(ledger, 5);
  await ledger.completeWork(ids[0] ?? '', { claim: true });
  const status = await ledger.clone.indexStatus();
  await ledger.close();
  return { repo, dir, path: status.place.kind === 'file' ? status.place.path : '', ids };
}

test('given a clone, when its index is asked for, then it stands in its local state, at the tip', async () => {
  const { repo, dir, path, ids } = await place();
  expect(path).toBe(join(dir, '.git/work-ledger', `index-v${INDEX_VERSION}.sqlite`));
  const again = await repo.open(dir);
  expect(await idsOf(again)).toEqual(ids);
  expect(await again.clone.indexStatus()).toMatchObject({ current: true, items: 5, unread: 0 });
});

test('given an index whose file is removed while it is open, when it is asked, and written, then answers stay right', async () => {
  const { repo, dir, path, ids } = await place();
  const ledger = await repo.open(dir);
  expect(await idsOf(ledger)).toEqual(ids);
  rmSync(path);
  expect(await idsOf(ledger)).toEqual(ids);
  const { id } = await ledger.createWork({ title: 'After' });
  expect(await idsOf(ledger)).toEqual([...ids, id]);
  const other = await repo.open(dir);
  expect(await idsOf(other)).toEqual([...ids, id]);
  expect(existsSync(path)).toBe(true);
  expect(await ledger.clone.indexStatus()).toMatchObject({ place: { kind: 'file' } });
});

test.each([
  ['bytes that are no database', (path: string) => writeFileSync(path, 'not a database'.repeat(1000))],
  ['half of its file', (path: string) => truncateSync(path, Math.floor(statSync(path).size / 8192) * 4096)],
  ['nothing at all', (path: string) => truncateSync(path, 0)],
])('given an index that is damaged: %s, when it is asked, then it is made anew', async (_, damage) => {
  const { repo, dir, path, ids } = await place();
  damage(path);
  const ledger = await repo.open(dir);
  expect(await idsOf(ledger)).toEqual(ids);
  expect(await ledger.audit.history(ids[0] ?? '')).toHaveLength(3);
  expect(await ledger.clone.indexStatus()).toMatchObject({ place: { kind: 'file' }, current: true });
});

test('given an index of another version, when the ledger is asked, then each version has its own', async () => {
  const { repo, dir, path, ids } = await place();
  const other = path.replace(`-v${INDEX_VERSION}`, '-v0');
  writeFileSync(other, 'of another version');
  expect(await idsOf(await repo.open(dir))).toEqual(ids);
  expect(statSync(other).size).toBe('of another version'.length);
});

test('given a place where no index can be written, when the ledger is asked, then it answers from git, and says why', async () => {
  const { repo, dir, path, ids } = await place();
  rmSync(path);
  mkdirSync(path);
  const ledger = await repo.open(dir);
  expect(await idsOf(ledger)).toEqual(ids);
  const { id } = await ledger.createWork({ title: 'After' });
  expect(await idsOf(ledger)).toEqual([...ids, id]);
  expect(await ledger.clone.indexStatus()).toMatchObject({
    place: { kind: 'memory', reason: expect.stringContaining('unable to open') },
  });
});

test('given a disk that is full, when the ledger is asked, then it answers from git', async () => {
  const { dir, path, ids } = await place();
  rmSync(path);
  const [worker] = await runWorkers([{ dir, actor: 'ada', task: { kind: 'list' }, largest_file: 0 }]);
  expect(worker?.said).toContainEqual({ kind: 'listed', ids: ids.slice(1) });
});

test('given several processes that come to a clone without an index at once, when they ask, then all answer alike', async () => {
  const { repo, dir, path, ids } = await place();
  rmSync(path);
  const job = { dir, actor: 'ada', task: { kind: 'list' } } as const;
  const workers = await runWorkers([job, job, job, job]);
  for (const { said } of workers) expect(said).toContainEqual({ kind: 'listed', ids: ids.slice(1) });
  expect(await (await repo.open(dir)).clone.indexStatus()).toMatchObject({ current: true, items: 5 });
});

test('given a tip that moved backwards, when the ledger is asked, then it stands there', async () => {
  const { repo, dir, ids } = await place();
  const ledger = await repo.open(dir, { remote: null });
  const before = await repo.git(dir, 'rev-parse', 'refs/heads/work-ledger');
  const { id } = await ledger.createWork({ title: 'After' });
  await ledger.work.cancel(ids[1] ?? '');
  expect(await ledger.audit.history(id)).toHaveLength(1);
  for (const ref of ['heads', 'work-ledger/journal'])
    await repo.git(dir, 'update-ref', `refs/${ref}/work-ledger`, before.trim());
  expect(await idsOf(ledger)).toEqual(ids);
  expect(await ledger.audit.history(id)).toEqual([]);
  expect(await ledger.audit.log({ limit: 100 })).toHaveLength(8);
  expect((await ledger.createWork({ title: 'Instead' })).id).toBe(id);
});

test('given an index of a line of history that is gone, when the ledger is asked, then everything is read again', async () => {
  const { repo, dir, ids } = await place();
  const before = await repo.git(dir, 'rev-parse', 'refs/heads/work-ledger');
  const ledger = await repo.open(dir, { remote: null });
  await ledger.createWork({ title: 'Gone' });
  await ledger.audit.log();
  await ledger.close();
  for (const ref of ['heads', 'work-ledger/journal'])
    await repo.git(dir, 'update-ref', `refs/${ref}/work-ledger`, before.trim());
  await repo.git(dir, 'reflog', 'expire', '--expire=now', '--all');
  await repo.git(dir, 'gc', '--quiet', '--prune=now');
  const again = await repo.open(dir, { remote: null });
  expect(await idsOf(again)).toEqual(ids);
  expect(await again.audit.log({ limit: 100 })).toHaveLength(8);
});

test('given the index of a clone, when it is made anew, then every item, its words and all history are in it', async () => {
  const { repo, dir } = await place();
  const ledger = await repo.open(dir);
  await ledger.clone.rebuildIndex();
  expect(await ledger.clone.indexStatus()).toMatchObject({
    ...{ current: true, items: 5, unread: 0, transitions: 8, searchable: true },
  });
  expect(readdirSync(join(dir, '.git/work-ledger')).filter((name) => name.includes('-journal'))).toEqual([]);
});

test('given an item with two files, when one of them goes, then the other one is the item', async () => {
  const { repo, dir, ids } = await place();
  const ledger = await repo.open(dir, { remote: null });
  const id = ids[1] ?? '';
  const path = `active/${id.slice(4, 8)}-${id.slice(8, 10)}/x${id.slice(-2)}/${id}.yaml`;
  const copy = path.replace('active', 'failed');
  const tree = async (add: readonly string[], remove: readonly string[]): Promise<void> => {
    const index = { GIT_INDEX_FILE: join(dir, '.git/by-hand') };
    Object.assign(process.env, index);
    await repo.git(dir, 'read-tree', 'refs/heads/work-ledger');
    const blob = (await repo.git(dir, 'rev-parse', `refs/heads/work-ledger:${path}`).catch(() => '')).trim();
    for (const one of add)
      await repo.git(dir, 'update-index', '--add', '--cacheinfo', `100644,${blob},${one}`);
    for (const one of remove) await repo.git(dir, 'update-index', '--force-remove', one);
    const made = (await repo.git(dir, 'write-tree')).trim();
    const commit = await repo.git(dir, 'commit-tree', '-p', 'refs/heads/work-ledger', '-m', 'by hand', made);
    await repo.git(dir, 'update-ref', 'refs/heads/work-ledger', commit.trim());
    Reflect.deleteProperty(process.env, 'GIT_INDEX_FILE');
  };
  await tree([copy], []);
  expect(await ledger.audit.damaged()).toMatchObject([{ path: copy, problem: { rule: 'twice' } }]);
  expect((await ledger.query.list()).map((item) => item.id)).toContain(id);
  await tree([], [copy]);
  expect(await ledger.audit.damaged()).toEqual([]);
  expect((await ledger.query.list()).map((item) => item.id)).toContain(id);
  expect((await ledger.audit.history(id)).map(({ verb }) => verb)).toEqual(['create', 'unknown', 'unknown']);
});
