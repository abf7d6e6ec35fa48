import { compareText } from './item.ts';

type Named<T> = Readonly<Record<string, T>>;

/** @returns the entries after the change, names in order; `null` takes one away; `undefined` where none is left */
export function mergeNames<T>(
  before: Named<T> | undefined,
  patch: Named<T | null> | undefined,
): Record<string, T> | undefined {
  const entries = Object.entries<T | null>({ ...before, ...patch })
    .filter((entry): entry is [string, T] => entry[1] !== null)
    .sort(([a], [b]) => compareText(a, b));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** The change that leads from `before` to `after`; `undefined` where they are the same. Entries are compared as JSON. */
export function diffNames<T>(
  before: Named<T> | undefined,
  after: Named<T> | undefined,
): Record<string, T | null> | undefined {
  // Names may be those of every object's own methods.
  const was = new Map(Object.entries(before ?? {}));
  const is = new Map(Object.entries(after ?? {}));
  const changed = [...new Set([...was.keys(), ...is.keys()])].filter(
    (name) => JSON.stringify(was.get(name)) !== JSON.stringify(is.get(name)),
  );
  if (changed.length === 0) return undefined;
  return Object.fromEntries(changed.map((name) => [name, is.get(name) ?? null]));
}
