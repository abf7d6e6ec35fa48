// Runs the simulation on sources with one mutant in them: node test/simulation/mutants/one.ts NAME RUNS
//
// Prints where it was found, as JSON; `null` where it was not.
import { registerHooks } from 'node:module';
import { MUTANTS, mutate } from './list.ts';

const [name, runs = '300'] = process.argv.slice(2);
const mutant = MUTANTS.find((one) => one.name === name);
if (mutant === undefined) throw new Error(`there is no mutant ${name}`);
const { url: target, source } = mutate(mutant);

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    return url === target ? { ...loaded, source } : loaded;
  },
});

const { runMany, newIn } = await import('../campaign.ts');
const theme = mutant.theme;
let found: { seed: number; failure: string; theme: typeof theme } | undefined;
for (let seed = 1; found === undefined && seed <= Number(runs); seed += 1) {
  const campaign = await runMany({ first: seed, goesOn: (made) => made < 1, theme });
  const failure = newIn(campaign).find(([one]) => one.startsWith(mutant.oracle ?? ''));
  if (failure !== undefined) found = { seed, failure: failure[0], theme };
}
console.log(JSON.stringify(found ?? null));
