import { expect, test } from 'vitest';
import { readProject } from './markdown.ts';

test('given the Node that npm installs, when .node-version is read, then it is the same', () => {
  const { devDependencies } = JSON.parse(readProject('package.json')) as {
    devDependencies: { node: string };
  };
  expect(readProject('.node-version').trim()).toBe(devDependencies.node);
});

test('given the form of the sources, when .editorconfig is held against Biome, then editors and linter agree', () => {
  const { formatter } = JSON.parse(readProject('biome.json')) as {
    formatter: { indentStyle: string; indentWidth: number; lineWidth: number };
  };
  const settings = Object.fromEntries(
    [...readProject('.editorconfig').matchAll(/^(\w+) = (.*)$/gm)].map(([, key, value]) => [key, value]),
  );
  expect(settings).toMatchObject({
    indent_style: formatter.indentStyle,
    indent_size: `${formatter.indentWidth}`,
  });
  expect(readProject('.editorconfig')).toContain(`max_line_length = ${formatter.lineWidth}`);
});

test('given the commit template, when git takes it as it is, then nothing of it is left in the message', () => {
  const lines = readProject('.gitmessage').split('\n');
  expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
  expect(lines.join('\n')).toMatch(/why/);
  expect(readProject('CONTRIBUTING.md')).toContain('git config commit.template .gitmessage');
});
