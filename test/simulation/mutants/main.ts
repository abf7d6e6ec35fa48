// Shows that the simulation can fail.
//
// node test/simulation/mutants/main.ts              each mutant, in up to 300 runs
// node test/simulation/mutants/main.ts --runs 100   in so many
// node test/simulation/mutants/main.ts --from 11 --to 20   some of the list
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { MUTANTS } from './list.ts';

const ONE = fileURLToPath(new URL('one.ts', import.meta.url));
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '300' },
    from: { type: 'string', default: '1' },
    to: { type: 'string', default: String(MUTANTS.length) },
  },
});
type Found = { failure: string } & (
  | { seed: number; theme?: string | undefined }
  | { order: number; scenario: string }
);

const placeOf = (found: Found): string =>
  'seed' in found
    ? `seed ${found.seed}${found.theme === undefined ? '' : ` of ${found.theme}`}`
    : `order ${found.order} of “${found.scenario}”`;

const { runs } = values;
let wrong = 0;
for (const { name, oracle } of MUTANTS.slice(Number(values.from) - 1, Number(values.to))) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [ONE, name, runs], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name}: ${stderr}`);
  const found = JSON.parse(stdout) as Found | null;
  const isRight = (found === null) === (oracle === undefined);
  if (!isRight) wrong += 1;
  const where = found === null ? `not found in ${runs} runs` : `${placeOf(found)}: ${found.failure}`;
  console.log(`${isRight ? 'ok   ' : 'WRONG'}  ${name}: ${where}`);
}
process.exitCode = wrong === 0 ? 0 : 1;
