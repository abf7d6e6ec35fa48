/** A worker of the library in a process whose machine has a time of its own. Prints what happens as lines of JSON. */
import type { Agent } from '../../src/agents.ts';
import { setMachineTime } from '../helpers/machine-time.ts';

setMachineTime(JSON.parse(process.argv[2] ?? ''));
// What looks at the time when it is loaded is to see this one.
const { runWorker } = await import('../../src/agents.ts');
const { openLedger } = await import('../../src/index.ts');

const agent: Agent = async function* ({ epoch, checkpoint }) {
  if (checkpoint === undefined) yield { type: 'checkpoint', step: `half of ${epoch}` };
  await new Promise((resolve) => setTimeout(resolve, 200));
};

const end = new AbortController();
process.on('SIGTERM', () => end.abort());
const ledger = await openLedger();
await runWorker({
  ledger,
  agent,
  signal: end.signal,
  onEvent: (event) => void process.stdout.write(`${JSON.stringify(event)}\n`),
});
await ledger.close();
