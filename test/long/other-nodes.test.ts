import { execFile } from 'node:child_process';
import { copyFile, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installedNode } from '../helpers/installed-node.ts';
import {
  isolatedEnv,
  makeBareRepo,
  makeTempFolder,
  makeWorkRepo,
  runGit,
  type TempFolder,
} from '../helpers/temp-repo.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ENTRIES = ['', '/agents', '/repair', '/review', '/schema'].map((path) => `work-ledger${path}`);
const run = promisify(execFile);

let place: TempFolder;
/** A program that has the package among its dependencies, as npm installs it. */
let program: string;
let main: string;

beforeAll(async () => {
  place = await makeTempFolder();
  program = join(place.path, 'program');
  const installed = join(program, 'node_modules/work-ledger');
  await mkdir(installed, { recursive: true });
  await run('tsc', ['-p', join(ROOT, 'src'), '--outDir', join(installed, 'dist')]);
  await run(process.execPath, [join(ROOT, '.ci/bundle.ts'), installed]);
  await copyFile(join(ROOT, 'package.json'), join(installed, 'package.json'));
  for (const folder of ['hooks', 'templates'])
    await cp(join(ROOT, folder), join(installed, folder), { recursive: true });
  const { dependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  await mkdir(join(installed, 'node_modules'));
  for (const name of Object.keys(dependencies))
    await symlink(join(ROOT, 'node_modules', name), join(installed, 'node_modules', name));
  main = join(installed, 'dist/cli/main.cjs');
  await writeFile(
    join(program, 'embeds.mjs'),
    `${ENTRIES.map((entry) => `import '${entry}';`).join('\n')}
import { openLedger } from 'work-ledger';
process.emitWarning('of the program', 'ExperimentalWarning');
const ledger = await openLedger({ dir: process.argv[2], actor: 'eve' });
const { id } = await ledger.createWork({ title: 'By the library' });
const { ok } = await ledger.claimWork(id);
console.log(ok, (await ledger.query.search('library')).length);
await ledger.close();
`,
  );
}, 300_000);
afterAll(() => place.cleanup());

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

async function start(node: string, args: readonly string[], dir = place.path): Promise<Ended> {
  const env = { ...isolatedEnv(), HOME: place.path, WL_ACTOR: 'ada' };
  return run(node, [...args], { cwd: dir, env }).then(
    (said) => ({ code: 0, ...said }),
    ({ code, stdout, stderr }: Ended) => ({ code, stdout, stderr }),
  );
}

describe.each([
  ['the oldest Node that will do', () => installedNode('22.16.0')],
  ['the Node that is installed here', async () => process.execPath],
])('given %s', (name, which) => {
  let node: string;
  let dir: string;
  let remote: string;

  beforeAll(async () => {
    node = await which();
    const folder = join(place.path, name.replaceAll(' ', '-'));
    await mkdir(folder);
    remote = await makeBareRepo(folder, 'remote.git');
    dir = await makeWorkRepo(folder, 'clone');
    await runGit(dir, ['remote', 'add', 'origin', remote]);
  }, 300_000);

  test('when items go through their lives, by every kind of command, then no call says a word on standard error', async () => {
    for (const args of [
      ['init'],
      ['hooks', 'install', '--server', remote],
      ['create', 'One', '--description', 'text'],
      ['create', 'Two', '--depends-on', '1'],
      ['next', '--claim'],
      ['checkpoint', '1', '--step', 'half'],
      ['complete', '1', '--result', 'rows=12'],
      ['work', '--once', '--', 'sh', '-c', 'echo up'],
      ['list', '--status', 'completed'],
      ['search', 'text'],
      ['history', '1'],
      ['index', '--rebuild'],
      ['report', '--format', 'html'],
      ['sync'],
      ['doctor'],
      ['verify'],
      ['export', '--to', join(place.path, name, 'backup')],
      ['presence'],
    ]) {
      expect(await start(node, [main, ...args], dir), args.join(' ')).toMatchObject({ code: 0, stderr: '' });
    }
  }, 120_000);

  test('when the hook refuses a push, then it says why, and nothing of Node', async () => {
    await runGit(dir, ['commit', '--allow-empty', '-m', 'by hand']);
    const pushed = await runGit(dir, ['push', 'origin', 'HEAD:refs/heads/work-ledger', '--force']).catch(
      (error: Ended) => error.stderr,
    );
    expect(pushed).toMatch(/work-ledger: refused refs\/heads\/work-ledger/);
    expect(pushed).not.toMatch(/Warning|node:/);
  });

  test('when a program embeds the library, then it hears its own warnings, and none about SQLite', async () => {
    const { code, stdout, stderr } = await start(node, [join(program, 'embeds.mjs'), dir]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'true 1\n' });
    expect(stderr.match(/\w*Warning: .*/g)).toEqual(['ExperimentalWarning: of the program']);
  });
});

describe('given a Node that is too old', () => {
  const sentence =
    /work-ledger runs on Node 22\.16 and newer, .* this is Node 18\.20\.8: install Node 24 from .*\.$/m;
  let node: string;
  beforeAll(async () => {
    node = await installedNode('18.20.8');
  }, 300_000);

  test('when the program is called, then it says what to install', async () => {
    const { code, stdout, stderr } = await start(node, [main, 'version']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test.each(ENTRIES)('when %s is imported, then that says so, too', async (entry) => {
    const file = join(program, 'imports.mjs');
    await writeFile(
      file,
      `await import('${entry}').catch(({ code, message }) => console.log(code, message));`,
    );
    const { stdout } = await start(node, [file]);
    expect(stdout).toMatch(/^UNSUPPORTED_NODE /);
    expect(stdout).toMatch(sentence);
  });
});
