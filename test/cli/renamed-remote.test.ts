import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isolateThisProcess, makeBareRepo, runGit } from '../helpers/temp-repo.ts';
import { idIn, makeWorkplace, type Workplace, wl } from './workplace.ts';

isolateThisProcess();

let place: Workplace;
let ada: string;
let id: string;
let shared: string;

beforeEach(async () => {
  place = await makeWorkplace();
  ada = await place.clone('ada');
  await wl(ada, ['init']);
  id = idIn(await wl(ada, ['create', 'One']));
  await wl(ada, ['--offline', 'comment', id, 'waits']);
  shared = await runGit(ada, ['remote', 'get-url', 'origin']);
});
afterEach(() => place.cleanup());

const seenOf = (name: string): Promise<string | undefined> =>
  runGit(ada, ['rev-parse', '--verify', '--quiet', `refs/work-ledger/seen/${name}`]).catch(() => undefined);
const pendingIn = async (): Promise<unknown> =>
  (await wl(ada, ['--json', '--offline', 'status'])).data.pending;
const NOTICE =
  'The remote that this clone knew as origin is called upstream now; what was seen of it is kept.';

describe('given a remote that was renamed by git', () => {
  test('when it is synced, then what was seen is kept under the new name, what waited is shared, and that is told once', async () => {
    const seen = await seenOf('origin');
    await runGit(ada, ['remote', 'rename', 'origin', 'upstream']);
    expect(await pendingIn()).toMatchObject([{ verb: 'comment' }]);
    expect(await seenOf('upstream')).toBe(seen);
    expect(await seenOf('origin')).toBeUndefined();
    const said = await wl(ada, ['sync']);
    expect(said).toMatchObject({ status: 0, stderr: '' });
    expect(await pendingIn()).toEqual([]);
  });

  test('when the first call says so, then it is by a notice', async () => {
    await runGit(ada, ['remote', 'rename', 'origin', 'upstream']);
    expect(await wl(ada, ['sync'])).toMatchObject({ status: 0, stderr: expect.stringContaining(NOTICE) });
  });

  test('and has another address, too, when it is synced, then it is known by its branch', async () => {
    await wl(ada, ['sync']);
    const seen = await seenOf('origin');
    await runGit(ada, ['remote', 'rename', 'origin', 'upstream']);
    await runGit(ada, ['remote', 'set-url', 'upstream', `file://${shared}`]);
    expect((await wl(ada, ['sync'])).stderr).toContain(NOTICE);
    expect(await seenOf('upstream')).toBe(seen);
  });

  test('and lost history after that, when it is synced, then that is told as in any clone that saw it', async () => {
    await wl(ada, ['sync']);
    await runGit(ada, ['remote', 'rename', 'origin', 'upstream']);
    await runGit(shared, ['update-ref', 'refs/heads/work-ledger', 'work-ledger~1']);
    expect((await wl(ada, ['--json', 'sync'])).stderr).toContain('HISTORY_REWRITTEN');
  });

  test('and another one has its old name, when work goes on, then it is with the one that was renamed', async () => {
    const fork = await makeBareRepo(place.path, 'fork.git');
    await runGit(ada, ['remote', 'rename', 'origin', 'upstream']);
    await runGit(ada, ['remote', 'add', 'origin', fork]);
    expect(await wl(ada, ['sync'])).toMatchObject({ status: 0, stderr: expect.stringContaining(NOTICE) });
    expect(await wl(ada, ['comment', id, 'more'])).toMatchObject({ status: 0, stderr: '' });
    expect(await pendingIn()).toEqual([]);
    expect(await runGit(fork, ['for-each-ref'])).toBe('');
    expect(await runGit(shared, ['rev-parse', 'work-ledger'])).toBe(
      await runGit(ada, ['rev-parse', 'work-ledger']),
    );
  });

  test('and named in `ledger.remote` as it was, when it is synced, then it is found', async () => {
    await runGit(ada, ['config', 'ledger.remote', 'origin']);
    await runGit(ada, ['remote', 'rename', 'origin', 'upstream']);
    expect(await wl(ada, ['sync'])).toMatchObject({ status: 0 });
    expect(await wl(ada, ['sync'])).toMatchObject({ status: 0, stderr: '' });
  });
});

test('given that the remote is gone and none of several others is it, when work is asked for, then it is refused, and nothing counts as alone', async () => {
  await runGit(ada, ['remote', 'remove', 'origin']);
  for (const name of ['one', 'two'])
    await runGit(ada, ['remote', 'add', name, join(place.path, `${name}.git`)]);
  expect((await wl(ada, ['--json', 'claim', id])).error).toMatchObject({
    code: 'NO_REMOTE',
    hint: 'It has: one, two; choose one: git config ledger.remote NAME',
  });
});

test('given another remote in the place of the one that is gone, when it is asked, then what was seen of the first is not taken for its own', async () => {
  const other = await makeBareRepo(place.path, 'other.git');
  await runGit(ada, ['remote', 'remove', 'origin']);
  await runGit(ada, ['remote', 'add', 'other', other]);
  const said = await wl(ada, ['sync']);
  expect(said.stderr).not.toContain('is called other now');
  expect(await seenOf('origin')).toBeDefined();
});
