import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import { lackOf } from '../src/node.ts';
import { readProject } from './docs/markdown.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MANIFEST = JSON.parse(readProject('package.json')) as {
  engines: { node: string };
  exports: Record<string, { default?: string }>;
};

afterEach(() => {
  vi.restoreAllMocks();
});

test.each(['22.16.0', '22.23.1', '24.0.0', '24.21.0', '26.1.0'])(
  'given Node %s, then the package runs on it',
  (version) => {
    expect(lackOf(version)).toBeUndefined();
  },
);

test.each(['12.22.12', '18.20.8', '20.20.2', '22.15.1', '23.11.1'])(
  'given Node %s, then one sentence says what to install',
  (version) => {
    expect(lackOf(version)).toMatch(
      new RegExp(`^[^\\n]* this is Node ${version}: install Node 24 from https://nodejs\\.org\\b[^\\n]*\\.$`),
    );
  },
);

test('given the package, when its engines are read, then they are the versions that the program takes', () => {
  expect(MANIFEST.engines.node).toBe('^22.16.0 || >=24.0.0');
});

test('given each entry of the package, when it is imported, then Node’s version is looked at before anything else is run', () => {
  const entries = Object.values(MANIFEST.exports).flatMap((entry) => entry.default ?? []);
  expect(entries).toHaveLength(5);
  for (const entry of entries) {
    const source = readProject(entry.replace('./dist/', 'src/').replace(/js$/, 'ts'));
    const [first = ''] = source.split('\n').filter((line) => /^(?:import|export)\b/.test(line));
    expect(first, entry).toBe("import './require-node.ts';");
  }
});

test('given the sources, when SQLite is used, then it was loaded in the one place that knows how', () => {
  const loads = globSync('src/**/*.ts', { cwd: ROOT }).filter((file) => {
    const source = readFileSync(`${ROOT}${file}`, 'utf8').replaceAll(/^import type .*$/gm, '');
    return /(?:from |import\(|import |require\(|getBuiltinModule\()'(?:node:)?sqlite'/.test(source);
  });
  expect(loads).toEqual(['src/node.ts']);
});

test('given a Node that calls SQLite experimental, when an index is opened, then that is kept to itself, and other warnings are given', async () => {
  vi.resetModules();
  const { openSqlite } = await import('../src/node.ts');
  const load = process.getBuiltinModule;
  const given: unknown[][] = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((...warning: unknown[]) => void given.push(warning));
  vi.spyOn(process, 'getBuiltinModule').mockImplementation(((name: string) => {
    process.emitWarning(
      'SQLite is an experimental feature and might change at any time',
      'ExperimentalWarning',
    );
    process.emitWarning('Something else', 'ExperimentalWarning');
    process.emitWarning('SQLite is old', 'DeprecationWarning', 'DEP0');
    return load(name);
  }) as typeof load);
  openSqlite(':memory:', { timeout: 0 }).close();
  process.emitWarning('SQLite is an experimental feature', 'ExperimentalWarning');
  expect(given).toEqual([
    ['Something else', 'ExperimentalWarning'],
    ['SQLite is old', 'DeprecationWarning', 'DEP0'],
    ['SQLite is an experimental feature', 'ExperimentalWarning'],
  ]);
});
