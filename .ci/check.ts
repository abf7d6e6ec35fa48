// Everything that must hold before a change lands, one step after another; the first line of a failed step's output tells why.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const report = join(tmpdir(), `work-ledger-tests-${process.pid}.json`);
const steps: [name: string, command: string, args: string[]][] = [
  ['format, lint, layers', 'biome', ['ci', '--error-on-warnings']],
  ['types', 'tsc', ['-p', '.']],
  ['dead code', 'knip', []],
  ['tests', 'vitest', ['run', '--reporter=dot', '--reporter=json', `--outputFile.json=${report}`]],
  ['build', 'npm', ['run', '--silent', 'build']],
  ['package', 'publint', ['--strict']],
  ['package types', 'attw', ['--pack', '.', '--profile', 'esm-only']],
];

let passed = 0;
let failed = 0;
for (const [name, command, args] of steps) {
  const started = Date.now();
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (name === 'tests') countTests();
  else if (status === 0) passed += 1;
  if (status !== 0) failed += 1;
}

function countTests(): void {
  try {
    const result = JSON.parse(readFileSync(report, 'utf8')) as {
      numPassedTests: number;
      numFailedTests: number;
    };
    passed += result.numPassedTests;
    failed += result.numFailedTests;
    rmSync(report);
  } catch {
    console.log('the test runner left no report');
    failed += 1;
  }
}

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
