import { describe, expect, test } from 'vitest';
import { longFiles, sizeOf } from '../../bench/structure/size.ts';
import { readSources } from '../../bench/structure/sources.ts';
import { touched } from '../../bench/structure/touch.ts';
import { measureTrips } from '../../bench/structure/trips.ts';

/** A little above what `node bench/structure.ts` gives. Who has a reason to raise one, gives it with the commit. */
const MOST = {
  trips: { ready: 49, claim: 127, verify: 107, 'work --once': 156 },
  files: 385,
  touched: {
    verb: 6,
    'field of an item': 11,
    'filter of lists': 3,
    'format of the report': 2,
    'review host': 2,
  },
};

const sources = readSources();

describe('given the sources', () => {
  test('when they are counted, then there are no more files than were meant', () => {
    expect(sizeOf(sources).files).toBeLessThanOrEqual(MOST.files);
  });

  test('when one is over 300 lines, then its first line says why', () => {
    expect(longFiles(sources).filter(({ reason }) => reason === undefined)).toEqual([]);
  });

  test.each(Object.entries(MOST.touched))(
    'when what names %s is counted, then it is at most %i files',
    (kind, most) => {
      const found = touched(sources).find((one) => one.kind === kind)?.files ?? [];
      expect(found.length, found.join(', ')).toBeLessThanOrEqual(most);
      expect(found.length).toBeGreaterThan(0);
    },
  );
});

test('given a ledger, when the program is called, then each call runs no more files than were meant', async () => {
  const trips = await measureTrips();
  expect(trips.map(({ name }) => name)).toEqual(Object.keys(MOST.trips));
  for (const { name, files } of trips)
    expect(files.length, name).toBeLessThanOrEqual(MOST.trips[name as keyof typeof MOST.trips]);
});

test('given a file that is long, when its first line is no reason for that, then it is told', () => {
  const long = 'export const x = 1;\n'.repeat(301);
  const [told, excused] = [long, `// One algorithm, read from top to bottom.\n${long}`].map(
    (text) =>
      longFiles([{ path: 'a.ts', layer: 'entry', text, lines: text.split('\n').length - 1 }])[0]?.reason,
  );
  expect(told).toBeUndefined();
  expect(excused).toBe('// One algorithm, read from top to bottom.');
});
