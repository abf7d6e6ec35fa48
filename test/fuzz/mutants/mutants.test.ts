import { expect, test } from 'vitest';
import { mutate } from '../../simulation/mutants/list.ts';
import { MUTANTS } from './list.ts';

test.each(MUTANTS)('given the sources, when “$name” is put in, then it has one place', (mutant) => {
  expect(() => mutate(mutant)).not.toThrow();
});
