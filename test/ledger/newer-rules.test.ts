import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Agent, runWorker } from '../../src/agents.ts';
import type { WorkLedger } from '../../src/index.ts';
import { examine, repairTree } from '../../src/repair.ts';
import { editByHand } from '../helpers/by-hand.ts';
import { makeSharedRepo, type SharedRepo } from '../helpers/shared-repo.ts';

// A program reads a ledger under newer rules than it knows, and neither writes to it nor judges it. What is pending stays.

const REFUSED = { code: 'UPGRADE_REQUIRED', details: { rules_version: 2, known: 1 } };

let repo: SharedRepo;
let dir: string;
let ada: WorkLedger;
let id: string;

/** What a newer program does: it raises the rules, and writes what this one does not know. */
const raise = (settings = '') =>
  editByHand(repo, async (work) => {
    const path = join(work, 'ledger.yaml');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('rules_version: 1', 'rules_version: 2') + settings);
    const item = join(work, `active/${id.slice(4, 8)}-${id.slice(8, 10)}/x${id.slice(-2)}/${id}.yaml`);
    await writeFile(item, `${await readFile(item, 'utf8')}zz_newer: kept\n`);
  });

const tips = async (): Promise<string> =>
  repo.git(repo.bare, 'for-each-ref', '--format=%(refname) %(objectname)');
const local = async (): Promise<string> => repo.git(dir, 'rev-parse', 'work-ledger');

beforeEach(async () => {
  repo = await makeSharedRepo();
  dir = await repo.clone('ada');
  ada = await repo.init(dir);
  ({ id } = await ada.createWork({ title: 'One' }));
});

describe('given a ledger under newer rules', () => {
  beforeEach(async () => {
    await raise();
    await ada.clone.fetch();
  });

  test('when it is read, then it is shown, with what this program does not know', async () => {
    expect(await ada.query.settings()).toMatchObject({ rules_version: 2 });
    expect(await ada.getWork(id)).toMatchObject({ title: 'One', zz_newer: 'kept' });
    expect((await ada.getReadyToStart()).map((item) => item.id)).toEqual([id]);
    expect(await ada.audit.history(id)).toMatchObject([{ verb: 'create' }, {}]);
  });

  test.each([
    ['createWork', () => ada.createWork({ title: 'Two' })],
    ['claimWork', () => ada.claimWork(id)],
    ['update', () => ada.work.update(id, { set: { title: 'Other' } })],
    ['configure', () => ada.admin.configure({ max_attempts: 5 })],
    ['verify', () => ada.audit.verify()],
    ['repair', () => repairTree(ada)],
    ['acknowledge', async () => ada.audit.acknowledge(await local(), { reason: 'Mine.' })],
  ])('when %s is asked for, then it is refused, and nothing is written anywhere', async (_call, ask) => {
    const before = [await tips(), await local()];
    await expect(ask()).rejects.toMatchObject(REFUSED);
    expect([await tips(), await local()]).toEqual(before);
  });

  test('when a batch or an import is asked for, then each of it is refused', async () => {
    const before = [await tips(), await local()];
    const command = ada.work.command('comment', { id, body: 'x' });
    expect(await ada.work.batch([command], { atomic: true })).toMatchObject([{ error: REFUSED }]);
    const text = '{"id":"bd-1","title":"A","status":"open","priority":1,"issue_type":"task"}';
    const { failed } = await ada.admin.importWork({ from: 'beads', text });
    expect(failed).toMatchObject([{ error: REFUSED }]);
    expect([await tips(), await local()]).toEqual(before);
  });

  test('when a worker looks for work, then it ends, and says why', async () => {
    const agent: Agent = async function* () {
      yield expect.unreachable();
    };
    await expect(runWorker({ ledger: ada, agent, idle_exit: true })).rejects.toMatchObject(REFUSED);
  });

  test('when the doctor examines it, then it says that it cannot judge, and looks at the clone', async () => {
    const { mends, past, clone } = await examine(ada);
    expect([mends, past]).toEqual([[], []]);
    expect(clone.map(({ kind }) => kind)).toContain('rules');
  });

  test('when what came before is verified, then that can be judged, as is told', async () => {
    const before = await repo.git(dir, 'rev-parse', 'work-ledger^');
    const hint = expect.stringContaining(`wl verify ..${before.slice(0, 12)}`);
    await expect(ada.audit.verify()).rejects.toMatchObject({ ...REFUSED, hint });
    expect(await ada.audit.verify({ range: `..${before}` })).toMatchObject({ ok: true, commits: 2 });
  });
});

test('given settings of forms that this program does not know, when read, then they count as not set', async () => {
  await raise(
    'allow:\n  - verbs:\n      - teleport\n    roles:\n      - wizards\nretention_days: for ever\n',
  );
  await ada.clone.fetch();
  expect(await ada.query.settings()).toMatchObject({ rules_version: 2, max_attempts: 3 });
  await expect(ada.createWork({ title: 'Two' })).rejects.toMatchObject(REFUSED);
});

test('given a call that meets newer rules at its push, then it says what is saved, and that stays pending', async () => {
  await raise();
  const asked = ada.work.comment(id, 'kept');
  await expect(asked).rejects.toMatchObject({ ...REFUSED, details: { saved: [{ verb: 'comment', id }] } });
  const before = [await tips(), await local()];
  await expect(ada.clone.sync()).rejects.toMatchObject({ ...REFUSED, details: { pending: 1 } });
  expect([await tips(), await local()]).toEqual(before);
  expect(await ada.clone.rejected()).toEqual([]);
  expect((await ada.getWork(id))?.comments).toMatchObject([{ body: 'kept' }]);
});

test('given what a newer program left pending in this clone, when synced, then it is neither shared nor judged', async () => {
  await repo.git(dir, 'fetch', '--quiet', 'origin', 'work-ledger');
  await raise();
  await repo.git(dir, 'fetch', '--quiet', 'origin', 'work-ledger:work-ledger');
  const before = [await tips(), await local()];
  await repo.git(repo.bare, 'update-ref', 'refs/heads/work-ledger', `${await local()}^`);
  const shared = await tips();
  await expect(ada.clone.sync()).rejects.toMatchObject(REFUSED);
  expect([await tips(), await local()]).toEqual([shared, before[1]]);
  expect(await ada.clone.rejected()).toEqual([]);
});

test('given a holder when newer rules arrive, then what it finishes with is refused, and kept', async () => {
  await ada.claimWork(id);
  await raise();
  await ada.clone.fetch();
  await expect(ada.work.complete(id, { result: { said: 'all of it' } })).rejects.toMatchObject({
    ...REFUSED,
    details: { kept: { ref: expect.any(String) } },
  });
  expect(await ada.clone.rejected()).toMatchObject([{ verb: 'complete', id }]);
});

test('given a ledger of the first layout, when opened, then it is refused as such, and is neither empty nor damaged', async () => {
  await editByHand(repo, async (work) => {
    const path = join(work, 'ledger.yaml');
    await writeFile(path, (await readFile(path, 'utf8')).replace('rules_version: 1\n', ''));
  });
  const bob = await repo.open(await repo.clone('bob'));
  const refused = { code: 'UNSUPPORTED_LEDGER', message: expect.stringContaining('rules version') };
  await expect(bob.getReadyToStart()).rejects.toMatchObject(refused);
  await expect(bob.createWork({ title: 'Two' })).rejects.toMatchObject(refused);
});
