import type { RecoverOptions } from '../ledger/calls.ts';
import type { OrphanedWork } from '../ledger/orphans.ts';
import type { RecoveredWork } from '../ledger/recover.ts';
import type { SignsOfLife } from '../ledger/signs.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import { listPresence } from './presence-list.ts';
import { signsIn } from './presence-signs.ts';

/** Work in progress whose holder gives no sign of life, in the ledger or by presence. Asks the remote. */
export async function findSilent(ledger: WorkLedger): Promise<OrphanedWork[]> {
  if (ledger.mode === 'push') await ledger.fetch();
  return ledger.getOrphanedWork({ signs: await signsFor(ledger) });
}

/** Gives back work whose holder gives no sign of life, in the ledger or by presence. */
export async function recoverSilent(
  ledger: WorkLedger,
  options: Omit<RecoverOptions, 'signs'> = {},
): Promise<RecoveredWork[]> {
  return ledger.recoverOrphanedWork({ ...options, signs: await signsFor(ledger) });
}

/** Nobody needs to be asked where nobody works. */
async function signsFor(ledger: WorkLedger): Promise<SignsOfLife | undefined> {
  if ((await ledger.count({ status: ['in_progress'] })) === 0) return undefined;
  return signsIn((await listPresence(ledger)).entries);
}
