import { describe, test } from 'vitest';
import { MENDED, TOLD } from '../helpers/sick-states.ts';
import { expectMended, expectTold } from '../helpers/sick-states-expected.ts';

// One of each kind: test/e2e/doctor-in-any-state.test.ts.

describe.each(MENDED.filter(({ often }) => !often))('given $name', (state) => {
  test('when the doctor comes, then it soon says what is wrong, mends it and loses nothing, and finds nothing the next time', () =>
    expectMended(state));
});

describe.each(TOLD.filter(({ often }) => !often))('given $name', (state) => {
  test('when the doctor comes, then it soon tells it and what helps, and what waits is not lost', () =>
    expectTold(state));
});
