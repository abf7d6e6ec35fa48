import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { itemOf, type WorkLedger } from '../../src/index.ts';
import { makeSharedRepo, type SharedRepo } from '../helpers/shared-repo.ts';
import { wl } from './workplace.ts';

// What a clone says that has not seen what others did.

let repo: SharedRepo;
let dir: string;
let ada: WorkLedger;
const BOB = { env: { WL_ACTOR: 'bob', WL_NOW: '' } };

beforeEach(async () => {
  repo = await makeSharedRepo();
  ada = await repo.init(await repo.clone('ada'));
  dir = await repo.clone('bob');
  await wl(dir, ['init'], BOB);
});

/** As if the clone had looked long ago. */
async function lookedLongAgo(): Promise<void> {
  const local = join(dir, '.git/work-ledger');
  for (const name of await readdir(local))
    if (name === 'contact') await writeFile(join(local, name), '2026-01-01T00:00:00.000Z');
}

describe('given work that was submitted and not seen here', () => {
  let id: string;

  beforeEach(async () => {
    ({ id } = await ada.createWork({ title: 'One' }));
    await wl(dir, ['sync'], BOB);
    itemOf(await ada.claimWork(id));
    itemOf(await ada.work.submit(id));
    await lookedLongAgo();
  });

  test('when it is approved, then the remote is asked before it is refused', async () => {
    expect(await wl(dir, ['review', 'approve', id], BOB)).toMatchObject({ status: 0, stderr: '' });
    await ada.clone.fetch();
    expect(await ada.query.find(id)).toMatchObject({ status: 'completed' });
  });

  test('when it is sent back, then likewise', async () => {
    expect(await wl(dir, ['review', 'reject', id, '--reason', 'tests'], BOB)).toMatchObject({ status: 0 });
    await ada.clone.fetch();
    expect(await ada.query.find(id)).toMatchObject({ status: 'in_progress' });
  });

  test('when the remote is away, then it is refused as this clone knows it', async () => {
    await repo.goAway();
    const said = await wl(dir, ['review', 'approve', id, '--json'], BOB);
    expect(said.error).toMatchObject({ code: 'ILLEGAL_TRANSITION' });
    await repo.comeBack();
  });
});

test.each([
  ['review approve', ['review', 'approve'], 6],
  ['comment', ['comment'], 0],
  ['claim', ['claim'], 0],
] as const)(
  'given an item that is new on the remote, when it is named by %s, then it is known',
  async (_, words, status) => {
    const { id } = await ada.createWork({ title: 'New' });
    await lookedLongAgo();
    const said = await wl(dir, [...words, id.slice(-4), ...(words[0] === 'comment' ? ['hi'] : [])], BOB);
    expect(said.status, said.stderr).toBe(status);
  },
);

test('given an item that waits here under a number that another takes, when the clone syncs, then it is told what it is called now', async () => {
  const bob = await repo.open(dir, { actor: 'bob', mode: 'local' });
  const { id: before } = await ada.createWork({ title: 'One' });
  await bob.clone.fetch();
  const from = before.replace(/1$/, '2');
  const now = new Date().toISOString();
  await bob.work.batch([
    {
      verb: 'create',
      actor: 'bob',
      at: now,
      op: '0198d6a0-0000-7000-8000-000000000001',
      id: from,
      fields: { title: 'Mine' },
    },
  ]);
  await bob.close();
  const { id: taken } = await ada.createWork({ title: 'Two' });
  expect(taken).toBe(from);
  const said = await wl(dir, ['sync'], BOB);
  expect(said).toMatchObject({ status: 0 });
  const to = before.replace(/1$/, '3');
  expect(said.stdout).toContain(`${from} is ${to} now: another item has that number\n`);
  expect((await wl(dir, ['show', to, '--json'], BOB)).data).toMatchObject({ title: 'Mine' });
});

test('given a claim that was given back, when the item is shown, then it is told as the last one, that nobody has', async () => {
  const { id } = await ada.createWork({ title: 'One' });
  itemOf(await ada.claimWork(id));
  const shown = async (): Promise<string> => (await wl(dir, ['show', id, '--fetch'], BOB)).stdout;
  expect(await shown()).toMatch(/^claim +epoch 1, .*, lease \d+ s$/m);
  itemOf(await ada.work.release(id));
  expect(await shown()).toMatch(/^last claim +epoch 1, .*; nobody holds it now$/m);
  expect(await shown()).not.toMatch(/^claim /m);
});
