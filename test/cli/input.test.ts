import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readInputFile, readMap, readText, readValue } from '../../src/cli/input.ts';
import { oneOf, readTime } from '../../src/operations/typed.ts';
import { makeTempFolder, type TempFolder } from '../helpers/temp-repo.ts';

let folder: TempFolder;
const path = (name: string) => join(folder.path, name);
const world = (input = '') => ({ stdin: Readable.from([Buffer.from(input)]) });

beforeAll(async () => {
  folder = await makeTempFolder();
  await writeFile(path('text.md'), 'one\ntwo\n');
  await writeFile(path('map.json'), '{"a": [1]}');
  await writeFile(path('binary'), Buffer.from([0xff, 0xfe, 0x00]));
});
afterAll(() => rm(folder.path, { recursive: true }));

describe('text', () => {
  it('comes as typed, from a file, from standard input, and with @@ for an @', async () => {
    expect(await readText('typed', world())).toBe('typed');
    expect(await readText(`@${path('text.md')}`, world())).toBe('one\ntwo');
    expect(await readText('-', world('piped\n'))).toBe('piped');
    expect(await readText('@@ada asked', world())).toBe('@ada asked');
  });

  it.each(['missing', 'binary', '.'])(
    'given a file that cannot be read as text (%s), it is refused',
    async (name) => {
      await expect(readText(`@${path(name)}`, world())).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    },
  );
});

describe('maps', () => {
  it('are put together from entries, objects and files, the later ones winning', async () => {
    const typed = [
      'n=1',
      'text=a=b',
      'list=[1,2]',
      '{"b": {"c": null}, "n": 2}',
      `@${path('map.json')}`,
      'empty=',
    ];
    expect(await readMap(typed, '--result')).toEqual({
      n: 2,
      text: 'a=b',
      list: [1, 2],
      b: { c: null },
      a: [1],
      empty: '',
    });
  });

  it('keep a key of __proto__ as a key', async () => {
    const map = await readMap(['__proto__=1'], '--context');
    expect(Object.keys(map)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(map)).toBeNull();
  });

  it.each(['[1]', '1', 'null', '{broken', '=1', '@'])('given %s, they are refused', async (typed) => {
    await expect(readMap([typed], '--context')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});

it('any JSON is a value, and nothing is none', async () => {
  expect(await readValue('[1, {"a": null}]', '--data')).toEqual([1, { a: null }]);
  expect(await readValue(undefined, '--data')).toBeUndefined();
});

describe('times', () => {
  it.each([
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['2026-01-31T09:00', '2026-01-31T09:00:00.000Z'],
    ['2026-01-31T09:00Z', '2026-01-31T09:00:00.000Z'],
    ['2026-01-31T09:00:05.5+02:00', '2026-01-31T07:00:05.500Z'],
  ])('%s is %s', (typed, time) => {
    expect(readTime(typed, '--not-before')).toBe(time);
  });

  it.each(['tomorrow', '', '2026-13-01', '12:00', '5'])('%j is refused', (typed) => {
    expect(() => readTime(typed, '--not-before')).toThrow('ISO time');
  });
});

it('a value is one of those allowed, or its short name, and else they are all named', () => {
  expect(oneOf('high', ['low', 'high'], '--priority')).toBe('high');
  expect(oneOf('hi', ['low', 'high'], '--priority', { high: 'hi' })).toBe('high');
  expect(() => oneOf('hi', ['low', 'high'], '--priority')).toThrow('--priority cannot be "hi"');
});

it('given input that never ends, when it is read, then it is left at the limit, which is told', async () => {
  const endless = { stdin: Readable.from(forever()) };
  const told = { code: 'INVALID_INPUT', message: expect.stringContaining('more than 4 MiB') };
  await expect(readText('-', endless)).rejects.toMatchObject(told);
  await expect(readText('@/dev/zero', world())).rejects.toMatchObject(told);
  await expect(readInputFile('/dev/zero', 5 * 1024 * 1024)).rejects.toMatchObject({
    message: expect.stringContaining('more than 5 MiB'),
  });
});

async function* forever(): AsyncGenerator<Buffer> {
  for (;;) yield Buffer.alloc(64 * 1024, 'x');
}
