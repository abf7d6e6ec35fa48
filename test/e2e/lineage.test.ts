import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createItems } from '../helpers/items.ts';
import { plainHistory } from '../helpers/plain-history.ts';
import { refusalOf } from '../helpers/refusal.ts';
import { makeSharedRepo } from '../helpers/shared-repo.ts';
import { runWorkers } from '../helpers/worker-process.ts';

const REF = 'refs/heads/work-ledger';

test('given clones that make the ledger at the same time, when all are done, then it is one ledger, and one of them made it', async () => {
  const repo = await makeSharedRepo();
  const dirs = await Promise.all([0, 1, 2, 3].map((n) => repo.clone(`clone-${n}`)));
  const workers = await runWorkers(dirs.map((dir) => ({ dir, actor: 'ada', task: { kind: 'init' } })));
  const reports = workers.flatMap(({ said }) => said.filter((one) => one.kind === 'initialized'));
  expect(reports).toHaveLength(dirs.length);
  expect(new Set(reports.map(({ ledger_id }) => ledger_id)).size).toBe(1);
  expect(reports.filter(({ created }) => created)).toHaveLength(1);
  expect(await plainHistory(repo.bare)).toHaveLength(1);
  for (const dir of dirs) await createItems(await repo.open(dir), 1);
  expect(await plainHistory(repo.bare)).toHaveLength(1 + dirs.length);
});

test('given a clone with a ledger of its own, when it is pointed at the remote of another, then the two do not mix', async () => {
  const repo = await makeSharedRepo();
  await createItems(await repo.init(await repo.clone('ada')), 2);
  const dir = join(repo.folder, 'bob');
  await repo.git(repo.folder, 'init', '--quiet', dir);
  await createItems(await repo.init(dir), 2);
  const shared = await repo.git(repo.bare, 'rev-parse', REF);
  const own = await plainHistory(dir);

  await repo.git(dir, 'remote', 'add', 'origin', repo.url);
  const bob = await repo.open(dir);
  for (const act of [
    () => bob.clone.sync(),
    () => bob.clone.fetch(),
    () => bob.createWork({ title: 'Third' }),
  ]) {
    expect(await refusalOf(act())).toMatchObject({ code: 'DIFFERENT_LEDGER' });
  }
  expect(await repo.git(repo.bare, 'for-each-ref', '--format=%(objectname) %(refname)')).toBe(
    `${shared} ${REF}`,
  );
  expect((await plainHistory(dir)).slice(0, own.length)).toEqual(own);
  expect((await bob.query.list()).map(({ title }) => title)).toEqual(['Item 0', 'Item 1', 'Third']);

  // Under another name its own stays, and the shared one is joined.
  await repo.git(dir, 'branch', '--move', 'work-ledger', 'own-ledger');
  const joined = await repo.open(dir);
  expect((await joined.query.list()).map(({ created_by }) => created_by)).toEqual(['ada', 'ada']);
  const apart = await repo.open(dir, { branch: 'own-ledger', remote: null });
  expect(await apart.query.list()).toHaveLength(3);
});
