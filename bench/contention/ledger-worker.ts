/** Callers of one process on a ledger: each takes an item that is ready, works on it and completes it, again and again. */
import {
  isLedgerError,
  openLedger,
  type TransitionResult,
  type WorkItem,
  type WorkLedger,
} from '../../src/index.ts';
import { type Transition, work } from './worker.ts';

/** However slow the machine is, nobody gives up. */
const PATIENCE_MS = 3_600_000;

await work(async ({ dir, name }) => {
  const ledger = await openLedger({ dir, actor: name, patience: PATIENCE_MS });
  await ledger.getReadyToStart();
  return { caller: (index) => callerOf(ledger, `${name}-${index}`), close: () => ledger.close() };
});

function callerOf(ledger: WorkLedger, owner: string): Transition {
  let held: WorkItem | undefined;
  let step = 0;
  const next = async (): Promise<TransitionResult> => {
    if (held === undefined) return ledger.claimWork(await pick(ledger, owner), { owner });
    const fence = { owner, execution_id: held.claim?.execution_id, epoch: held.claim?.epoch };
    step = (step + 1) % 4;
    if (step === 0) return ledger.completeWork(held.id, { result: { by: owner }, ...fence });
    return ledger.checkpointWork(held.id, { step: `${step}`, data: { notes: 'x'.repeat(100) } }, fence);
  };
  return async () => {
    try {
      const result = await next();
      if (!result.ok) return { code: result.code };
      held = result.item.status === 'in_progress' ? result.item : undefined;
      return { op: result.item.last_op };
    } catch (error) {
      if (isLedgerError(error)) return { code: error.code };
      throw error;
    }
  };
}

/** Any item that is ready: others may pick the same, and then one of them gets it. */
async function pick(ledger: WorkLedger, owner: string): Promise<string> {
  const ready = await ledger.getReadyToStart();
  const item = ready[Math.floor(Math.random() * ready.length)];
  if (item === undefined) throw new Error(`${owner} has nothing left to do; seed more items`);
  return item.id;
}
