import { itemOf, type WorkLedger } from '../../src/index.ts';

/** Does one of everything to a ledger, beginning with nothing. @returns the item that is left, completed */
export async function liveWhole(ledger: WorkLedger): Promise<string> {
  const { id } = await ledger.createWork({ title: 'Epic' });
  const child = await ledger.createSubtask(id, { title: 'Child' });
  itemOf(await ledger.blockWork(child.id, { reason: 'waits' }));
  itemOf(await ledger.unblockWork(child.id));
  itemOf(await ledger.claimWork(child.id));
  itemOf(await ledger.work.checkpoint(child.id, { step: 'half' }));
  itemOf(await ledger.failWork(child.id, { error: 'broken' }));
  itemOf(await ledger.work.retry(child.id));
  itemOf(await ledger.work.cancel(child.id));
  itemOf(await ledger.work.delete(child.id));
  itemOf(await ledger.work.update(id, { set: { priority: 'high' } }));
  itemOf(await ledger.work.comment(id, 'done soon'));
  itemOf(await ledger.completeWork(id, { claim: true }));
  if (ledger.clone.remote !== null) await ledger.clone.sync();
  await ledger.audit.verify();
  return id;
}
