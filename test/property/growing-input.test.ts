import { expect, test } from 'vitest';
import { READERS, readAll } from '../helpers/hostile-texts.ts';

/** What is linear takes milliseconds; a pattern that begins anew at each character takes ten seconds for 40,000. */
const LENGTH = 10_000;
const AT_MOST_MS = 2_000;

/** The others read by the same library, which takes most of the time: see test/long. */
const QUICK = Object.entries(READERS).filter(
  ([what]) => !['a value in YAML', 'a damaged item', 'ledger.yaml'].includes(what),
);

test.each(QUICK)(
  'given %s, when a hostile text is four times as long, then reading it takes no more than its length tells',
  (_what, read) => {
    expect(readAll(read, LENGTH, AT_MOST_MS).slow).toEqual([]);
  },
  120_000,
);
