import { signOf } from '../domain/holding.ts';
import type { WorkItem } from '../domain/item.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import { standingOf } from './hold.ts';
import type { ExecutionMemory } from './ports.ts';
import { endGroup } from './process-identity.ts';

/**
 * Gives back, without waiting for their leases, items of executions that are certainly gone: those that `memory` has as `left`.
 * What is blocked meanwhile is kept as `parked`.
 *
 * @returns the items that are pending again, or have used their attempts
 * @throws LedgerError `REMOTE_UNREACHABLE` and others that pass: what is left then is left still
 */
export async function giveBackLeft(ledger: WorkLedger, memory: ExecutionMemory): Promise<WorkItem[]> {
  const left = memory.list().filter(({ state }) => state === 'left');
  if (left.length === 0) return [];
  // A program that outlived the process that started it would go on beside the next one.
  await Promise.all(left.flatMap(({ process }) => (process === null ? [] : [endGroup(process)])));
  await ledger.fetch();
  const open = [...(await ledger.getInProgress()), ...(await ledger.getBlocked())];
  const given: WorkItem[] = [];
  for (const execution of left) {
    const { execution_id } = execution;
    const item = open.find(({ claim }) => claim?.execution_id === execution_id);
    const standing = standingOf(item, execution);
    if (standing === 'blocked' && item !== undefined)
      memory.remember({ ...execution, id: item.id, state: 'parked' });
    else {
      const back = standing === 'held' && item !== undefined ? await giveBack(ledger, item) : undefined;
      if (back !== undefined) given.push(back);
      memory.forget(execution_id);
    }
  }
  return given;
}

async function giveBack(ledger: WorkLedger, item: WorkItem): Promise<WorkItem | undefined> {
  const reason = `the process of ${item.claim?.execution_id} is gone: ${item.owner ?? 'nobody'} worked on it`;
  const input = { id: item.id, reason, observed: signOf(item) };
  const [outcome] = await ledger.batch([ledger.command('recover', input)]);
  // Where it was refused, it moved meanwhile: someone else looked after it.
  return outcome?.kind === 'accepted' ? outcome.item : undefined;
}
