import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { itemPath, SETTINGS_PATH } from '../../src/codec/path.ts';
import type { LedgerNotice, WorkLedger } from '../../src/index.ts';
import { repairTree } from '../../src/repair.ts';
import { refusalOf } from '../helpers/refusal.ts';
import { makeSharedRepo, type SharedRepo } from '../helpers/shared-repo.ts';

let repo: SharedRepo;

/** Changes one file of a ledger's branch by plain git, as somebody does who knows no rules. @returns the commit */
async function edit(dir: string, path: string, change: (text: string) => string): Promise<string> {
  const text = await repo.git(dir, 'cat-file', 'blob', `work-ledger:${path}`);
  const file = join(dir, '.git/by-hand');
  await writeFile(file, change(`${text}\n`));
  const blob = await repo.git(dir, 'hash-object', '-w', file);
  const index = ['-c', 'core.bare=false'];
  await repo.git(dir, ...index, 'read-tree', 'work-ledger');
  await repo.git(dir, 'update-index', '--cacheinfo', `100644,${blob},${path}`);
  const tree = await repo.git(dir, 'write-tree');
  const commit = await repo.git(dir, 'commit-tree', tree, '-p', 'work-ledger', '-m', 'by hand');
  await repo.git(dir, 'update-ref', 'refs/heads/work-ledger', commit);
  return commit;
}

const retitle = (text: string): string => text.replace(/^title: .*$/m, 'title: Forged');
const moreAttempts = (text: string): string => text.replace(/^max_attempts: .*$/m, 'max_attempts: 9');

const readyIds = async (ledger: WorkLedger): Promise<string[]> =>
  (await ledger.getReadyToStart()).map((item) => item.id);

beforeEach(async () => {
  repo = await makeSharedRepo();
});

describe('given a ledger without a remote, on whose branch something else than this program committed', () => {
  let dir: string;
  let ledger: WorkLedger;
  let id: string;
  let other: string;
  const notices: LedgerNotice[] = [];

  beforeEach(async () => {
    dir = join(repo.folder, 'alone');
    await repo.git(repo.folder, 'init', '--quiet', 'alone');
    ledger = await repo.init(dir, { onNotice: (notice) => notices.push(notice) });
    ({ id } = await ledger.createWork({ title: 'One' }));
    ({ id: other } = await ledger.createWork({ title: 'Two' }));
  });

  test('when someone would write on the item, then it is in question, and the rest goes on', async () => {
    const commit = await edit(dir, itemPath(id, 'pending'), retitle);
    expect(await refusalOf(ledger.claimWork(id))).toMatchObject({
      code: 'IN_QUESTION',
      details: { id, commit },
    });
    expect(notices.at(-1)).toMatchObject({ code: 'IN_QUESTION' });
    expect(await ledger.getWork(id)).toMatchObject({
      title: 'Forged',
      in_question: [{ commit }, { commit }],
    });
    expect(await readyIds(ledger)).toEqual([other]);
    await ledger.claimWork(other);
    expect(await refusalOf(ledger.work.comment(id, 'what?'))).toMatchObject({ code: 'IN_QUESTION' });
  });

  test('when somebody answers for it, or the doctor mends it, then it goes on', async () => {
    const commit = await edit(dir, itemPath(id, 'pending'), retitle);
    await refusalOf(ledger.claimWork(id));
    await ledger.audit.acknowledge(commit, { reason: 'It was me' });
    await ledger.claimWork(id);
    expect(await ledger.getWork(id)).not.toHaveProperty('in_question');
    await edit(dir, itemPath(other, 'pending'), retitle);
    await refusalOf(ledger.claimWork(other));
    expect(await repairTree(ledger)).toMatchObject([{ kind: 'undo', id: other }]);
    await ledger.claimWork(other);
    expect(await ledger.getWork(other)).toMatchObject({ title: 'Two', status: 'in_progress' });
  });

  test('when it is about the settings, then nothing is written until they are put back', async () => {
    const commit = await edit(dir, SETTINGS_PATH, moreAttempts);
    expect(await refusalOf(ledger.createWork({ title: 'Three' }))).toMatchObject({
      code: 'IN_QUESTION',
      details: { commit },
    });
    expect(await repairTree(ledger)).toMatchObject([{ kind: 'undo', path: SETTINGS_PATH }]);
    await ledger.createWork({ title: 'Three' });
    expect((await ledger.query.settings()).max_attempts).toBe(3);
  });

  test('when all that it committed is right, then that is built on, and not looked at again', async () => {
    const twin = join(repo.folder, 'twin');
    await repo.git(repo.folder, 'clone', '--quiet', '--branch', 'work-ledger', 'alone', 'twin');
    const there = await repo.open(twin, { actor: 'bob' });
    await there.work.comment(id, 'from elsewhere', { actor: 'bob' });
    await repo.git(dir, 'fetch', '--quiet', twin, '+work-ledger:work-ledger');
    await ledger.work.comment(id, 'mine');
    expect((await ledger.getWork(id)).comments).toMatchObject([{ body: 'from elsewhere' }, { body: 'mine' }]);
    expect(await repo.git(dir, 'rev-parse', 'refs/work-ledger/journal/work-ledger')).toBe(
      await repo.git(dir, 'rev-parse', 'work-ledger'),
    );
  });
});

test('given a clone whose branch plain git moved to what others pushed, when it writes offline, then what breaks a rule is in question, and also once it asks the remote', async () => {
  const ada = await repo.clone('ada');
  const online = await repo.init(ada);
  const { id } = await online.createWork({ title: 'One' });
  const { id: other } = await online.createWork({ title: 'Two' });
  const eve = await repo.clone('eve', ['--branch', 'work-ledger']);
  const commit = await edit(eve, itemPath(id, 'pending'), retitle);
  await repo.git(eve, 'push', '--quiet', 'origin', 'work-ledger');
  await repo.git(ada, 'fetch', '--quiet', 'origin', 'work-ledger:work-ledger');
  const offline = await repo.open(ada, { mode: 'local' });
  expect(await refusalOf(offline.work.comment(id, 'what?'))).toMatchObject({
    code: 'IN_QUESTION',
    details: { id, commit },
  });
  await offline.work.comment(other, 'goes on');
  expect((await online.clone.sync()).lost).toEqual([]);
  expect(await refusalOf(online.claimWork(id))).toMatchObject({ code: 'IN_QUESTION' });
  expect((await online.getWork(other)).comments).toMatchObject([{ body: 'goes on' }]);
  expect(await online.getWork(id)).toMatchObject({ in_question: [{ commit }, { commit }] });
});
