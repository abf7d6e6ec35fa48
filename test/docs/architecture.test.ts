import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { foldersOfSource, LAYERS, linterRules, withTable } from '../../.ci/layers.ts';
import { readProject } from './markdown.ts';

const PAGE = readProject('docs/architecture.md');
const SOURCE = fileURLToPath(new URL('../../src/', import.meta.url));

/** What the files of a folder import: files as paths from `src` on that begin with a slash, libraries by name. */
const importsOf = (folder: string): string[] =>
  globSync(`${folder}/**/*.ts`, { cwd: SOURCE }).flatMap((file) => {
    const text = readFileSync(`${SOURCE}${file}`, 'utf8');
    const found = text.matchAll(/^(?:import|export) (?:[^'"`;]*? from )?'([^']+)';$|import\('([^']+)'\)/gm);
    return [...found].map(([, named, lazy]) => {
      const specifier = named ?? lazy ?? '';
      return specifier.startsWith('.') ? posix.resolve('/', posix.dirname(file), specifier) : specifier;
    });
  });

describe('given the table of layers in .ci/layers.ts', () => {
  const again = 'run: node .ci/layers.ts && biome check --write .ci/layers.json';

  test('when the linter’s rules are made of it, then they are those that the linter has', () => {
    expect(JSON.parse(readProject('.ci/layers.json')), again).toEqual({ overrides: linterRules() });
    expect(JSON.parse(readProject('biome.json'))).toMatchObject({ extends: ['./.ci/layers.json'] });
  });

  test('when the page’s table is made of it, then it is the one that the page has', () => {
    expect(PAGE, again).toBe(withTable(PAGE));
  });

  test('when the folders of the source are held against it, then each is in a layer', () => {
    const paths = LAYERS.map(({ path }) => path);
    const homeless = foldersOfSource().filter(
      (folder) =>
        !paths.some(
          (path) => folder === path || folder.startsWith(`${path}/`) || path.startsWith(`${folder}/`),
        ),
    );
    expect(homeless).toEqual([]);
    expect(paths.filter((path) => !foldersOfSource().includes(path))).toEqual([]);
  });

  test('when its rows are read from the top, then each imports layers above it alone', () => {
    for (const [at, { path, imports }] of LAYERS.entries()) {
      const above = LAYERS.slice(0, at).map((layer) => layer.path);
      const layers = imports.filter((one) => one.includes('/') || !one.endsWith('.ts'));
      const below = layers.filter(
        (one) => !above.some((other) => one === other || one.startsWith(`${other}/`)),
      );
      expect(below, path).toEqual([]);
    }
  });

  test.each(LAYERS)('when the imports of $path are read, then they are what it may import', (layer) => {
    const { path, imports, libraries = [] } = layer;
    const used = importsOf(path);
    const names = used.filter((name) => !/^(?:\/|node:)/.test(name)).map((name) => name.split('/')[0] ?? '');
    expect([...new Set(names)].sort()).toEqual([...libraries]);
    const isUsed = (one: string): boolean =>
      used.includes(`/${one}`) || (!one.endsWith('.ts') && used.some((name) => name.startsWith(`/${one}/`)));
    expect(
      imports.filter((one) => !isUsed(one)),
      'it imports nothing of these',
    ).toEqual([]);
  });
});
