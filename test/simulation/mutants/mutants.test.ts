import { expect, test } from 'vitest';
import { branchOracles } from '../oracles/all.ts';
import { MUTANTS, mutate } from './list.ts';

test.each(MUTANTS)(
  'given the sources, when “$name” is put in, then it has one place, and an oracle has to find it',
  (mutant) => {
    expect(() => mutate(mutant)).not.toThrow();
    expect([undefined, ...branchOracles.map(({ name }) => name)]).toContain(mutant.oracle);
  },
);
