// A chat whose every message is an item of the ledger, so that no answer is lost with the process that was giving it.
//
//   node examples/chat-server/main.ts [options] [-- COMMAND ARGS…]
import { parseArgs } from 'node:util';
import { type Agent, commandAgent, runWorker, type WorkerEvent } from '../../src/agents.ts';
import { openLedger } from '../../src/index.ts';
import { Chat } from './chat.ts';
import { Hub } from './hub.ts';
import { recorded } from './recorded.ts';
import { scriptedAgent } from './scripted-agent.ts';
import { startServer } from './server.ts';

/** How long clients have to read the last words. */
const LAST_WORDS_MS = 1_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dir: { type: 'string', default: '.' },
    name: { type: 'string', default: 'chat-server' },
    swarm: { type: 'string', default: 'chat' },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '8787' },
    origin: { type: 'string', multiple: true, default: [] },
    concurrency: { type: 'string', default: '5' },
    ttl: { type: 'string' },
    grace: { type: 'string', default: '10' },
    pause: { type: 'string', default: '300' },
  },
});

const [command, ...args] = positionals;
const agent: Agent =
  command === undefined ? scriptedAgent({ pause_ms: Number(values.pause) }) : commandAgent({ command, args });

const stopping = new AbortController();
const stoppingNow = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => (stopping.signal.aborted ? stoppingNow : stopping).abort());
}

const ledger = await openLedger({ dir: values.dir, actor: values.name });
const chat = new Chat(ledger, values.swarm);
const hub = new Hub(ledger, chat);
const server = await startServer({
  chat,
  hub,
  stopping: stopping.signal,
  host: values.host,
  port: Number(values.port),
  origins: values.origin,
});
stopping.signal.addEventListener('abort', () => server.stopListening());
process.stdout.write(`${JSON.stringify({ type: 'listening', url: server.url })}\n`);
try {
  // What an earlier process of this name left is taken up at once, by this worker's pool.
  await runWorker({
    ledger,
    agent: recorded(agent),
    name: values.name,
    concurrency: Number(values.concurrency),
    filter: { swarm_name: values.swarm },
    ttl_s: values.ttl === undefined ? undefined : Number(values.ttl),
    drain_grace_s: Number(values.grace),
    signal: stopping.signal,
    stop_signal: stoppingNow.signal,
    onEvent: (event) => {
      void hub.look();
      report(event);
    },
  });
} finally {
  await hub.close(LAST_WORDS_MS);
  await server.close();
  await ledger.close();
}

function report(event: WorkerEvent): void {
  if (event.type === 'text' || event.type === 'checkpoint' || event.type === 'result') return;
  process.stdout.write(`${JSON.stringify(event)}\n`);
}
