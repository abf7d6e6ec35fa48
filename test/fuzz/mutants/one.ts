// Runs the fuzzer on sources with one mutant in them: node test/fuzz/mutants/one.ts NAME SEEDS
//
// Prints where it was found, as JSON; `null` where it was not.
import { importsWith } from '../../simulation/mutants/sources.ts';
import { MUTANTS } from './list.ts';

const [name, seeds = '10000'] = process.argv.slice(2);
const mutant = importsWith(MUTANTS, name);

/** Cases after which it is looked whether one was found. */
const AT_ONCE = 40;
const { fuzz, newIn } = await import('../campaign.ts');
const { inWords } = await import('../plan.ts');
let found: { seed: number; failure: string } | undefined;
for (let first = 1; found === undefined && first <= Number(seeds); ) {
  let next = first;
  const goesOn = (made: number, seed: number): boolean => {
    next = seed;
    return made < AT_ONCE && seed <= Number(seeds);
  };
  const campaign = await fuzz({ first, goesOn, isTried: (plan) => mutant.shown_by.test(inWords(plan)) });
  first = next;
  const failure = newIn(campaign).find((one) => one.name.startsWith(mutant.oracle));
  if (failure !== undefined) found = { seed: failure.plan.seed, failure: failure.name };
  else if (next > Number(seeds)) break;
}
console.log(JSON.stringify(found ?? null));
