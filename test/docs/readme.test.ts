import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MAIN } from '../cli/workplace.ts';
import { isolatedEnv, makeBareRepo, makeTempFolder, runGit, type TempFolder } from '../helpers/temp-repo.ts';
import { blocksOf, settle } from './console.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
let folder: TempFolder;
let readme: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  readme = await readFile(join(root, 'README.md'), 'utf8');
  folder = await makeTempFolder();
  const bin = join(folder.path, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'wl'), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
  await chmod(join(bin, 'wl'), 0o755);
  // Each clone has an identity of its own, as its owner's machine would.
  const { GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL, GIT_COMMITTER_NAME, GIT_COMMITTER_EMAIL, ...rest } =
    isolatedEnv();
  env = { ...rest, PATH: `${bin}:${process.env.PATH}` };
});
afterAll(() => folder.cleanup());

const blocks = (language: string): string[] => blocksOf(readme, language);

test('given the tour of the README, when its commands are typed, then they print what it says', async () => {
  const bare = await makeBareRepo(folder.path, 'shop.git');
  for (const name of ['ada', 'bob']) {
    await runGit(folder.path, ['clone', '--quiet', bare, name]);
    await runGit(join(folder.path, name), ['config', 'user.name', name]);
    await runGit(join(folder.path, name), ['config', 'user.email', `${name}@example.invalid`]);
  }
  let cwd = folder.path;
  let completed = '';
  for (const step of blocks('console').flatMap((block) => block.split(/^\$ /m).slice(1))) {
    const end = step.indexOf('\n');
    const [typed, expected] = [step.slice(0, end), step.slice(end + 1)];
    if (typed.startsWith('cd ')) {
      cwd = join(cwd, typed.slice(3));
      continue;
    }
    const command = typed.replace(/\b[0-9a-f]{10}$/, completed);
    const printed = await run('sh', ['-c', `${command} 2>&1 || true`], { cwd, env });
    expect(settle(printed.stdout).trimEnd(), `$ ${typed}`).toBe(settle(expected).trimEnd());
    completed = /([0-9a-f]{10}) {2}complete /.exec(printed.stdout)?.[1] ?? completed;
  }
});

test('given the library example of the README, when it runs, then it prints what it says', async () => {
  const [source = ''] = blocks('ts');
  const dir = join(folder.path, 'library');
  await runGit(folder.path, ['init', '--quiet', dir]);
  const file = join(dir, 'example.ts');
  await writeFile(file, source.replace("'work-ledger'", `'${root}src/index.ts'`));
  const { stdout } = await run(process.execPath, [file], { cwd: dir, env: isolatedEnv() });
  expect(stdout).toBe(blocks('text')[0]);
});
