import { expect, test } from 'vitest';
import { parseRecord } from '../../src/transfer/parse-json.ts';

const LEVELS = 200_000;
const nested = `${'['.repeat(LEVELS)}${']'.repeat(LEVELS)}`;

test.each([
  ['lists', `{"id":"x","a":${nested}}`],
  ['lists beside a number that is kept as it stood', `{"id":"x","n":12345678901234567890,"a":${nested}}`],
  ['maps', `{"id":"x","a":${'{"a":'.repeat(LEVELS)}1${'}'.repeat(LEVELS)}}`],
])('given a record with many levels of %s, when it is read, then it is told as too deep', (_what, text) => {
  expect(parseRecord(text)).toEqual({ kind: 'too_deep', message: 'it nests more than 100 levels' });
});
