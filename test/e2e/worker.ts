/** One of several processes that work on a ledger. Prints what each call returned as a line of JSON, once it returned. */
import { once } from 'node:events';
import {
  initLedger,
  isLedgerError,
  openLedger,
  type TransitionResult,
  type Verb,
  type WorkItem,
} from '../../src/index.ts';
import type { Report, WorkerJob } from '../helpers/worker-process.ts';

/** However slow the machine is, a worker does not give up. */
const PATIENCE_S = 3_600;
const NOBODY = 65_534;
const { dir, actor, task, stranger } = JSON.parse(process.argv[2] ?? '') as WorkerJob;
if (stranger === true) await becomeStranger();
const options = { dir, actor, patience_s: PATIENCE_S };
if (task.kind === 'init') await started();
const { ledger, created } =
  task.kind === 'init' ? await initLedger(options) : { ledger: await openLedger(options), created: false };

/** Goes on as a user who owns nothing, where this process may: what it needs of the program is loaded before. */
async function becomeStranger(): Promise<void> {
  await Promise.all([
    import('../../src/store/native.ts'),
    import('../../src/store/clone-lock.ts'),
    import('../../src/store/local-state.ts'),
    import('../../src/remote/native.ts'),
  ]);
  if (process.getuid?.() !== 0) return;
  process.setgroups?.([]);
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
}

function say(report: Report): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

/** @returns the item where the transition took place */
async function tell(
  verb: Verb,
  id: string,
  call: () => Promise<TransitionResult>,
): Promise<WorkItem | undefined> {
  try {
    const result = await call();
    if (!result.ok) {
      say({ kind: 'lost', verb, id, code: result.code, message: result.message });
      return undefined;
    }
    const { item, where } = result;
    const epoch = item.claim?.epoch ?? null;
    say({ kind: 'acknowledged', verb, id: item.id, op: item.last_op, epoch, where });
    return item;
  } catch (error) {
    if (!isLedgerError(error)) throw error;
    const saved = (error.details.saved ?? []) as { op: string }[];
    say({
      kind: 'refused',
      verb,
      id,
      code: error.code,
      message: error.message,
      saved: saved.map(({ op }) => op),
    });
    return undefined;
  }
}

async function claim(id: string, execution_id?: string): Promise<WorkItem | undefined> {
  return tell('claim', id, () => ledger.claimWork(id, { execution_id }));
}

async function complete({ id, claim: held }: WorkItem): Promise<void> {
  const fence = { execution_id: held?.execution_id, epoch: held?.epoch };
  await tell('complete', id, () => ledger.completeWork(id, { result: { by: actor }, ...fence }));
}

async function perform(): Promise<void> {
  switch (task.kind) {
    case 'take':
      for (const id of task.ids) {
        const held = await claim(id, task.execution_id);
        if (held !== undefined) await complete(held);
      }
      return;
    case 'work':
      for (;;) {
        const ready = await ledger.getReadyToStart();
        const next = ready[Math.floor(Math.random() * Math.min(ready.length, 4))];
        if (next === undefined) return;
        const held = await claim(next.id);
        if (held === undefined) continue;
        const step = `half of ${held.claim?.epoch} by ${actor}`;
        await tell('checkpoint', held.id, () => ledger.work.checkpoint(held.id, { step }));
        await complete(held);
      }
    case 'list':
      say({ kind: 'listed', ids: (await ledger.query.list()).map(({ id }) => id) });
      return;
    case 'init':
      say({ kind: 'initialized', created, ledger_id: (await ledger.query.settings()).ledger_id });
      return;
    case 'create':
      for (let n = 0; n < task.count; n += 1) {
        const made = await tell('create', '', () => ledger.work.create({ title: `${actor} ${n}` }));
        const held = made && (await claim(made.id));
        if (held !== undefined) await complete(held);
      }
      return;
    default:
      task satisfies never;
  }
}

/** Waits until all are to begin. */
async function started(): Promise<void> {
  say({ kind: 'ready' });
  await once(process.stdin, 'data');
}

if (task.kind !== 'init') await started();
await perform();
await ledger.close();
say({ kind: 'done' });
process.stdin.destroy();
