// A worker as a program of its own:
//
//   node examples/worker-typescript/main.ts DIR OUTBOX
import { runWorker } from '../../src/agents.ts';
import { openLedger } from '../../src/index.ts';
import { lineAgent } from './agent.ts';
import { outbox } from './outbox.ts';

const [, , dir = '.', folder = 'outbox'] = process.argv;
const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort());

const ledger = await openLedger({ dir });
try {
  // Started again under the same name, it takes up at once what it left.
  const { completed } = await runWorker({
    ledger,
    name: 'line-worker',
    agent: lineAgent(outbox(folder)),
    idle_exit: true,
    signal: stopping.signal,
    onEvent: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
  });
  process.stderr.write(`${completed} completed\n`);
} finally {
  await ledger.close();
}
