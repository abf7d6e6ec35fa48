import type { Liveness } from '../../ledger/orphans.ts';
import type { WorkLedger } from '../../ledger/work-ledger.ts';
import type { ListPresenceOptions, PresenceEntry, PresenceReport } from './list.ts';
import type { PresenceOptions } from './open.ts';
import type { Presence } from './presence.ts';

// Each loads what it needs when it is called: most programs only ask about items.

/** Signs of life of this process, for as long as it runs. */
export async function openPresence(options: PresenceOptions): Promise<Presence> {
  const open = await import('./open.ts');
  return open.openPresence(options);
}

/** Who says that they are at work, and since when this clone has seen no new sign of them. */
export async function listPresence(
  ledger: WorkLedger,
  options?: ListPresenceOptions,
): Promise<PresenceReport> {
  const list = await import('./list.ts');
  return list.listPresence(ledger, options);
}

/**
 * Takes away the signs of those who are gone: what this clone has seen unchanged for a day.
 *
 * @throws LedgerError `REMOTE_UNREACHABLE`, `REMOTE_REFUSED`
 */
export async function prunePresence(ledger: WorkLedger): Promise<PresenceEntry[]> {
  const list = await import('./list.ts');
  return list.prunePresence(ledger);
}

/** The signs of life in a report, by execution: for `recoverOrphanedWork` and `getOrphanedWork`. */
export async function livenessOf({ entries }: Pick<PresenceReport, 'entries'>): Promise<Liveness> {
  const { livenessIn } = await import('./list.ts');
  return livenessIn(entries);
}
