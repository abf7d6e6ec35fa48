// Runs the simulation on sources with one mutant in them: node test/simulation/mutants/one.ts NAME RUNS
//
// Prints where it was found, as JSON; nothing where it was not.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { MUTANTS } from './list.ts';

const [name, runs = '300'] = process.argv.slice(2);
const mutant = MUTANTS.find((one) => one.name === name);
if (mutant === undefined) throw new Error(`there is no mutant ${name}`);
const { file, from, to } = mutant;
const target = new URL(`../../../src/${file}`, import.meta.url).href;
const parts = readFileSync(fileURLToPath(target), 'utf8').split(from);
if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${from}`);

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    return url === target ? { ...loaded, source: parts.join(to) } : loaded;
  },
});

const { runMany, newIn } = await import('../campaign.ts');
let found: { seed: number; failure: string } | undefined;
for (let seed = 1; found === undefined && seed <= Number(runs); seed += 1) {
  const campaign = await runMany({ first: seed, goesOn: (made) => made < 1 });
  const failure = newIn(campaign).find(([one]) => one.startsWith(`${mutant.oracle ?? ''}`));
  if (failure !== undefined) found = { seed, failure: failure[0] };
}
console.log(JSON.stringify(found ?? null));
