import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { findGitDir, openRepository } from '../../src/git/repository.ts';
import {
  isolateThisProcess,
  makeBareRepo,
  makeTempFolder,
  makeWorkRepo,
  runGit,
  type TempFolder,
} from '../helpers/temp-repo.ts';

isolateThisProcess();

/** For the rest of the test. */
function setEnvironment(name: string, value: string | undefined): void {
  const before = process.env[name];
  const set = (to: string | undefined): void => {
    if (to === undefined) delete process.env[name];
    else process.env[name] = to;
  };
  set(value);
  onTestFinished(() => set(before));
}

let folder: TempFolder;
beforeEach(async () => {
  folder = await makeTempFolder();
});
afterEach(() => folder.cleanup());

describe('finding a repository', () => {
  const told = (dir: string): Promise<string> =>
    runGit(dir, ['rev-parse', '--path-format=absolute', '--git-common-dir']);

  test('given any place in a repository, when it is found, then it is what git finds', async () => {
    const work = await makeWorkRepo(folder.path);
    await runGit(work, ['commit', '--quiet', '--allow-empty', '-m', 'one']);
    const bare = await makeBareRepo(folder.path);
    const linked = join(folder.path, 'linked');
    await runGit(work, ['worktree', 'add', '--quiet', '--detach', linked]);
    const apart = join(folder.path, 'apart');
    await runGit(folder.path, [
      'init',
      '--quiet',
      `--separate-git-dir=${join(folder.path, 'apart.git')}`,
      apart,
    ]);
    const below = join(work, 'a', 'b');
    await mkdir(below, { recursive: true });
    await symlink(below, join(folder.path, 'link'));
    const places = [
      work,
      below,
      join(folder.path, 'link'),
      join(work, '.git'),
      join(work, '.git', 'objects'),
    ];
    for (const dir of [
      ...places,
      linked,
      join(work, '.git', 'worktrees', 'linked'),
      bare,
      join(bare, 'refs'),
      apart,
    ]) {
      expect([dir, findGitDir(dir)]).toEqual([dir, await told(dir)]);
    }
  });

  test('given something in the place of a repository, when it is looked for, then git is left to say', async () => {
    for (const [name, content] of [
      ['empty', ''],
      ['nowhere', 'gitdir: /no/such/place\n'],
      ['strange', 'something else\n'],
    ] as const) {
      await mkdir(join(folder.path, name));
      await writeFile(join(folder.path, name, '.git'), content);
      expect(findGitDir(join(folder.path, name))).toBeUndefined();
    }
    await mkdir(join(folder.path, 'hollow', '.git'), { recursive: true });
    expect(findGitDir(join(folder.path, 'hollow'))).toBeUndefined();
    expect(findGitDir(join(folder.path, 'missing'))).toBeUndefined();
  });

  test('given an environment in which git decides, when a repository is looked for, then git is left to say', async () => {
    const work = await makeWorkRepo(folder.path);
    setEnvironment('GIT_CEILING_DIRECTORIES', folder.path);
    expect(findGitDir(work)).toBeUndefined();
  });
});

describe('what git said', () => {
  let work: string;
  let gitDir: string;
  let kept: string;
  beforeEach(async () => {
    work = await makeWorkRepo(folder.path);
    gitDir = join(work, '.git');
    kept = join(gitDir, 'work-ledger', 'config-cache.json');
    await mkdir(join(gitDir, 'work-ledger'));
    await runGit(work, ['config', 'ledger.actor', 'ada']);
  });

  /** A clock by which every file has been at rest for a while. */
  const later = (): number => Date.now() + 60_000;
  const actor = async (): Promise<string | undefined> =>
    (await openRepository(work, later)).settings.get('actor');
  /** Opens without git: there is none on the path. */
  async function actorWithoutGit(): Promise<string | undefined> {
    const path = process.env.PATH;
    process.env.PATH = folder.path;
    try {
      return await actor();
    } finally {
      process.env.PATH = path;
    }
  }

  test('given nothing changed, when the repository is opened again, then git is not asked and the answer is the same', async () => {
    await runGit(work, ['remote', 'add', 'origin', 'https://example.invalid/x']);
    const first = await openRepository(work, later);
    expect((await stat(kept)).mode & 0o777).toBe(0o600);
    expect(await actorWithoutGit()).toBe('ada');
    expect(await openRepository(work, later)).toEqual(first);
  });

  test('given a setting that changed, also to one as long in the same moment, when the repository is opened, then the new one counts', async () => {
    await actor();
    for (const name of ['bob', 'eve', 'joe']) {
      await runGit(work, ['config', 'ledger.actor', name]);
      expect(await actor()).toBe(name);
    }
  });

  test('given a configuration that was edited just now, when the repository is opened, then the answer is not kept', async () => {
    await runGit(work, ['config', 'ledger.actor', 'bob']);
    expect((await openRepository(work)).settings.get('actor')).toBe('bob');
    await expect(readFile(kept)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('given files that were not there, when they come, then they count', async () => {
    const personal = join(folder.path, 'personal');
    setEnvironment('GIT_CONFIG_GLOBAL', personal);
    await runGit(work, ['config', 'include.path', join(folder.path, 'included')]);
    await actor();
    expect(await actorWithoutGit()).toBe('ada');
    await writeFile(join(folder.path, 'included'), '[ledger]\n\tactor = included\n');
    expect(await actor()).toBe('included');
    await writeFile(personal, '[ledger]\n\tmode = local\n');
    expect((await openRepository(work, later)).settings.get('mode')).toBe('local');
  });

  test('given another environment, when the repository is opened, then that one counts', async () => {
    await actor();
    setEnvironment('GIT_CONFIG_COUNT', '1');
    setEnvironment('GIT_CONFIG_KEY_0', 'ledger.actor');
    setEnvironment('GIT_CONFIG_VALUE_0', 'carol');
    expect(await actor()).toBe('carol');
  });

  test('given a condition that no file decides, when the repository is opened, then the answer is not kept', async () => {
    await runGit(work, ['config', 'includeIf.onbranch:main.path', join(folder.path, 'included')]);
    await actor();
    await expect(readFile(kept)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test.each([
    ['that is cut short', (text: string) => text.slice(0, -10)],
    ['of another version', (text: string) => text.replace('"version":1', '"version":2')],
    ['with something else in it', (text: string) => text.replace('"ada"', '{"name":"ada"}')],
    ['for another repository', (text: string) => text.replace('"git_dir":"', '"git_dir":"/other')],
    ['that is no object', () => '[]'],
  ])('given kept words %s, when the repository is opened, then git is asked', async (_, change) => {
    await actor();
    await writeFile(kept, change(await readFile(kept, 'utf8')));
    await expect(actorWithoutGit()).rejects.toMatchObject({ code: 'NO_GIT' });
    expect(await actor()).toBe('ada');
  });

  test('given words that others could have written, when the repository is opened, then git is asked', async () => {
    await actor();
    await chmod(kept, 0o666);
    await expect(actorWithoutGit()).rejects.toMatchObject({ code: 'NO_GIT' });
  });

  test('given a clone in which the program has no place yet, when it is opened, then none is made', async () => {
    const other = await makeWorkRepo(folder.path, 'other');
    await openRepository(other, later);
    await expect(stat(join(other, '.git', 'work-ledger'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
