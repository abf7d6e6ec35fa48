import type { BenchOptions } from '../options.ts';
import type { Row, Suite } from '../row.ts';
import { tell } from '../workspace.ts';
import type { Figures } from './measure.ts';
import { type ContentionRow, run } from './run.ts';

const QUICK_SECONDS = 3;

/** Many callers at one remote, each beside the naive loop: fetch, commit, push, and again where others were first. */
export const contentionSuite: Suite<BenchOptions> = {
  name: 'contention',
  run: async ({ quick }) => {
    const rows = await run({ seconds: quick ? QUICK_SECONDS : undefined, progress: tell });
    return rows.flatMap(describe);
  },
};

function describe({ scenario, ledger, naive, ratio, missed }: ContentionRow): Row[] {
  const table = 'Contention: transitions on the shared branch';
  const words = missed.length === 0 ? `≥ ${scenario.ratio} × naive` : missed.join(', ');
  return [
    {
      table,
      what: scenario.title,
      figures: { ...figuresOf(ledger), '× naive': ratio },
      target: { words, met: missed.length === 0 },
    },
    { table, what: '  naive loop', figures: figuresOf(naive) },
  ];
}

const figuresOf = ({
  per_second,
  median_wait,
  slowest_wait,
  pushes,
  fetches,
  cpu,
}: Figures): Row['figures'] => ({
  'a second': per_second,
  'median, ms': median_wait,
  'slowest, ms': slowest_wait,
  'pushes each': pushes,
  'fetches each': fetches,
  ...(cpu === undefined ? {} : { 'CPU each, ms': cpu }),
});
