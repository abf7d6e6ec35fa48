import { expect, test } from 'vitest';
import { READERS, readAll } from '../helpers/hostile-texts.ts';

/** What is linear takes a second or two, YAML some; what takes the square of 200,000 steps takes minutes to hours. */
const LENGTH = 50_000;
const AT_MOST_MS = 20_000;

test.each(Object.entries(READERS))(
  'given %s, when a text of 50,000 characters and one of 200,000 are read, then neither takes more than its length tells',
  (_what, read) => {
    expect(readAll(read, LENGTH, AT_MOST_MS).slow).toEqual([]);
  },
  600_000,
);
