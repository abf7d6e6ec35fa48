import { readdirSync } from 'node:fs';
import { initLedger, itemOf } from '../../src/index.ts';

/**
 * Keeps one ledger open for many transitions, and prints what the process holds, as JSON, a line each time.
 * `node --expose-gc soak.ts DIR TRANSITIONS EVERY`
 */
const [, , dir = '', transitions = '', every = ''] = process.argv;
const collect = globalThis.gc;
if (collect === undefined) throw new Error('run it with --expose-gc');

const { ledger } = await initLedger({ dir, actor: 'ada' });

let id = '';
const execution_id = 'exec-soak';

/** Items come, are worked on, are looked at, and end: five transitions each. */
async function step(n: number): Promise<void> {
  switch (n % 5) {
    case 0:
      id = (await ledger.createWork({ title: `Work ${n}`, description: 'A line or two.\n'.repeat(9) })).id;
      return;
    case 1:
      itemOf(await ledger.claimWork(id, { execution_id }));
      return;
    case 2:
      itemOf(await ledger.work.checkpoint(id, { step: `${n}` }, { execution_id }));
      return;
    case 3:
      await ledger.getReadyToStart({
        limit: 5,
        labels: Array.from({ length: 1 + (n % 40) }, (_, l) => `l${l}`),
      });
      itemOf(await ledger.work.comment(id, `Comment ${n}`));
      return;
    default:
      itemOf(await ledger.completeWork(id, { execution_id, result: { n } }));
  }
}

for (let n = 0; n < Number(transitions); n += 1) {
  await step(n);
  if ((n + 1) % Number(every) !== 0) continue;
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  collect();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  const descriptors = process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
  console.log(JSON.stringify({ transitions: n + 1, heapUsed, external, arrayBuffers, descriptors }));
}
await ledger.close();
