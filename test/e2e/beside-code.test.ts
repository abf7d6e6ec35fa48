import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeCodeRepo } from '../helpers/code-repo.ts';
import { footprint } from '../helpers/footprint.ts';
import { fsck } from '../helpers/plain-history.ts';
import type { SharedRepo } from '../helpers/shared-repo.ts';
import { liveWhole } from '../helpers/whole-life.ts';

/** Leaves changes of every kind: stashed, staged, not staged, and a file that git does not know. */
async function makeDirty(repo: SharedRepo, dir: string): Promise<void> {
  const write = (text: string): Promise<void> => writeFile(join(dir, 'code.txt'), text);
  await write('stashed\n');
  await repo.git(dir, 'stash', 'push', '--quiet');
  await write('staged\n');
  await repo.git(dir, 'add', 'code.txt');
  await write('not staged\n');
  await writeFile(join(dir, 'unknown.txt'), 'unknown\n');
}

test.each([
  ['on a branch', []],
  ['with a detached HEAD', ['checkout', '--quiet', '--detach', 'HEAD~1']],
])(
  'given a clone %s with staged, unstaged, unknown and stashed changes, when a ledger lives its life in it, then nothing else of it changes',
  async (_, position) => {
    const { repo, dir } = await makeCodeRepo();
    if (position.length > 0) await repo.git(dir, ...position);
    await makeDirty(repo, dir);
    const before = await footprint(dir);
    await liveWhole(await repo.init(dir));
    expect(await footprint(dir)).toEqual(before);
    await fsck(dir);
    expect(await repo.git(dir, 'merge-base', '--all', 'work-ledger', 'main').catch(() => 'none')).toBe(
      'none',
    );
  },
);

const HOOKS = [
  'pre-commit',
  'commit-msg',
  'post-commit',
  'pre-push',
  'reference-transaction',
  'post-rewrite',
  'pre-auto-gc',
];

test.each(['its own folder', 'a folder that is set'])(
  'given a clone with hooks in %s, when a ledger lives its life in it, then none of them runs',
  async (where) => {
    const { repo, dir } = await makeCodeRepo();
    const folder = where === 'its own folder' ? join(dir, '.git/hooks') : join(repo.folder, 'hooks');
    await mkdir(folder, { recursive: true });
    if (where !== 'its own folder') await repo.git(dir, 'config', 'core.hooksPath', folder);
    const trace = join(repo.folder, 'ran');
    for (const name of HOOKS) {
      await writeFile(join(folder, name), `#!/bin/sh\necho ${name} >> '${trace}'\nexit 1\n`, { mode: 0o755 });
    }
    await repo.git(dir, 'update-ref', 'refs/heads/probe', 'HEAD').catch(() => undefined);
    expect(existsSync(trace), 'hooks run where git is used as such').toBe(true);
    await rm(trace);
    await liveWhole(await repo.init(dir));
    expect(existsSync(trace)).toBe(false);
  },
);
