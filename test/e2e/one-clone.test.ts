import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fsck, plainHistory, unsound } from '../helpers/plain-history.ts';
import { makeSharedRepo } from '../helpers/shared-repo.ts';
import { runWorkers } from '../helpers/worker-process.ts';

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
  expect((await ledger.status()).pending).toEqual([]);
  expect(await ledger.verify()).toMatchObject({ ok: true, findings: [] });
});
