import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

const SHOWN = 20;

/** At the end: the slowest files; and how many tests passed and failed, in the file that TEST_COUNTS names. */
export class ClosingReport implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    if (modules.length > SHOWN) console.log(slowest(modules));
    const { TEST_COUNTS } = process.env;
    if (TEST_COUNTS === undefined) return;
    const states = modules.flatMap(({ children }) =>
      [...children.allTests()].map((test) => test.result().state),
    );
    const count = (state: string): number => states.filter((each) => each === state).length;
    writeFileSync(TEST_COUNTS, JSON.stringify({ passed: count('passed'), failed: count('failed') }));
  }
}

function slowest(modules: readonly TestModule[]): string {
  const timed = modules.map((module) => ({ file: module.moduleId, ms: module.diagnostic().duration }));
  const rows = timed.sort((one, other) => other.ms - one.ms).slice(0, SHOWN);
  return [
    `The ${SHOWN} slowest of ${modules.length} files, in seconds:`,
    ...rows.map(({ file, ms }) => `${(ms / 1000).toFixed(1).padStart(7)}  ${relative('', file)}`),
    '',
  ].join('\n');
}
