import { existsSync, globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { foldersOfSource, LAYERS, linterRules, withTable } from '../../.ci/layers.ts';
import { VERBS } from '../../src/domain/verbs.ts';
import { blocks, readProject, section } from './markdown.ts';

const PAGE = readProject('docs/architecture.md');
const ROOMS = readProject('docs/rooms.md');
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
    const names = used.flatMap((name) => /^(?!\/|node:)(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? []);
    expect([...new Set(names)].sort()).toEqual([...libraries]);
    const isUsed = (one: string): boolean =>
      used.includes(`/${one}`) || (!one.endsWith('.ts') && used.some((name) => name.startsWith(`/${one}/`)));
    expect(
      imports.filter((one) => !isUsed(one)),
      'it imports nothing of these',
    ).toEqual([]);
  });
});

describe('given what the pages say of the code', () => {
  const files = globSync('**/*.ts', { cwd: SOURCE });

  test.each([
    ['architecture.md', PAGE],
    ['rooms.md', ROOMS],
  ])('when %s names a file, then it is there', (_, page) => {
    const named = [...page.matchAll(/`((?:[\w-]+\/)*[\w-]+\.ts)`/g)].map(([, path = '']) => path);
    const missing = named.filter(
      (path) =>
        !files.some((file) => `src/${file}` === path || file === path || file.endsWith(`/${path}`)) &&
        !existsSync(`${SOURCE}../${path}`),
    );
    expect(missing).toEqual([]);
  });

  test('when it draws the house, then the folders of the picture are those of the source', () => {
    const [picture = ''] = blocks(PAGE);
    const drawn = [...picture.matchAll(/([a-z]+)\/(?=\s|[\w-]*\.ts| )/g)].map(([, name]) => name);
    const layers = new Set(LAYERS.map(({ path }) => path.split('/')[0] ?? ''));
    expect(
      [...layers].filter((layer) => !drawn.includes(layer) && layer !== 'trace' && layer !== 'git'),
    ).toEqual([]);
    expect(picture).toContain('in git/');
  });

  test('when it lists the checks of a decision, then they are those of decide, in its order', () => {
    const told = [...section(PAGE, '## Deciding').matchAll(/^\d+\. `(\w+)`/gm)].map(([, name]) => name);
    const code = readFileSync(`${SOURCE}domain/decide.ts`, 'utf8');
    const [, first = ''] = /export function decide\([\s\S]*?\{\n([\s\S]*?)\n\}/.exec(code) ?? [];
    const [, then = ''] = /\nfunction change\([\s\S]*?\{\n([\s\S]*?)\n\}/.exec(code) ?? [];
    const isCheck = /\b(require\w+|findItem|isRepeatedClaim|apply)(?=\()/g;
    const begun = [...first.matchAll(isCheck)].map(([name]) => name).slice(0, 2);
    expect([...begun, ...[...then.matchAll(isCheck)].map(([name]) => name)]).toEqual(told);
  });

  test('when verbs are looked for, then each is a module of domain/verbs', () => {
    const modules = globSync('*.ts', { cwd: `${SOURCE}domain/verbs` }).map((file) =>
      file.replace(/\.ts$/, ''),
    );
    expect(VERBS.filter((verb) => !modules.includes(verb.replaceAll('_', '-')))).toEqual([]);
  });

  test('when it is printed, then it is two screens beside its tables', () => {
    const prose = PAGE.split('\n').filter((line) => !line.startsWith('|'));
    expect(prose.length).toBeLessThan(100);
  });
});
