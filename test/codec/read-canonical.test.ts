import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emitYaml, readCanonical } from '../../src/codec/canonical-yaml.ts';
import { decodeItem, encodeItem, guessItem } from '../../src/codec/item.ts';
import { stateOf } from '../../src/codec/path.ts';
import { readYaml } from '../../src/codec/read-yaml.ts';
import type { WorkItem } from '../../src/domain/item.ts';
import { workItemSchema } from '../../src/domain/item-schema.ts';
import { anyMap, workItem } from '../helpers/arbitraries.ts';
import { runs } from '../helpers/runs.ts';

it('given any map, when it was written canonically, then it is read back', () => {
  fc.assert(
    fc.property(anyMap, (map) => {
      // JSON has one zero.
      expect(readCanonical(emitYaml({ map }))).toEqual({ map: JSON.parse(JSON.stringify(map)) });
    }),
    { numRuns: runs(1_000) },
  );
});

/** What the libraries make of a file, without the quick way. */
function readByLibrary(bytes: Buffer): unknown {
  const read = readYaml(bytes);
  return read.kind === 'map' ? workItemSchema().safeParse(read.map).data : undefined;
}

function expectSame(bytes: Buffer, { id, status }: Pick<WorkItem, 'id' | 'status'>): void {
  const read = decodeItem(bytes, id, stateOf(status));
  if (read.kind === 'item') {
    expect(read.item).toEqual(readByLibrary(bytes));
    expect(JSON.stringify(read.item)).toBe(JSON.stringify(readByLibrary(bytes)));
  }
}

it('given any item, when it was written canonically, then it is read as the libraries read it', () => {
  fc.assert(
    fc.property(workItem(), (item) => {
      const bytes = encodeItem(item);
      expect(guessItem(bytes)).toEqual(readByLibrary(bytes));
      expect(decodeItem(bytes, item.id, stateOf(item.status)).kind).toBe('item');
      expectSame(bytes, item);
    }),
    { numRuns: runs(300) },
  );
});

const piece = fc.constantFrom(
  '"',
  "'",
  ' ',
  '  ',
  '\n',
  ':',
  '- ',
  '|',
  '|+',
  '#',
  '&a',
  '*a',
  '!!str ',
  '? ',
  'null',
  '~',
  '0x1',
  '1e3',
  'é',
  '\r',
  '\t',
  '{}',
  '[]',
);

it('given any item, when its file was edited anywhere, then it is read as the libraries read it, or not at all', () => {
  fc.assert(
    fc.property(workItem(), fc.nat(), fc.nat({ max: 4 }), piece, (item, at, removed, added) => {
      const text = encodeItem(item).toString();
      const from = at % text.length;
      expectSame(Buffer.from(text.slice(0, from) + added + text.slice(from + removed)), item);
    }),
    { numRuns: runs(1_000) },
  );
});

it.each([
  [
    'a byte that is no UTF-8',
    (text: Buffer) => Buffer.from(text.map((byte) => (byte === 0x7a ? 0xff : byte))),
  ],
  ['a mark at its beginning', (text: Buffer) => Buffer.concat([Buffer.from('\ufeff'), text])],
])('given a file with %s, then it is damaged', (_what, spoil) => {
  const item = workItemSchema().parse({ ...fc.sample(workItem(), { numRuns: 1, seed: 1 })[0], title: 'zzz' });
  const read = decodeItem(spoil(encodeItem(item)), item.id, stateOf(item.status));
  expect(read.kind).toBe('damaged');
});

describe('given what was never written canonically', () => {
  it.each([
    ['no text', ''],
    ['no last line break', 'a: 1'],
    ['no map', '- a\n'],
    ['words', 'hello\n'],
    ['a quote that is not closed', '"a: 1\n'],
    ['a quote that is wrong', 'a: "\\x41"\n'],
    ['a deeper line', 'a: 1\n  b: 2\n'],
    ['too many levels', `a:\n  ${'- '.repeat(50_000)}a\n`],
  ])('as %s, then it is left to the library', (_what, text) => {
    expect(readCanonical(text)).toBeUndefined();
  });
});

describe('given a file at the limits of what may be read', () => {
  const nested = (levels: number): string => {
    let text = 'schema: 1\n';
    for (let level = 1; level < levels; level += 1) text += `${'  '.repeat(level - 1)}a:\n`;
    return `${text}${'  '.repeat(levels - 1)}a: {}\n`;
  };

  it('when it nests deeper than the library takes, then it is not read the quick way either', () => {
    expect(readCanonical(nested(80))).toBeDefined();
    expect(readYaml(Buffer.from(nested(95))).kind).toBe('map');
    expect(readYaml(Buffer.from(nested(101))).kind).toBe('problem');
    expect(readCanonical(nested(95))).toBeUndefined();
  });
});
