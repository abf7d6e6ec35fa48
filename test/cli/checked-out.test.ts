import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isolateThisProcess, runGit } from '../helpers/temp-repo.ts';
import { idIn, makeWorkplace, type Workplace, wl } from './workplace.ts';

// The branch of a ledger that is checked out moves as `git pull --ff-only` moves it: its work tree follows, or nothing moves.

isolateThisProcess();

let place: Workplace;
let ada: string;
let bob: string;
let first: string;
let second: string;

/** Git takes the machine's time, and the program has to agree. */
const type = (dir: string, ...args: string[]) => wl(dir, args, { env: { WL_NOW: '' } });

beforeEach(async () => {
  place = await makeWorkplace();
  [ada, bob] = [await place.clone('ada'), await place.clone('bob')];
  await type(ada, 'init');
  first = idIn(await type(ada, 'create', 'One'));
  second = idIn(await type(ada, 'create', 'Two'));
  await type(bob, 'init');
});
afterEach(() => place.cleanup());

const tipOf = async (dir: string): Promise<string> => runGit(dir, ['rev-parse', 'work-ledger']);
const statusOf = (tree: string): Promise<string> => runGit(tree, ['status', '--porcelain']);
const pathOf = async (tree: string, id: string): Promise<string> =>
  (await runGit(tree, ['ls-files', 'active'])).split('\n').find((path) => path.includes(id.slice(-4))) ?? '';
async function edit(tree: string, id: string, title: string): Promise<void> {
  const path = join(tree, await pathOf(tree, id));
  await writeFile(path, (await readFile(path, 'utf8')).replace(/^title: .*$/m, `title: ${title}`));
}

describe.each(['in the clone itself', 'in a linked work tree'])(
  'given the branch checked out %s',
  (where) => {
    let tree: string;
    beforeEach(async () => {
      if (where === 'in the clone itself') {
        tree = ada;
        await runGit(ada, ['checkout', '--quiet', 'work-ledger']);
      } else {
        tree = join(place.path, 'tree');
        await runGit(ada, ['worktree', 'add', '--quiet', tree, 'work-ledger']);
      }
    });

    test('when a transition is made here, and another arrives, then files and index follow, and the next commit by hand takes nothing back', async () => {
      expect(await type(ada, 'comment', first, 'from ada')).toMatchObject({ status: 0 });
      const third = idIn(await type(bob, 'create', 'Three'));
      expect(await type(ada, 'sync')).toMatchObject({ status: 0 });
      expect(await statusOf(tree)).toBe('');
      expect(await readFile(join(tree, await pathOf(tree, first)), 'utf8')).toContain('from ada');
      await writeFile(join(tree, 'README.md'), 'read me\n');
      await runGit(tree, ['add', 'README.md']);
      await runGit(tree, ['commit', '--quiet', '--message', 'by hand']);
      expect((await type(ada, 'show', third)).stdout).toContain('Three');
      expect((await type(ada, 'show', first)).stdout).toContain('from ada');
    });

    test('when a person changed another file and did not commit it, then that stays, and the rest follows', async () => {
      await edit(tree, second, 'Mine');
      expect(await type(ada, 'comment', first, 'from ada')).toMatchObject({ status: 0 });
      expect(await statusOf(tree)).toBe(` M ${await pathOf(tree, second)}`);
      expect(await readFile(join(tree, await pathOf(tree, first)), 'utf8')).toContain('from ada');
    });

    test('when a person changed the same file, then the call is refused and names it, nothing moves, and reads go on', async () => {
      await edit(tree, first, 'Mine');
      const tip = await tipOf(ada);
      const said = await type(ada, '--json', 'comment', first, 'from ada');
      expect(said).toMatchObject({ status: 6 });
      expect(said.error).toMatchObject({
        code: 'CHECKED_OUT',
        message: expect.stringContaining(await pathOf(tree, first)),
        hint: expect.stringMatching(/^Commit them, or leave the branch: git -C '.*' switch --detach$/),
        details: { branch: 'work-ledger', paths: [await pathOf(tree, first)] },
      });
      expect(await tipOf(ada)).toBe(tip);
      expect(await type(ada, 'show', first)).toMatchObject({ status: 0 });
      expect(await readFile(join(tree, await pathOf(tree, first)), 'utf8')).toContain('title: Mine');
      await runGit(tree, ['switch', '--quiet', '--detach']);
      expect(await type(ada, 'comment', first, 'from ada')).toMatchObject({ status: 0 });
    });

    test('when a file that git does not know stands where one arrives, then the call is refused, and the file stays', async () => {
      idIn(await type(bob, 'create', 'Three'));
      const path = (await runGit(bob, ['diff', '--name-only', 'work-ledger~1', 'work-ledger'])).trim();
      await mkdir(dirname(join(tree, path)), { recursive: true });
      await writeFile(join(tree, path), 'mine\n');
      expect((await type(ada, '--json', 'sync')).error).toMatchObject({
        code: 'CHECKED_OUT',
        details: { paths: [path] },
      });
      expect(await readFile(join(tree, path), 'utf8')).toBe('mine\n');
      await rm(join(tree, path));
      expect(await type(ada, 'sync')).toMatchObject({ status: 0 });
      expect(await statusOf(tree)).toBe('');
    });

    test('while a merge is under way there, when a transition is asked for, then it is refused, and `wl resolve` works', async () => {
      await runGit(tree, ['branch', 'theirs']);
      await type(ada, 'comment', first, 'ours');
      await runGit(tree, ['switch', '--quiet', 'theirs']);
      await edit(tree, first, 'Theirs');
      await runGit(tree, ['commit', '--quiet', '--all', '--message', 'theirs']);
      await runGit(tree, ['switch', '--quiet', 'work-ledger']);
      await runGit(tree, ['merge', '--quiet', '--no-commit', 'theirs']).catch(() => undefined);
      const tip = await tipOf(ada);
      const said = await type(ada, '--json', 'comment', second, 'more');
      expect(said.error).toMatchObject({
        code: 'CHECKED_OUT',
        message: expect.stringContaining('a merge is under way there'),
        hint: expect.stringContaining('wl resolve'),
      });
      expect(await tipOf(ada)).toBe(tip);
      expect(await type(tree, 'resolve', '--replay')).toMatchObject({ status: expect.any(Number) });
      expect(await type(ada, 'comment', second, 'more')).toMatchObject({ status: 0 });
      expect(await statusOf(tree)).toBe('');
    });

    test('while it is rebased there, when a transition is asked for, then it is refused', async () => {
      await edit(tree, first, 'Mine');
      await runGit(tree, ['commit', '--quiet', '--all', '--message', 'mine']);
      const env = { ...process.env, GIT_SEQUENCE_EDITOR: "sed -i 's/^pick/edit/'" };
      await runGit(tree, ['rebase', '--quiet', '--interactive', 'HEAD~1'], env);
      expect((await type(ada, '--json', '--offline', 'comment', second, 'more')).error).toMatchObject({
        code: 'CHECKED_OUT',
        message: expect.stringContaining('a rebase is under way there'),
      });
    });

    test('when the branch moved, and the process died before the work tree followed, then the next call makes up for it', async () => {
      const dir = (await runGit(tree, ['rev-parse', '--absolute-git-dir'])).trim();
      const left = (await tipOf(ada)).trim();
      await runGit(tree, ['switch', '--quiet', '--detach']);
      await type(ada, 'comment', first, 'from ada');
      await writeFile(join(dir, 'HEAD'), 'ref: refs/heads/work-ledger\n');
      await writeFile(join(dir, 'work-ledger-left-at'), `${left}\n`);
      expect(await statusOf(tree)).not.toBe('');
      expect((await type(ada, 'doctor')).stdout).toContain('did not follow');
      expect(await type(ada, 'comment', second, 'more')).toMatchObject({ status: 0 });
      expect(await statusOf(tree)).toBe('');
      expect(await readdir(dir)).not.toContain('work-ledger-left-at');
    });

    test('when the process died, and the doctor is to mend it, then the work tree follows', async () => {
      const dir = (await runGit(tree, ['rev-parse', '--absolute-git-dir'])).trim();
      const left = (await tipOf(ada)).trim();
      await runGit(tree, ['switch', '--quiet', '--detach']);
      await type(ada, 'comment', first, 'from ada');
      await writeFile(join(dir, 'HEAD'), 'ref: refs/heads/work-ledger\n');
      await writeFile(join(dir, 'work-ledger-left-at'), `${left}\n`);
      expect(await type(ada, 'doctor', '--fix')).toMatchObject({ status: 0 });
      expect(await statusOf(tree)).toBe('');
    });

    test('while git is at work there, when a transition is asked for, then it is told whose lock is in the way', async () => {
      const dir = (await runGit(tree, ['rev-parse', '--absolute-git-dir'])).trim();
      await writeFile(join(dir, 'index.lock'), '');
      const said = await type(ada, '--json', '--offline', 'comment', first, 'from ada');
      expect(said.error).toMatchObject({ code: 'CONTENDED', details: { lock: join(dir, 'index.lock') } });
      await rm(join(dir, 'index.lock'));
      expect(await statusOf(tree)).toBe('');
    });
  },
);

test('given a repository of its own that is on the branch before there is a ledger, when one is made, then its files are there', async () => {
  const dir = join(place.path, 'own');
  await runGit(place.path, ['init', '--quiet', '--initial-branch', 'work-ledger', dir]);
  expect(await type(dir, 'init')).toMatchObject({ status: 0 });
  await type(dir, 'create', 'One');
  expect(await statusOf(dir)).toBe('');
  expect(await readdir(dir)).toEqual(expect.arrayContaining(['active', 'ledger.yaml']));
});

test('given a bare repository whose HEAD is the branch, when a transition is made, then it is as anywhere', async () => {
  const dir = join(place.path, 'own.git');
  await runGit(place.path, ['init', '--quiet', '--bare', '--initial-branch', 'work-ledger', dir]);
  expect(await type(dir, 'init')).toMatchObject({ status: 0 });
  expect(await type(dir, 'create', 'One')).toMatchObject({ status: 0 });
  expect(await readdir(dir)).not.toContain('index');
});

test('given a linked work tree whose folder was removed, when a transition is made, then nobody is kept by it', async () => {
  const tree = join(place.path, 'tree');
  await runGit(ada, ['worktree', 'add', '--quiet', tree, 'work-ledger']);
  await rm(tree, { recursive: true });
  expect(await type(ada, 'comment', first, 'from ada')).toMatchObject({ status: 0 });
});
