import type { WorkId } from '../domain/ids.ts';
import type { PresenceEntry } from './presence-list.ts';

/**
 * Whether anyone lists an execution as running, and what changes with each of its signs: two looks with one answer had no
 * sign between them.
 *
 * @returns `undefined` where nobody lists it
 */
export type SignsOfLife = (id: WorkId, execution_id: string) => string | undefined;

/** The signs in a list of presence. What is damaged is no sign. */
export function signsIn(entries: readonly PresenceEntry[]): SignsOfLife {
  const tokens = new Map<string, string[]>();
  for (const entry of entries) {
    if (entry.kind === 'damaged') continue;
    const token = `${entry.name} ${entry.record.seq} ${entry.oid}`;
    for (const { id, execution_id } of entry.record.executions) {
      const key = `${id} ${execution_id}`;
      tokens.set(key, [...(tokens.get(key) ?? []), token]);
    }
  }
  return (id, execution_id) => tokens.get(`${id} ${execution_id}`)?.toSorted().join('\n');
}
