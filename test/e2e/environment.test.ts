import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { itemOf, type WorkLedger } from '../../src/index.ts';
import { createItems, makeOneItem } from '../helpers/items.ts';
import { fsck } from '../helpers/plain-history.ts';
import { refusalOf } from '../helpers/refusal.ts';
import { makeSharedRepo, type SharedRepo } from '../helpers/shared-repo.ts';
import { type WorkerJob, WorkerProcess } from '../helpers/worker-process.ts';
import { gitScript, withPath } from '../helpers/wrapped-git.ts';

const REF = 'refs/heads/work-ledger';

async function run(job: WorkerJob, env: NodeJS.ProcessEnv = {}): Promise<WorkerProcess['said']> {
  const worker = new WorkerProcess(job, env);
  worker.go();
  return worker.finish();
}

test('given a disk that is full for everyone, when work is claimed, then it is refused by name, and goes on once there is space', async () => {
  const { repo, dir, id } = await makeOneItem();
  const ada = await repo.open(dir);
  const tip = await repo.git(dir, 'rev-parse', REF);
  const said = await run({ dir, actor: 'ada', task: { kind: 'take', ids: [id] }, largest_file: 0 });
  expect(said).toMatchObject([
    { kind: 'ready' },
    { kind: 'refused', verb: 'claim', code: 'STORAGE_FAILED', saved: [] },
    { kind: 'done' },
  ]);
  expect(await run({ dir, actor: 'ada', task: { kind: 'list' }, largest_file: 0 })).toContainEqual({
    kind: 'listed',
    ids: [id],
  });
  expect(await repo.git(dir, 'rev-parse', REF)).toBe(tip);
  await fsck(dir);
  expect(await ada.claimWork(id)).toMatchObject({ ok: true, item: { claim: { epoch: 1 } } });
});

test('given a remote whose disk is full, when work goes on, then claims are not made, and the rest is saved for when there is space', async () => {
  const { repo, dir, id } = await makeOneItem();
  const receive = join(repo.folder, 'receive');
  writeFileSync(receive, `#!/bin/sh\ntrap '' XFSZ; ulimit -f 0; exec git receive-pack "$@"\n`, {
    mode: 0o755,
  });
  await repo.git(dir, 'config', 'remote.origin.receivepack', receive);
  const ada = await repo.open(dir);
  const refusal = await refusalOf(ada.work.comment(id, 'kept'));
  expect(refusal).toMatchObject({
    code: 'REMOTE_UNREACHABLE',
    details: { saved: [{ verb: 'comment', id }] },
  });
  expect(await refusalOf(ada.claimWork(id))).toMatchObject({
    code: 'REMOTE_UNREACHABLE',
    details: { withdrawn: [id] },
  });
  expect(await ada.query.find(id)).toMatchObject({ status: 'pending' });
  await repo.git(dir, 'config', '--unset', 'remote.origin.receivepack');
  expect(await ada.clone.sync()).toMatchObject({ accepted: 1 });
  expect(await ada.clone.rejected()).toEqual([]);
});

/** A ledger without a remote that the next process may read and not write. */
async function makeReadOnly(): Promise<{ repo: SharedRepo; ledger: WorkLedger; dir: string; id: string }> {
  const repo = await makeSharedRepo();
  const dir = join(repo.folder, 'alone');
  await repo.git(repo.folder, 'init', '--quiet', dir);
  const ledger = await repo.init(dir);
  const [id = ''] = await createItems(ledger, 1);
  return { repo, ledger, dir, id };
}

function protect(repo: SharedRepo, dir: string): void {
  chmodSync(repo.folder, 0o755);
  execFileSync('chmod', ['-R', 'a-w,a+rX', dir]);
  onTestFinished(() => {
    execFileSync('chmod', ['-R', 'u+w', dir]);
  });
}

/** Repositories of others are refused by git unless they are named. */
const TRUSTING = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*' };

test.each(['used before', 'never used'])(
  'given a read-only repository that was %s, when work is claimed, then permission is denied by name, and reads go on',
  async (used) => {
    const { repo, ledger, dir, id } = await makeReadOnly();
    if (used === 'never used') rmSync(join(dir, '.git/work-ledger'), { recursive: true });
    protect(repo, dir);
    const stranger = { dir, actor: 'bob', stranger: true };
    const said = await run({ ...stranger, task: { kind: 'take', ids: [id] } }, TRUSTING);
    expect(said).toMatchObject([
      { kind: 'ready' },
      { kind: 'refused', verb: 'claim', code: 'PERMISSION_DENIED' },
      { kind: 'done' },
    ]);
    expect(await run({ ...stranger, task: { kind: 'list' } }, TRUSTING)).toContainEqual({
      kind: 'listed',
      ids: [id],
    });
    expect(await ledger.query.find(id)).toMatchObject({ status: 'pending', rev: 1 });
    expect(readdirSync(join(dir, '.git')).includes('work-ledger')).toBe(used === 'used before');
  },
);

test('given a repository of another user, when it is opened, then git refuses it and the reason is told', async () => {
  const { repo, dir } = await makeOneItem();
  process.env.GIT_TEST_ASSUME_DIFFERENT_OWNER = '1';
  onTestFinished(() => {
    delete process.env.GIT_TEST_ASSUME_DIFFERENT_OWNER;
  });
  expect(await refusalOf(repo.open(dir))).toMatchObject({
    code: 'PERMISSION_DENIED',
    hint: expect.stringContaining('safe.directory'),
  });
});

test('given something in the place of local state, when work is claimed, then it is refused by name, and goes on once it is gone', async () => {
  const { repo, ledger, dir, id } = await makeReadOnly();
  const place = join(dir, '.git/work-ledger');
  rmSync(place, { recursive: true });
  writeFileSync(place, 'in the way');
  const refusal = await refusalOf(ledger.claimWork(id));
  expect(refusal).toMatchObject({ code: 'PERMISSION_DENIED', message: expect.stringContaining(place) });
  rmSync(place);
  itemOf(await (await repo.open(dir)).claimWork(id));
});

test('given no git, an old git, no repository, or no ledger, when it is opened, then it says which', async () => {
  const repo = await makeSharedRepo();
  const dir = await repo.clone('ada');
  const code = async (place: string) => (await refusalOf(repo.open(place))).code;
  expect(await code(dir)).toBe('NO_LEDGER');
  expect(await code(repo.folder)).toBe('NO_REPOSITORY');
  expect(await code(join(repo.folder, 'nowhere'))).toBe('NO_REPOSITORY');
  expect(await code(fileURLToPath(import.meta.url))).toBe('NO_REPOSITORY');
  expect(await withPath(repo.folder, () => code(dir))).toBe('NO_GIT');
  const old = gitScript(repo.folder, 'echo --path-format=absolute; echo .git');
  expect(await withPath(old, () => code(dir))).toBe('UNSUPPORTED_REPOSITORY');
});
