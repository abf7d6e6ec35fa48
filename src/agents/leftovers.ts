import { attemptsAllowed, EXHAUSTED, isExhausted } from '../domain/attempts.ts';
import { isLedgerError } from '../domain/errors.ts';
import type { WorkItem } from '../domain/item.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import { OUTDATED, standingOf } from './hold.ts';
import type { ExecutionMemory } from './ports.ts';
import { endGroup } from './process-identity.ts';

/**
 * Gives back, without waiting for their leases, items of executions that are certainly gone: those that `memory` has as `left`.
 * What is blocked meanwhile is kept as `parked`.
 *
 * @returns the items that are pending again, or failed since they have used their attempts
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

/** As the execution itself would have done, had it had the time; what has used its attempts is not tried once more. */
async function giveBack(ledger: WorkLedger, item: WorkItem): Promise<WorkItem | undefined> {
  const { id, owner, claim, attempts } = item;
  const proof = { owner, execution_id: claim?.execution_id, epoch: claim?.epoch };
  const gone = `the process of ${claim?.execution_id} is gone`;
  const settings = await ledger.settings();
  const allowed = attemptsAllowed(item, settings);
  const error = `${EXHAUSTED} ${attempts} of ${allowed} attempts ended without a result. The last one: ${gone}`;
  try {
    const result = isExhausted(item, settings)
      ? await ledger.failWork(id, { error, ...proof })
      : await ledger.releaseWork(id, { reason: gone, ...proof });
    return result.ok ? result.item : undefined;
  } catch (failure) {
    // It moved meanwhile: someone else looked after it.
    if (isLedgerError(failure) && OUTDATED.has(failure.code)) return undefined;
    throw failure;
  }
}
