import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readProject, section, table } from './markdown.ts';

const ROWS = table(section(readProject('docs/architecture.md'), '## Layers'));
const LAYERS = ROWS.map(([layer = '']) => layer);
const SOURCE = fileURLToPath(new URL('../../src/', import.meta.url));

interface Override {
  includes: string[];
  linter: {
    rules: { style?: { noRestrictedImports?: { options: { patterns: { group: string[] }[] } } } };
  };
}

/** What `biome.json` lets each layer import: every other layer that is not restricted, or a file of one that is. */
function allowed(): Map<string, string[]> {
  const { overrides } = JSON.parse(readProject('biome.json')) as { overrides: Override[] };
  const rows = overrides.flatMap(({ includes, linter }): [string, string[]][] => {
    const patterns = linter.rules.style?.noRestrictedImports?.options.patterns;
    if (patterns === undefined) return [];
    const layer = /^src\/(\w+)\//.exec(includes[0] ?? '')?.[1] ?? '';
    const group = patterns.flatMap((pattern) => pattern.group);
    const may = LAYERS.filter((other) => other !== layer).flatMap((other) => {
      if (!group.includes(`**/${other}/**`)) return [other];
      const files = group.flatMap((pattern) => {
        const start = `!**/${other}/`;
        return pattern.startsWith(start) ? [pattern.slice(start.length)] : [];
      });
      return files.map((file) => `${other} (${file})`);
    });
    return [[layer, may]];
  });
  return new Map(rows);
}

test('given the table of layers, when held against the linter’s rules, then they are the same', () => {
  const told = ROWS.map(([layer, may]) => [layer, may === '–' ? [] : may?.split(', ')]);
  expect(told).toEqual(LAYERS.map((layer) => [layer, allowed().get(layer)]));
  expect([...allowed().keys()].sort()).toEqual([...LAYERS].sort());
});

test('given the folders of the source, when held against the table, then each is a layer', () => {
  const folders = globSync('*/', { cwd: SOURCE }).map((folder) => folder.replace(/\/$/, ''));
  expect(folders.sort()).toEqual([...LAYERS].sort());
});

test.each(ROWS)(
  'given the sources of %s, when their imports are read, then the libraries are those of the table',
  (layer, _may, libraries) => {
    const used = globSync(`${layer}/**/*.ts`, { cwd: SOURCE }).flatMap((file) => {
      const text = readFileSync(`${SOURCE}${file}`, 'utf8');
      const found = text.matchAll(
        /^(?:import|export) (?:[^'"`;]*? from )?'([^.'][^']*)';$|import\('([^.'][^']*)'\)/gm,
      );
      return [...found].map(([, named, lazy]) => named ?? lazy ?? '');
    });
    const names = used.filter((name) => !name.startsWith('node:')).map((name) => name.split('/')[0] ?? '');
    expect([...new Set(names)].sort().join(', ') || '–').toBe(libraries);
  },
);
