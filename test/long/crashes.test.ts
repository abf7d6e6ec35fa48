import { expect, test } from 'vitest';
import { itemOf, systemClock } from '../../src/index.ts';
import { DISK_MOMENTS, deadlyDisk } from '../helpers/deadly-disk.ts';
import { deadlyGit, MOMENTS } from '../helpers/deadly-git.ts';
import { createItems, makeOneItem } from '../helpers/items.ts';
import { fsck, plainHistory, unsound } from '../helpers/plain-history.ts';
import { makeSharedRepo, type SharedRepo } from '../helpers/shared-repo.ts';
import { type Report, startWorkers, WorkerProcess } from '../helpers/worker-process.ts';

const HOURS_LATER = { ...systemClock, now: () => new Date(Date.now() + 26 * 3_600_000) };
const LONGEST_REPRIEVE_MS = 600;

test('given processes that are killed at any moment, when others go on, then nothing acknowledged is lost and nothing is done twice', async () => {
  const repo = await makeSharedRepo();
  const first = await repo.init(await repo.clone('first'));
  const ids = await createItems(first, 18);
  const dirs = [await repo.clone('ada'), await repo.clone('bob')];

  const doomed = await startWorkers(
    dirs.flatMap((dir, at) =>
      [0, 1, 2].map((n) => ({ dir, actor: `doomed-${at}-${n}`, task: { kind: 'work' } })),
    ),
  );
  await Promise.all(doomed.map(killSomeTime));
  for (const dir of dirs) await fsck(dir);
  const survivors = await startWorkers(
    dirs.map((dir, at) => ({ dir, actor: `survivor-${at}`, task: { kind: 'work' } })),
  );
  await Promise.all(survivors.map((worker) => worker.finish()));

  const heir = await repo.open(dirs[0] ?? '', { actor: 'heir', clock: HOURS_LATER });
  await heir.clone.sync();
  const told = doomed.flatMap(({ acknowledged }) => acknowledged);
  // By dates one is taken in a look.
  for (let [next] = await heir.recoverOrphanedWork(); next !== undefined; ) {
    const { id } = next;
    const claimed = itemOf(await heir.claimWork(id));
    const left = told.findLast((report) => report.id === id && report.verb === 'checkpoint');
    if (left !== undefined) expect(claimed.checkpoint?.step).toContain(`half of ${left.epoch}`);
    itemOf(await heir.completeWork(id));
    [next] = await heir.recoverOrphanedWork();
  }

  const history = await plainHistory(repo.bare);
  expect(unsound(history)).toEqual([]);
  const done = history.filter(({ verb }) => verb === 'complete').map(({ item }) => item);
  expect(done.sort()).toEqual(ids);
  const ops = history.map(({ op }) => op);
  const acknowledged = [...doomed, ...survivors].flatMap((worker) => worker.acknowledged);
  expect(acknowledged.map(({ op }) => op).filter((op) => !ops.includes(op))).toEqual([]);
  await fsck(repo.bare);
  expect(await heir.audit.verify()).toMatchObject({ ok: true, findings: [] });
});

/** Lets a process do something, and then any number of milliseconds more. */
async function killSomeTime(worker: WorkerProcess): Promise<void> {
  await worker.waitFor(({ kind }) => kind === 'acknowledged' || kind === 'done');
  await systemClock.sleep(Math.random() * LONGEST_REPRIEVE_MS);
  await worker.kill();
}

test.each(MOMENTS)(
  'given a claim whose process dies $when its $command, when the execution claims again, then it has it, once',
  async (blow) => {
    const { repo, dir, id } = await makeOneItem();
    await claimAfterDeath(repo, dir, id, { PATH: deadlyGit(repo.folder, { ...blow, victim: 'caller' }) });
  },
);

test.each(DISK_MOMENTS)(
  'given a claim whose process dies %s, when the execution claims again, then it has it, once',
  async (_, blow) => {
    const { repo, dir, id } = await makeOneItem();
    await claimAfterDeath(repo, dir, id, { NODE_OPTIONS: deadlyDisk(repo.folder, blow) });
  },
);

async function claimAfterDeath(
  repo: SharedRepo,
  dir: string,
  id: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const said = await die(dir, id, env);
  expect(said.filter(({ kind }) => kind === 'acknowledged')).toEqual([]);
  await fsck(dir);

  const ada = await repo.open(dir);
  const claimed = await ada.claimWork(id, { execution_id: 'exec-1' });
  expect(claimed).toMatchObject({ ok: true, where: 'remote', item: { claim: { epoch: 1 } } });
  expect((await plainHistory(repo.bare)).map(({ verb }) => verb)).toEqual(['init', 'create', 'claim']);
  expect(await ada.completeWork(id)).toMatchObject({ ok: true });
  expect((await ada.clone.status()).pending).toEqual([]);
  expect(await ada.audit.verify()).toMatchObject({ ok: true, findings: [] });
}

async function die(dir: string, id: string, env: NodeJS.ProcessEnv): Promise<Report[]> {
  const task = { kind: 'take' as const, ids: [id], execution_id: 'exec-1' };
  const worker = new WorkerProcess({ dir, actor: 'ada', task }, env);
  worker.go();
  await worker.end();
  return worker.said;
}
