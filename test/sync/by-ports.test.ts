import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SOURCE = fileURLToPath(new URL('../../src/', import.meta.url));
const LAYERS = 'agents,audit,codec,domain,hosts,ledger,merge,projection,query,review,sync,transfer';
/** Time and chance as a program finds them, which nobody could repeat. */
const GLOBAL =
  /\b(?:random(?:UUID|Bytes|Int|FillSync|Fill)|getRandomValues|Math\.random|Date\.now|new Date\(\)|performance\.now|hrtime|set(?:Timeout|Interval|Immediate))\b/g;

const [DEFAULTS, PROCESSES] = [
  'what the ports are where no program gives its own',
  'processes of this machine, which no port stands in for',
];

/** The files that reach for them by themselves, and for what. */
const REACHES: Readonly<Record<string, string>> = {
  'agents/workers/execution-memory.ts': PROCESSES,
  'agents/workers/orphaned-executions.ts': PROCESSES,
  'agents/workers/process-group.ts': PROCESSES,
  'ledger/giving-up.ts':
    'a caller that was given up and looks for what became of its call: it decides nothing',
  'ledger/options.ts': DEFAULTS,
  'ledger/seam.ts': DEFAULTS,
  'review/check.ts': 'a check of its own, in the job of a host, which opens no ledger',
  'review/open-request.ts': PROCESSES,
};

test('given the layers that decide, write and read, when they need time or chance, then they ask a port, so that a run can be repeated by its seed', () => {
  const reaching = globSync(`{${LAYERS}}/**/*.ts`, { cwd: SOURCE })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => {
      const code = readFileSync(`${SOURCE}${path}`, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
      return code.search(GLOBAL) >= 0;
    });
  expect(reaching.sort()).toEqual(Object.keys(REACHES));
});
