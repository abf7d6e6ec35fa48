import type { WorkId } from '../domain/ids.ts';

/**
 * `ids` in an order in which each stands after all that it needs, otherwise as given. What is needed but not among `ids` is
 * not waited for. The needs must have no cycle.
 */
export function needsFirst(ids: Iterable<WorkId>, needsOf: (id: WorkId) => Iterable<WorkId>): WorkId[] {
  const given = [...ids];
  const rank = new Map(given.map((id, index) => [id, index]));
  const rankOf = (id: WorkId): number => rank.get(id) ?? -1;
  const ordered = new Set<WorkId>();
  for (const start of given) {
    // A stack of our own: chains of dependencies can be longer than the call stack is deep.
    const stack = [start];
    for (let id = stack.at(-1); id !== undefined; id = stack.at(-1)) {
      const missing = [...needsOf(id)].filter((need) => rank.has(need) && !ordered.has(need));
      if (ordered.has(id) || missing.length === 0) {
        ordered.add(id);
        stack.pop();
      } else {
        stack.push(...missing.sort((a, b) => rankOf(b) - rankOf(a)));
      }
    }
  }
  return [...ordered];
}
