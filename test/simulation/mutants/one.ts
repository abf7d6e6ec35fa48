// Runs the simulation on sources with one mutant in them: node test/simulation/mutants/one.ts NAME RUNS
//
// Prints where it was found, as JSON; `null` where it was not.
import type { Plan } from '../plan.ts';
import { MUTANTS } from './list.ts';
import { importsWith } from './sources.ts';

/** Of a small race that shows a mutant. */
const PREEMPTIONS = 3;

const [name, runs = '300'] = process.argv.slice(2);
const mutant = importsWith(MUTANTS, name);

const { runMany, newIn } = await import('../campaign.ts');
const theme = mutant.theme;
const isMeant = (name: string): boolean => name.startsWith(mutant.oracle ?? '');
if (mutant.scenario !== undefined) {
  const { explore } = await import('../explore.ts');
  const { SCENARIOS } = await import('../scenarios.ts');
  const plan = SCENARIOS[mutant.scenario] as Plan;
  let left = Number(runs);
  const seen = await explore(plan, PREEMPTIONS, ({ found }) => {
    left -= 1;
    return left > 0 && ![...found.keys()].some(isMeant);
  });
  const failure = [...seen.found.keys()].find(isMeant);
  const order = seen.interleavings + seen.pruned;
  console.log(JSON.stringify(failure === undefined ? null : { order, failure, scenario: mutant.scenario }));
  process.exit();
}
let found: { seed: number; failure: string; theme: typeof theme } | undefined;
for (let seed = 1; found === undefined && seed <= Number(runs); seed += 1) {
  const campaign = await runMany({ first: seed, goesOn: (made) => made < 1, theme });
  const failure = newIn(campaign).find(([one]) => isMeant(one));
  if (failure !== undefined) found = { seed, failure: failure[0], theme };
}
console.log(JSON.stringify(found ?? null));
