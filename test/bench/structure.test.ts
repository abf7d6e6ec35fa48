import { statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ADDITIONS, applied } from '../../bench/structure/additions.ts';
import { longFiles, sizeOf } from '../../bench/structure/size.ts';
import { readSources } from '../../bench/structure/sources.ts';
import { measureTrips } from '../../bench/structure/trips.ts';

/** A little above what `node bench/structure.ts` gives. Who has a reason to raise one, gives it with the commit. */
const MOST = {
  trips: { ready: 38, claim: 116, verify: 93, 'work --once': 144 },
  files: 425,
  touched: {
    'verb with its command': 4,
    'field of an item': 1,
    'filter of lists': 2,
    'format of the report': 1,
    'tracker to import from': 2,
    'review host': 2,
    'error code': 3,
    setting: 1,
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

  // That nothing is missing, test/e2e/toy-additions.test.ts shows.
  test('when something is added, then it touches no more files than were meant', () => {
    const touched = ADDITIONS.map((one): [string, number] => [one.kind, applied(one, sources).size]);
    expect(Object.fromEntries(touched)).toEqual(MOST.touched);
  });
});

test('given a ledger, when the program is called, then each call runs no more files than were meant', async () => {
  const trips = await measureTrips();
  expect(trips.map(({ name }) => name)).toEqual(Object.keys(MOST.trips));
  for (const { name, files } of trips)
    expect(files.length, name).toBeLessThanOrEqual(MOST.trips[name as keyof typeof MOST.trips]);
});

test('given the program as it is built, when its first file is weighed, then what only some calls need is not in it', () => {
  const start = new URL('../../dist/cli/start.cjs', import.meta.url);
  expect(statSync(start).size).toBeLessThan(224_000);
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
