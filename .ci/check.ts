// Everything that must hold before a change lands, one step after another; the first line of a failed step's output tells why.
//
// node .ci/check.ts           what `npm test` runs
// node .ci/check.ts --long    what takes real waiting, chance or size
//
// The last lines are what failed, and "N passed, N failed". Where CHECK_COUNTS names a file, they are lines of that file instead, the
// last one with the two numbers alone.
import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const counts = join(tmpdir(), `work-ledger-counts-${process.pid}.json`);
const vitest = (...projects: string[]): string[] => [
  'run',
  ...projects.flatMap((project) => ['--project', project]),
];

type Step = [name: string, command: string, args: string[], env?: Record<string, string>];
const FAST: Step[] = [
  ['build', 'npm', ['run', '--silent', 'build']],
  ['format, lint, layers', 'biome', ['ci', '--error-on-warnings']],
  ['types', 'tsc', ['-p', '.']],
  ['dead code', 'knip', []],
  ['package', 'publint', ['--strict']],
  ['package types', 'attw', ['--pack', '.', '--profile', 'esm-only']],
  ['tests', 'vitest', vitest('unit', 'e2e')],
];
const LONG: Step[] = [
  ['long tests', 'vitest', vitest('long')],
  ['properties, tried more often', 'vitest', vitest('properties'), { WL_TEST_EFFORT: '2' }],
];

let passed = 0;
let failed = 0;
const failures: string[] = [];
const began = Date.now();
for (const [name, command, args, env] of process.argv[2] === '--long' ? LONG : FAST) {
  const started = Date.now();
  const { status } = spawnSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, TEST_COUNTS: counts, ...env },
  });
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${since(started)} s)`);
  if (command === 'vitest') countTests();
  else if (status === 0) passed += 1;
  if (status !== 0) failed += 1;
}
console.log(`in all ${since(began)} s`);

function since(time: number): string {
  return ((Date.now() - time) / 1000).toFixed(1);
}

function countTests(): void {
  try {
    const result = JSON.parse(readFileSync(counts, 'utf8')) as {
      passed: number;
      failed: number;
      failures: string[];
    };
    passed += result.passed;
    failed += result.failed;
    failures.push(...result.failures);
    rmSync(counts);
  } catch {
    console.log('the test runner left no report');
    failed += 1;
  }
}

const told = failures.map((failure) => `FAILED ${failure}\n`).join('');
const { CHECK_COUNTS } = process.env;
if (CHECK_COUNTS === undefined) console.log(`${told}${passed} passed, ${failed} failed`);
else appendFileSync(CHECK_COUNTS, `${told}${passed} ${failed}\n`);
process.exitCode = failed === 0 ? 0 : 1;
