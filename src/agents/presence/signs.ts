import type { Liveness } from '../../ledger/orphans.ts';
import type { PresenceEntry } from './list.ts';

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
