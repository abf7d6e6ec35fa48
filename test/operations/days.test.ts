import { describe, expect, test } from 'vitest';
import { readMoment, readTime, readUntil } from '../../src/operations/typed.ts';
import { refusal } from '../helpers/fake-view.ts';

describe.each(['2026-02-30', '2026-02-29', '2026-04-31', '2026-13-01', '2026-00-10', '2026-01-00'])(
  'given a day that the calendar does not have, %s',
  (day) => {
    test.each([
      ['a time', () => readTime(day, '--since')],
      ['a time of it', () => readTime(`${day}T09:00Z`, '--since')],
      ['an end', () => readUntil(day, '--until')],
      ['a moment', () => readMoment(day)],
    ])('when it is typed as %s, then it is refused', (_, read) => {
      expect(refusal(read as () => never).code).toBe('INVALID_INPUT');
    });
  },
);

test.each([
  ['2028-02-29', '2028-02-29T00:00:00.000Z'],
  ['2026-12-31T23:59+01:00', '2026-12-31T22:59:00.000Z'],
  ['2026-01-31T09:00', '2026-01-31T09:00:00.000Z'],
])('given a day that there is, when %s is typed, then it is %s', (typed, time) => {
  expect(readTime(typed, '--since')).toBe(time);
});
