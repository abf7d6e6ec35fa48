import { parseArgs } from 'node:util';

/** What a run of the benchmarks is asked to do. */
export interface BenchOptions {
  /** Numbers of items, each a table of its own. */
  sizes: readonly number[];
  /** Measured runs of each command. */
  runs: number;
  /** Names of suites; empty for all. */
  only: readonly string[];
  /** Packages of other trackers to run beside. */
  peers: readonly string[];
  /** All items are created on one day, instead of 30. */
  oneDay: boolean;
  json: boolean;
  quick: boolean;
}

/** With fewer, too little is ready for the transitions that are measured. */
const FEWEST = 500;

export const USAGE = `npm run bench -- [options]

  --quick          a minute's run: 1,000 items, 5 runs
  --only NAME      one suite, or several with commas
  --items N        N items, instead of 10,000 and 100,000
  --runs N         runs of each command (default: 11)
  --one-day        all items created on one day, instead of 30
  --peer PACKAGE   another tracker beside: backlog.md, get-tbd; can be given twice
  --json           one JSON document instead of tables
`;

/** @throws Error that says which option is wrong */
export function parseOptions(args: readonly string[], suites: readonly string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      items: { type: 'string', multiple: true, default: [] },
      runs: { type: 'string' },
      'one-day': { type: 'boolean', default: false },
      peer: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const only = values.only.flatMap((names) => names.split(','));
  const unknown = only.find((name) => !suites.includes(name));
  if (unknown !== undefined) throw new Error(`There is no suite ${unknown}; there are ${suites.join(', ')}.`);
  const { quick, json, peer: peers } = values;
  const sizes = values.items.map((text) => readCount('--items', text, FEWEST));
  const runs = values.runs === undefined ? undefined : readCount('--runs', values.runs);
  return {
    sizes: sizes.length > 0 ? sizes : quick ? [1_000] : [10_000, 100_000],
    runs: runs ?? (quick ? 5 : 11),
    only,
    peers,
    oneDay: values['one-day'],
    json,
    quick,
  };
}

function readCount(option: string, text: string, least = 1): number {
  const count = Number(text.replaceAll(/[,_]/g, ''));
  if (Number.isSafeInteger(count) && count >= least) return count;
  throw new Error(`${option} takes a number of at least ${least}, not ${text}.`);
}
