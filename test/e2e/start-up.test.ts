import { execFile } from 'node:child_process';
import { chmod, copyFile, cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  isolatedEnv,
  makeBareRepo,
  makeTempFolder,
  makeWorkRepo,
  runGit,
  type TempFolder,
} from '../helpers/temp-repo.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
let place: TempFolder;
/** Where the program stands by itself, as in a package: no sources and no dependencies around it. */
let main: string;
let remote: string;
let dir: string;

beforeAll(async () => {
  place = await makeTempFolder();
  const installed = join(place.path, 'installed');
  await run(process.execPath, [join(root, '.ci/bundle.ts'), installed]);
  await copyFile(join(root, 'package.json'), join(installed, 'package.json'));
  await cp(join(root, 'templates'), join(installed, 'templates'), { recursive: true });
  main = join(installed, 'dist/cli/main.cjs');
  remote = await makeBareRepo(place.path, 'remote.git');
  dir = await makeWorkRepo(place.path, 'clone');
  await runGit(dir, ['remote', 'add', 'origin', remote]);
});
afterAll(() => place.cleanup());

async function wl(args: readonly string[], env: Record<string, string> = {}) {
  const { NODE_COMPILE_CACHE, ...isolated } = isolatedEnv();
  const all = {
    ...isolated,
    HOME: place.path,
    WL_ACTOR: 'ada',
    WL_NOW: '2026-01-03T11:00:00.000Z',
    ...env,
  };
  const running = run(process.execPath, [main, ...args], { cwd: dir, env: all });
  return running.catch((error: { code: number; stdout: string; stderr: string }) => error);
}

it('given the bundled program, when an item goes through its life, then every part of it is there', async () => {
  expect((await wl(['init'])).stdout).toMatch(/^made a ledger/);
  for (const args of [
    ['create', 'One', '--description', 'text'],
    ['create', 'Two', '--depends-on', '1'],
    ['claim', '1'],
    ['checkpoint', '1', '--step', 'half'],
    ['complete', '1', '--result', 'rows=12'],
    ['history', '1'],
    ['config', 'set', 'max_attempts', '7'],
    ['sync'],
    ['verify'],
    ['export', '--to', join(place.path, 'backup')],
    ['import', join(place.path, 'backup'), '--from', 'json', '--dry-run'],
  ]) {
    expect(await wl(args), args.join(' ')).toMatchObject({ stderr: '' });
  }
  const page = (await wl(['report', '--format', 'html'])).stdout;
  expect(page).toMatch(/<svg .*<\/html>\n$/s);
  expect((await wl(['ready'])).stdout).toBe('WRK-20260103-0002  pend  med  task  -  Two\n');
  expect((await wl(['version'])).stdout).toMatch(/^wl \d/);
});

it('given a transition, when it is made, then all of the program that it needs are three files', async () => {
  const [recorder, told] = [join(place.path, 'recorder.cjs'), join(place.path, 'loaded')];
  const loaded = "Object.keys(require.cache).filter((path) => path.includes('dist')).join('\\n')";
  await writeFile(
    recorder,
    `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(told)}, ${loaded}));`,
  );
  // By the machine's own clock: the one that WL_NOW sets is another file.
  await wl(['--offline', 'comment', '2', 'hello'], { WL_NOW: '', NODE_OPTIONS: `--require ${recorder}` });
  const files = (await readFile(told, 'utf8')).split('\n').map((path) => basename(path));
  expect(files.sort()).toEqual(['main.cjs', 'start.cjs', 'writing.cjs']);
});

it('given a file that a person wrote, when it is read, then the libraries for that are there', async () => {
  const blob = join(place.path, 'blob');
  const written = await runGit(remote, ['show', 'work-ledger:active/2026-01/x02/WRK-20260103-0002.yaml']);
  const index = { GIT_INDEX_FILE: join(place.path, 'index') };
  await runGit(remote, ['read-tree', 'work-ledger'], index);
  for (const [path, text] of [
    ['active/2026-01/x02/WRK-20260103-0002.yaml', written.replace('title: Two', "title: 'By hand' # a note")],
    ['active/2026-01/x09/WRK-20260103-0009.yaml', 'schema: 1\ntitle: [\n'],
    ['active/2026-01/x08/WRK-20260103-0008.yaml', 'schema: 1\nrev: x\n'],
  ] as const) {
    await writeFile(blob, `${text}\n`);
    const oid = await runGit(remote, ['hash-object', '-w', '--no-filters', blob]);
    await runGit(remote, ['update-index', '--add', '--cacheinfo', `100644,${oid},${path}`], index);
  }
  const tree = await runGit(remote, ['write-tree'], index);
  const commit = await runGit(remote, ['commit-tree', tree, '-p', 'work-ledger', '-m', 'by hand']);
  await runGit(remote, ['update-ref', 'refs/heads/work-ledger', commit]);
  expect(await wl(['-C', remote, 'ready'])).toEqual({
    stdout: 'WRK-20260103-0002  pend  med  task  -  By hand\n',
    stderr: '2 damaged files are left out; see: wl list --damaged\n',
  });
  expect((await wl(['-C', remote, 'list', '--damaged'])).stdout).toMatch(
    /0008\.yaml +schema .*\n.*0009\.yaml:\d:1 +yaml /,
  );
});

it('given a call that cannot be read, when it is made, then the whole program says what is wrong', async () => {
  expect(await wl(['lst'])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: "wl: Unknown command 'lst'.\nhint: Did you mean one of list, ls?\n",
  });
});

it('given a link to the launcher, as npm makes one, when it is run, then it finds what stands beside it', async () => {
  const link = join(place.path, 'wl');
  await symlink(main, link);
  expect((await run(link, ['--version'], { env: { ...isolatedEnv(), HOME: place.path } })).stdout).toMatch(
    /^\d/,
  );
});

it('given an older Node, when it is started, then it says what it needs', async () => {
  const old = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } });`;
  const preload = ['--import', `data:text/javascript,${encodeURIComponent(old)}`];
  const failed = run(process.execPath, [...preload, main, 'version']);
  await expect(failed).rejects.toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(
      /^wl: work-ledger runs on Node 22\.16 and newer, .* install Node 24 .*\.\n$/,
    ),
  });
});

it('given a cache that can be written, then compiled code is kept in it; given none, then all goes on', async () => {
  const cache = join(place.path, 'cache');
  expect((await wl(['version'], { XDG_CACHE_HOME: cache })).stdout).toMatch(/^wl /);
  expect(await readdir(cache)).toEqual(['work-ledger']);
  const closed = join(place.path, 'closed');
  await mkdir(closed);
  await chmod(closed, 0o500);
  for (const XDG_CACHE_HOME of [closed, join(main, 'no-folder'), 'relative', '']) {
    expect(await wl(['version'], { XDG_CACHE_HOME }), XDG_CACHE_HOME).toMatchObject({ stderr: '' });
  }
  expect(await readdir(dir)).not.toContain('relative');
});
