/** Callers of one process on a ledger: each takes an item that is ready, works on it and completes it, again and again. */
import type { TransitionResult, WorkItem, WorkLedger } from '../../src/index.ts';
import { loadLibrary } from '../program.ts';
import { type Transition, work } from './worker.ts';

/** However slow the machine is, nobody gives up. */
const PATIENCE_S = 3_600;
/** Among how many of the most urgent items a caller picks one. */
const CHOICE = 200;

const { isLedgerError, openLedger } = await loadLibrary();

await work(async ({ dir, name }) => {
  const ledger = await openLedger({ dir, actor: name, patience_s: PATIENCE_S });
  // Callers live long: all that a transition needs is loaded.
  await ledger.clone.fetch();
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
    return ledger.work.checkpoint(held.id, { step: `${step}`, data: { notes: 'x'.repeat(100) } }, fence);
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
  const ready = await ledger.getReadyToStart({ limit: CHOICE });
  const item = ready[Math.floor(Math.random() * ready.length)];
  if (item === undefined) throw new Error(`${owner} has nothing left to do; seed more items`);
  return item.id;
}
