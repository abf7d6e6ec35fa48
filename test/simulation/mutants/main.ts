// Shows that the simulation can fail: node test/simulation/mutants/main.ts [RUNS]
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { MUTANTS } from './list.ts';

const ONE = fileURLToPath(new URL('one.ts', import.meta.url));
const [runs = '300'] = process.argv.slice(2);
let wrong = 0;
for (const { name, oracle } of MUTANTS) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [ONE, name, runs], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name}: ${stderr}`);
  const found = JSON.parse(stdout) as { seed: number; failure: string; theme?: string } | null;
  const isRight = (found === null) === (oracle === undefined);
  if (!isRight) wrong += 1;
  const theme = found?.theme === undefined ? '' : ` of ${found.theme}`;
  const where = found === null ? `not found in ${runs} runs` : `seed ${found.seed}${theme}: ${found.failure}`;
  console.log(`${isRight ? 'ok   ' : 'WRONG'}  ${name}: ${where}`);
}
process.exitCode = wrong === 0 ? 0 : 1;
