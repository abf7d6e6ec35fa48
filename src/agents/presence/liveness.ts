import type { Acting } from '../../ledger/inputs.ts';
import type { Liveness, OrphanedWork } from '../../ledger/orphans.ts';
import type { RecoveredWork } from '../../ledger/recover.ts';
import type { WorkLedger } from '../../ledger/work-ledger.ts';
import { listPresence } from './list.ts';
import { livenessIn } from './signs.ts';

/** Work in progress whose holder gives no sign of life, in the ledger or by presence. Asks the remote. */
export async function findSilent(ledger: WorkLedger): Promise<OrphanedWork[]> {
  if (ledger.mode === 'push') await ledger.fetch();
  return ledger.getOrphanedWork({ liveness: await livenessFor(ledger) });
}

export interface RecoverSilentOptions extends Acting {
  /** True for executions that run for certain, whatever others can see of them: those of this process. */
  runs?: ((execution_id: string) => boolean) | undefined;
}

/** Gives back work whose holder gives no sign of life, in the ledger or by presence. */
export async function recoverSilent(
  ledger: WorkLedger,
  { actor, runs }: RecoverSilentOptions = {},
): Promise<RecoveredWork[]> {
  const listed = await livenessFor(ledger);
  const liveness: Liveness = (id, execution_id) =>
    runs?.(execution_id) ? 'alive' : (listed?.(id, execution_id) ?? 'silent');
  return ledger.recoverOrphanedWork({ actor, liveness });
}

/** Nobody needs to be asked where nobody works. */
async function livenessFor(ledger: WorkLedger): Promise<Liveness | undefined> {
  if ((await ledger.count({ status: ['in_progress'] })) === 0) return undefined;
  return livenessIn((await listPresence(ledger)).entries);
}
