// Seeds, measures and prints; docs/performance.md tells what and why.
//
//   npm run bench -- --help
import process from 'node:process';
import { describeMachine, machineLines } from './machine.ts';
import { type BenchOptions, parseOptions, USAGE } from './options.ts';
import type { Row } from './row.ts';
import { SUITES } from './suites.ts';
import { renderRows } from './table.ts';
import { tell } from './workspace.ts';

async function bench(options: BenchOptions): Promise<void> {
  const machine = await describeMachine();
  const started = new Date();
  const rows: Row[] = [];
  for (const suite of SUITES) {
    if (options.only.length > 0 && !options.only.includes(suite.name)) continue;
    tell(`${suite.name} ...`);
    rows.push(...(await suite.run(options)));
  }
  const minutes = (Date.now() - started.getTime()) / 60_000;
  if (options.json) console.log(JSON.stringify({ machine, options, started, minutes, rows }, null, 2));
  else console.log(`${machineLines(machine)}\n\n${renderRows(rows)}`);
  tell(`${minutes.toFixed(1)} minutes`);
}

try {
  const options = parseOptions(
    process.argv.slice(2),
    SUITES.map(({ name }) => name),
  );
  if (options === 'help') console.log(USAGE);
  else await bench(options);
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
