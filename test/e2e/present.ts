/** A process that is at work for as long as it lives. Prints what it is told as a line of JSON. */
import { createInterface } from 'node:readline';
import { openLedger, openPresence } from '../../src/index.ts';
import type { PresentJob, PresentReport } from '../helpers/present-process.ts';

const { dir, actor, ttl_ms, ids, renews } = JSON.parse(process.argv[2] ?? '') as PresentJob;
const say = (report: PresentReport): void => {
  process.stdout.write(`${JSON.stringify(report)}\n`);
};

const ledger = await openLedger({ dir, actor });
const presence = await openPresence({
  ledger,
  program: 'present',
  onNotice: ({ code }) => say({ kind: 'notice', code }),
  onLost: (execution_id) => say({ kind: 'lost', execution_id }),
});
const executions = ids.map((id) => {
  const execution_id = `exec-${process.pid}-${id}`;
  const renew = async (): Promise<void> => {
    const result = await ledger.work.checkpoint(id, { step: 'still at it' });
    if (!result.ok) throw new Error(result.message);
    say({ kind: 'renewed', id });
  };
  return { id, execution_id, epoch: 1, ttl_s: ttl_ms / 1000, renew: renews ? renew : undefined };
});
for (const one of executions) presence.start(one);
say({ kind: 'started', session: presence.session });

for await (const line of createInterface(process.stdin)) {
  if (line === 'beat') say({ kind: 'beat', taken: await presence.beat(), supported: presence.supported });
  if (line === 'end') break;
}
await presence.close();
await ledger.close();
say({ kind: 'done' });
