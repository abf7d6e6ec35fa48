import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { deadlyDisk } from '../helpers/deadly-disk.ts';
import { fsck, plainHistory, unsound } from '../helpers/plain-history.ts';
import { makeSharedRepo } from '../helpers/shared-repo.ts';
import { runWorkers, startWorkers, WorkerProcess } from '../helpers/worker-process.ts';

const PROCESSES = 16;
const ITEMS_EACH = 2;

test(`given ${PROCESSES} processes in one clone, when each makes and does ${ITEMS_EACH} items, then they share pushes, and all of it is at the remote`, async () => {
  const repo = await makeSharedRepo();
  const dir = await repo.clone('shared');
  const ledger = await repo.init(dir);
  const before = await plainHistory(repo.bare);
  await repo.hook('post-receive', 'grep refs/heads/work-ledger >> pushes');

  const workers = await runWorkers(
    Array.from({ length: PROCESSES }, (_, n) => ({
      dir,
      actor: `agent-${n}`,
      task: { kind: 'create', count: ITEMS_EACH },
    })),
  );

  const transitions = PROCESSES * ITEMS_EACH * 3;
  const acknowledged = workers.flatMap((worker) => worker.acknowledged);
  expect(acknowledged).toHaveLength(transitions);
  expect(acknowledged.every(({ where }) => where === 'remote')).toBe(true);
  const history = await plainHistory(repo.bare);
  expect(unsound(history)).toEqual([]);
  const ops = history.slice(before.length).map(({ op }) => op);
  expect(ops.sort()).toEqual(acknowledged.map(({ op }) => op).sort());
  const pushes = (await readFile(join(repo.bare, 'pushes'), 'utf8')).trim().split('\n').length;
  expect(pushes).toBeLessThan(transitions / 2);
  await fsck(dir);
  expect((await ledger.clone.status()).pending).toEqual([]);
  expect(await ledger.audit.verify()).toMatchObject({ ok: true, findings: [] });
});

test.each([
  ['took a request', '.taken', 'after'],
  ['answers one', '.answered', 'before'],
] as const)(
  'given processes in one clone, when the one at work dies as it %s, then the others end what it began, each once',
  async (_, path, when) => {
    const repo = await makeSharedRepo();
    const dir = await repo.clone('shared');
    const ledger = await repo.init(dir);
    const before = await plainHistory(repo.bare);
    const [count, others] = [6, 3];
    const doomed = new WorkerProcess(
      { dir, actor: 'doomed', task: { kind: 'create', count: 5_000 } },
      { NODE_OPTIONS: deadlyDisk(repo.folder, { path, when }) },
    );
    await doomed.waitFor(({ kind }) => kind === 'ready');
    doomed.go();
    await doomed.waitFor(({ kind }) => kind === 'acknowledged');

    let dead = false;
    const death = doomed.end().then(() => {
      dead = true;
    });
    const survivors: WorkerProcess[] = [];
    // It dies the first time that it is the one at work while others ask.
    while (!dead) {
      const jobs = Array.from({ length: others }, (__, n) => ({
        dir,
        actor: `agent-${n}`,
        task: { kind: 'create', count } as const,
      }));
      const round = await startWorkers(jobs);
      await Promise.all(round.map((worker) => worker.finish()));
      survivors.push(...round);
    }
    await death;

    expect(doomed.said.at(-1)?.kind).toBe('acknowledged');
    const acknowledged = survivors.flatMap((worker) => worker.acknowledged);
    expect(acknowledged).toHaveLength(survivors.length * count * 3);
    const history = await plainHistory(repo.bare);
    expect(unsound(history)).toEqual([]);
    const ops = history.slice(before.length).map(({ op }) => op);
    expect(new Set(ops).size).toBe(ops.length);
    const told = [...doomed.acknowledged, ...acknowledged].map(({ op }) => op);
    expect(told.filter((op) => !ops.includes(op))).toEqual([]);
    await fsck(dir);
    expect(await ledger.audit.verify()).toMatchObject({ ok: true, findings: [] });
  },
);
