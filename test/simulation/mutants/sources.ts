import { registerHooks } from 'node:module';
import { type Mutant, mutate } from './list.ts';

/** The mutant of that name; what is imported from now on is of sources with it in them. */
export function importsWith<One extends Mutant>(mutants: readonly One[], name: string | undefined): One {
  const mutant = mutants.find((one) => one.name === name);
  if (mutant === undefined) throw new Error(`there is no mutant ${name}`);
  const { url: target, source } = mutate(mutant);
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      return url === target ? { ...loaded, source } : loaded;
    },
  });
  return mutant;
}
