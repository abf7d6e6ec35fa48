// Shows that the fuzzer can fail: node test/fuzz/mutants/main.ts [SEEDS]
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { MUTANTS } from './list.ts';

const ONE = fileURLToPath(new URL('one.ts', import.meta.url));
const [seeds = '10000'] = process.argv.slice(2);
for (const { name } of MUTANTS) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [ONE, name, seeds], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name}: ${stderr}`);
  const found = JSON.parse(stdout) as { seed: number; failure: string } | null;
  if (found === null) process.exitCode = 1;
  console.log(
    `${name}: ${found === null ? `not found in ${seeds} seeds` : `seed ${found.seed}: ${found.failure}`}`,
  );
}
