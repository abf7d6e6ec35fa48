import type { Acting } from '../../ledger/inputs.ts';
import type { Liveness, OrphanedWork } from '../../ledger/orphans.ts';
import type { RecoveredWork } from '../../ledger/recover.ts';
import type { WorkLedger } from '../../ledger/work-ledger.ts';
import { listPresence, type PresenceEntry } from './list.ts';

/** Work in progress whose holder gives no sign of life, in the ledger or by presence. Asks the remote. */
export async function findSilent(ledger: WorkLedger): Promise<OrphanedWork[]> {
  if (ledger.clone.mode === 'push') await ledger.clone.fetch();
  return ledger.query.orphaned({ liveness: await livenessFor(ledger) });
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
  if ((await ledger.query.count({ status: ['in_progress'] })) === 0) return undefined;
  return livenessIn((await listPresence(ledger)).entries);
}

/**
 * The signs of life in a list of presence. Nothing in it is certain: that someone is listed only says that they were once.
 * What is damaged is no sign.
 */
export function livenessIn(entries: readonly PresenceEntry[]): Liveness {
  const signs = new Map<string, { seen: string; at: string }>();
  for (const entry of entries) {
    if (entry.kind === 'damaged') continue;
    const { seq, at, executions } = entry.record;
    const seen = `${entry.name} ${seq} ${entry.oid}`;
    for (const { id, execution_id } of executions) {
      const key = `${id} ${execution_id}`;
      const other = signs.get(key);
      signs.set(
        key,
        other === undefined
          ? { seen, at }
          : { seen: `${other.seen}\n${seen}`, at: at > other.at ? at : other.at },
      );
    }
  }
  return (id, execution_id) => signs.get(`${id} ${execution_id}`) ?? 'silent';
}
