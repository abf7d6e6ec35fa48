import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shippedWith } from '../../.ci/shipped.ts';
import { isolatedEnv, makeTempFolder, makeWorkRepo, type TempFolder } from '../helpers/temp-repo.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

interface Manifest {
  version: string;
  files: string[];
  dependencies: Record<string, string>;
}
const manifestOf = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;

/** What npm runs for others is not to tell this one where to work. */
const env = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_(?!config_cache$)/i.test(name)));
const npm = (cwd: string, ...args: string[]): Promise<{ stdout: string }> =>
  run('npm', [...args, '--no-audit', '--no-fund', '--no-update-notifier'], { cwd, env: env() });

describe('given the package as npm packs it, and an empty project', () => {
  let place: TempFolder;
  let project: string;
  let packed: string[];

  beforeAll(async () => {
    place = await makeTempFolder();
    const source = join(place.path, 'package');
    project = join(place.path, 'project');
    await mkdir(join(project, 'node_modules'), { recursive: true });
    const { files } = await manifestOf(ROOT);
    for (const file of ['package.json', 'README.md', 'LICENSE', ...files.filter((name) => name !== 'dist')])
      await cp(join(ROOT, file), join(source, file), { recursive: true });
    await run('tsc', ['-p', join(ROOT, 'src'), '--outDir', join(source, 'dist')]);
    await run(process.execPath, [join(ROOT, '.ci/bundle.ts'), source]);
    await run(process.execPath, [join(ROOT, '.ci/sbom.ts'), source]);
    const { stdout } = await npm(
      source,
      'pack',
      '--ignore-scripts',
      '--json',
      '--pack-destination',
      place.path,
    );
    const [{ filename, files: inside }] = JSON.parse(stdout) as [
      { filename: string; files: { path: string }[] },
    ];
    packed = inside.map(({ path }) => path);
    // Its dependencies are there already, so that npm needs no network for them.
    for (const name of await productionDependencies())
      await cp(join(ROOT, 'node_modules', name), join(project, 'node_modules', name), { recursive: true });
    await writeFile(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
    await npm(project, 'install', '--offline', join(place.path, filename));
  }, 300_000);
  afterAll(() => place.cleanup());

  test('when its files are listed, then they are what users need, and no sources or tests', () => {
    const folders = new Set(packed.map((path) => path.split('/')[0]));
    expect([...folders].sort()).toEqual([
      'LICENSE',
      'README.md',
      'dist',
      'hooks',
      'package.json',
      'templates',
    ]);
    expect(packed.filter((path) => /\.ts$/.test(path) && !/\.d\.ts$/.test(path))).toEqual([]);
  });

  test('when its bill of materials is read, then it names all that users get, with licence and hash, and nothing else', async () => {
    const bill = JSON.parse(
      await readFile(join(project, 'node_modules/work-ledger/dist/sbom.cdx.json'), 'utf8'),
    ) as {
      bomFormat: string;
      metadata: { component: { name: string } };
      components: { name: string; version: string; licenses?: unknown[]; hashes?: unknown[] }[];
    };
    expect(bill).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'work-ledger' } } });
    const named = bill.components.map(({ name, version }) => `${name} ${version}`).sort();
    expect(named).toEqual(
      shippedWith(ROOT)
        .map(({ name, version }) => `${name} ${version}`)
        .sort(),
    );
    for (const { name, licenses, hashes } of bill.components)
      expect([licenses?.length, hashes?.length], name).toEqual([1, 1]);
  });

  test('when wl is run, then it is of the version that was packed, and keeps a ledger', async () => {
    const { version } = await manifestOf(ROOT);
    const wl = join(project, 'node_modules/.bin/wl');
    const path = await makeWorkRepo(place.path, 'repository');
    const call = (...args: string[]) =>
      run(wl, args, { cwd: path, env: { ...isolatedEnv(), WL_ACTOR: 'ada' } });
    expect((await call('version')).stdout).toContain(version);
    await call('init');
    await call('create', 'Packed');
    expect((await call('ready')).stdout).toContain('Packed');
  });

  test('when a program imports each entry, then it can use the library', async () => {
    const entries = ['', '/agents', '/repair', '/review', '/schema'].map((entry) => `work-ledger${entry}`);
    const imports = entries.map((entry) => `import ${JSON.stringify(entry)};`).join('\n');
    const code = `${imports}\nimport { openLedger } from 'work-ledger';\nconsole.log(typeof openLedger);\n`;
    await writeFile(join(project, 'uses.js'), code);
    const { stdout } = await run(process.execPath, ['uses.js'], { cwd: project, env: isolatedEnv() });
    expect(stdout.trim()).toBe('function');
  });
});

/** What the lock file has that is not for development alone, by folder below `node_modules`. */
async function productionDependencies(): Promise<string[]> {
  const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean }>;
  };
  return Object.entries(packages)
    .filter(
      ([path, { dev, optional }]) => /^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path) && !dev && !optional,
    )
    .map(([path]) => path.slice('node_modules/'.length));
}
