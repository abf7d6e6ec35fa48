import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';

const SHOWN = 10;
const MESSAGE_LINES = 12;

/**
 * At the end: the slowest files; and how many tests passed and failed, and what failed, in the file that TEST_COUNTS names. What is
 * kept of a long run is often its last lines alone, so whoever reads that file says there what failed.
 */
export class ClosingReport implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    if (modules.length > SHOWN) console.log(slowest(modules));
    const { TEST_COUNTS } = process.env;
    if (TEST_COUNTS === undefined) return;
    const tests = modules.flatMap(({ children }) => [...children.allTests()]);
    const failed = tests.filter((test) => test.result().state === 'failed');
    const passed = tests.filter((test) => test.result().state === 'passed').length;
    const failures = [
      ...failed.map(describe),
      ...modules.flatMap((module) => module.errors().map((error) => said(nameOf(module), error))),
      ...unhandled.map((error) => said('outside of a test', error)),
    ];
    writeFileSync(TEST_COUNTS, JSON.stringify({ passed, failed: failed.length, failures }));
  }
}

const nameOf = (module: TestModule): string => relative('', module.moduleId);

const describe = (test: TestCase): string =>
  said(`${nameOf(test.module)} > ${test.fullName}`, ...(test.result().errors ?? []));

const said = (where: string, ...errors: readonly SerializedError[]): string =>
  [where, ...errors.flatMap(linesOf)].join('\n    ');

/** What a property found wrong is the cause of its error. */
function linesOf({ message, cause }: SerializedError): string[] {
  const lines = message.split('\n').slice(0, MESSAGE_LINES);
  return cause === undefined ? lines : [...lines, ...linesOf(cause as SerializedError)];
}

function slowest(modules: readonly TestModule[]): string {
  const timed = modules.map((module) => ({ file: nameOf(module), ms: module.diagnostic().duration }));
  const rows = timed.sort((one, other) => other.ms - one.ms).slice(0, SHOWN);
  return [
    `The ${SHOWN} slowest of ${modules.length} files, in seconds:`,
    ...rows.map(({ file, ms }) => `${(ms / 1000).toFixed(1).padStart(7)}  ${file}`),
    '',
  ].join('\n');
}
