import { mkdir, readdir, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeSharedRepo } from '../helpers/shared-repo.ts';
import { wl } from './workplace.ts';

test.each([
  { place: 'the repository', path: undefined, reach: 'repository', told: /^(?!.*core\.hooksPath)/s },
  {
    place: 'the work tree',
    path: '.husky',
    reach: 'work_tree',
    told: /is part of the work tree \(core\.hooksPath\)/,
  },
  {
    place: 'a folder of many repositories',
    path: '../hooks',
    reach: 'others',
    told: /has the hooks of every repository that names it/,
  },
])(
  'given hooks in $place, when they are put there, then it is told whose they are',
  async ({ path, reach, told }) => {
    const repo = await makeSharedRepo();
    const dir = await repo.clone('ada');
    if (path !== undefined) {
      const folder = join(dir, path);
      await mkdir(folder, { recursive: true });
      await repo.git(dir, 'config', 'core.hooksPath', await realpath(folder));
    }
    const given = reach === 'repository' ? [] : ['--shared'];
    expect((await wl(dir, ['hooks', 'install', ...given, '--json'])).data).toMatchObject({
      reach,
      current: true,
    });
    expect((await wl(dir, ['hooks', 'install', '--check'])).stdout).toMatch(told);
  },
);

test.each([
  { place: 'a tracked folder of the work tree', path: '.husky', told: /part of the work tree/ },
  { place: 'a folder of many repositories', path: '../hooks', told: /every repository that names it/ },
])(
  'given $place, when hooks are put there or taken away and nobody said so, then nothing is',
  async ({ path, told }) => {
    const repo = await makeSharedRepo();
    const dir = await repo.clone('ada');
    const folder = join(dir, path);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'pre-push'), '#!/bin/sh\n:\n');
    await repo.git(dir, 'config', 'core.hooksPath', await realpath(folder));
    for (const what of [[], ['--remove']]) {
      const said = await wl(dir, ['hooks', 'install', ...what]);
      expect(said.status).toBe(2);
      expect(said.stderr).toMatch(told);
      expect(said.stderr).toContain('--shared');
    }
    expect(await readdir(folder)).toEqual(['pre-push']);
  },
);

test('given a linked work tree, when hooks are put there, then they are the repository’s own', async () => {
  const repo = await makeSharedRepo();
  const dir = await repo.clone('ada');
  await repo.git(dir, 'commit', '--quiet', '--allow-empty', '-m', 'code');
  await repo.git(dir, 'worktree', 'add', '--quiet', join(repo.folder, 'tree'));
  const said = await wl(join(repo.folder, 'tree'), ['hooks', 'install', '--json']);
  expect(said.data).toMatchObject({ reach: 'repository' });
});
