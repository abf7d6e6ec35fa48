import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadsOf } from '../helpers/loads.ts';
import { isolatedEnv, isolateThisProcess, runGit } from '../helpers/temp-repo.ts';
import { idIn, makeWorkplace, type Workplace, wl } from './workplace.ts';

isolateThisProcess();

let place: Workplace;
let ada: string;
let bob: string;
let id: string;
/** A work tree of ada's ledger branch. */
let tree: string;

/** Git takes the machine's time, and the program has to agree. */
const type = (dir: string, ...args: string[]) => wl(dir, args, { env: { WL_NOW: '' } });

beforeEach(async () => {
  place = await makeWorkplace();
  [ada, bob] = [await place.clone('ada'), await place.clone('bob')];
  await type(ada, 'init');
  id = idIn(await type(ada, 'create', 'One'));
  await type(bob, 'init');
  tree = join(place.path, 'tree');
  await runGit(ada, ['worktree', 'add', '--quiet', tree, 'work-ledger']);
});
afterEach(() => place.cleanup());

async function editByHand(): Promise<string> {
  const [path = ''] = (await runGit(tree, ['ls-files', 'active'])).split('\n');
  const text = await readFile(join(tree, path), 'utf8');
  await writeFile(join(tree, path), text.replace(/^title: .*$/m, 'title: Edited'));
  await runGit(tree, ['commit', '--quiet', '--all', '--message', 'by hand']);
  return runGit(tree, ['rev-parse', 'HEAD']);
}

const verified = async (): Promise<void> => {
  expect(await type(bob, 'sync')).toMatchObject({ status: 0 });
  expect(await type(bob, 'verify')).toMatchObject({ status: 0 });
};

describe('given an edit that was committed with git on the branch of the ledger', () => {
  test('when it is synced, then the call fails with what does not verify, names what it kept, and others have nothing of it', async () => {
    const made = await editByHand();
    const said = await type(ada, 'sync');
    expect(said).toMatchObject({ status: 9 });
    expect(said.stderr).toContain(
      `Commit ${made.slice(0, 12)} on this clone's branch is not as wl would have made it`,
    );
    expect((await type(ada, 'rejected')).stdout).toContain(made);
    await verified();
    expect((await type(bob, 'show', id)).stdout).toContain('One');
  });

  test('when a transition is made after it, then that succeeds, and a notice tells of the other', async () => {
    const made = await editByHand();
    const said = await type(ada, 'comment', id, 'after');
    expect(said).toMatchObject({ status: 0 });
    expect(said.stderr).toBe(`commit ${made} was not made by wl; it is kept and not shared: wl rejected\n`);
    await verified();
    expect((await type(bob, 'show', id)).stdout).toContain('after');
  });
});

describe('given a file that was committed with git on the branch of the ledger', () => {
  test('when it is synced, then the call names the file, and wl rejected says that it was made by hand', async () => {
    await writeFile(join(tree, 'junk.txt'), 'junk');
    await runGit(tree, ['add', 'junk.txt']);
    await runGit(tree, ['commit', '--quiet', '--message', 'more']);
    const said = await type(ada, 'sync');
    expect(said).toMatchObject({ status: 9 });
    expect(said.stderr).toContain('would have made it (item): junk.txt is no file of an item.');
    expect((await type(ada, 'rejected')).stdout).toMatch(
      /^[0-9a-f]{40} {2}by hand {2}- .*junk\.txt is no file/,
    );
    await verified();
  });

  test('when a commit changes nothing, then that is what is told', async () => {
    await runGit(tree, ['commit', '--quiet', '--allow-empty', '--message', 'nothing']);
    expect((await type(ada, 'sync')).stderr).toContain('(item): it touches no item.');
  });
});

describe('given a merge by hand of what waits here with the shared branch', () => {
  beforeEach(async () => {
    await type(ada, '--offline', 'create', 'Here');
    await type(bob, 'comment', id, 'there');
    await runGit(tree, ['reset', '--quiet', '--hard']);
    await runGit(tree, ['fetch', '--quiet', 'origin', 'work-ledger']);
  });

  test('when it brings both together, then it is shared as it is', async () => {
    await runGit(tree, ['merge', '--quiet', '--no-edit', 'FETCH_HEAD']);
    const merge = await runGit(tree, ['rev-parse', 'HEAD']);
    expect(await type(ada, 'sync')).toMatchObject({ status: 0 });
    expect(await runGit(place.remote, ['rev-parse', 'work-ledger'])).toBe(merge);
    await verified();
  });

  test('when it leaves out what others did, then it is kept, and what waited is shared without it', async () => {
    await runGit(tree, ['merge', '--quiet', '--no-edit', '--strategy=ours', 'FETCH_HEAD']);
    const merge = await runGit(tree, ['rev-parse', 'HEAD']);
    expect(await type(ada, 'sync')).toMatchObject({ status: 9 });
    expect((await type(ada, 'rejected', '--json')).list).toMatchObject([{ commit: merge }]);
    await verified();
    expect((await type(bob, 'list')).stdout).toContain('Here');
    expect((await type(bob, 'show', id)).stdout).toContain('there');
  });
});

test('given transitions that the program made, in one process or another, when they are pushed, then what checks commits is not even loaded', async () => {
  const main = join(import.meta.dirname, '../../src/cli/main.ts');
  const loads = async (...args: string[]) =>
    (await loadsOf([main, '-C', ada, ...args], { env: { ...isolatedEnv(), WL_ACTOR: 'ada' } })).loads;
  const check = 'src/audit/check-push.ts';
  expect(await loads('--offline', 'comment', id, 'waits')).not.toContain(check);
  expect(await loads('claim', id)).not.toContain(check);
  await runGit(tree, ['reset', '--quiet', '--hard']);
  await editByHand();
  expect(await loads('comment', id, 'after')).toContain(check);
});
