import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SOURCE = fileURLToPath(new URL('../../src/', import.meta.url));
const read = (file: string): string => readFileSync(`${SOURCE}${file}`, 'utf8');

interface Import {
  file: string;
  from: string;
  /** What is taken from there, by name; `types` where none of it runs. */
  names: string[];
  types: boolean;
}

const importsOf = (file: string): Import[] =>
  [...read(file).matchAll(/^(?:import|export) (type )?\{([^}]*)\} from '(\.[^']+)';$/gm)].map(
    ([, type, names = '', specifier = '']) => ({
      file,
      from: posix.join(posix.dirname(file), specifier),
      names: names.split(',').flatMap((name) => name.trim().replace(/^type /, '') || []),
      types: type !== undefined,
    }),
  );

const AGENTS = globSync('agents/**/*.ts', { cwd: SOURCE }).flatMap(importsOf);
const ELSEWHERE = AGENTS.filter(({ from }) => !/^(?:agents|domain|ledger)\/|^node\.ts$/.test(from));

test('given what agents import, when it runs, then it is of the domain, of the façade, or their own', () => {
  expect(AGENTS.length).toBeGreaterThan(100);
  expect(ELSEWHERE.filter(({ types }) => !types)).toEqual([]);
});

test('given the types that agents know of other layers, when they are looked up, then a port or the public API has them', () => {
  const isPort = ({ from }: Import): boolean => /^(?:store|remote)\/port\.ts$|^sync\/ports\.ts$/.test(from);
  const published = new Set(importsOf('index.ts').flatMap(({ names }) => names));
  const others = ELSEWHERE.filter((one) => !isPort(one));
  expect(others.filter(({ names }) => !names.every((name) => published.has(name)))).toEqual([]);
});
