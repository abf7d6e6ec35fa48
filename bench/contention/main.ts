/** `node bench/contention/main.ts [--seconds N] [--only NAME]... [--json]` */
import { parseArgs } from 'node:util';
import type { Figures } from './measure.ts';
import { type ContentionRow, run } from './run.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    only: { type: 'string', multiple: true },
    json: { type: 'boolean', default: false },
  },
});
const rows = await run({
  seconds: values.seconds === undefined ? undefined : Number(values.seconds),
  only: values.only,
  progress: (what) => process.stderr.write(`${what}\n`),
});
process.stdout.write(values.json ? `${JSON.stringify(rows, undefined, 2)}\n` : rows.map(describe).join('\n'));

function describe({ scenario, ledger, naive, ratio, missed }: ContentionRow): string {
  const lines = [
    `${scenario.title}: ${ratio.toFixed(2)} × naive; ${missed.length === 0 ? 'met' : `missed: ${missed.join(', ')}`}`,
    `  ledger ${line(ledger)}`,
    `  naive  ${line(naive)}`,
  ];
  return `${lines.join('\n')}\n`;
}

function line(figures: Figures): string {
  const { per_second, median_wait, slowest_wait, pushes, fetches, cpu, refused } = figures;
  const of = (n: number): string => n.toFixed(2);
  const told = Object.entries(refused).map(([code, n]) => `, ${n} ${code}`);
  return (
    `${per_second.toFixed(1)}/s, wait ${Math.round(median_wait)} ms, slowest ${Math.round(slowest_wait)} ms; for each: ` +
    `${of(pushes)} pushes, ${of(fetches)} fetches, ${cpu === undefined ? '?' : Math.round(cpu)} ms cpu${told.join('')}\n` +
    `         git: ${Object.entries(figures.git)
      .map(([command, n]) => `${of(n)} ${command}`)
      .join(', ')}`
  );
}
