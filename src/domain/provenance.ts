import { LedgerError } from './errors.ts';
import { isWorkId, type WorkId } from './ids.ts';
import type { WorkItem } from './item.ts';
import type { LedgerView } from './view.ts';

/** Where an imported item came from. `from` names the source, `id` is the item's own name there. */
export interface Source {
  from: string;
  id: string;
}

/** What is longer names no source: it has to fit wherever the item goes. */
export const SOURCE_ID_LENGTH = 200;

/** A source as one text, for indexes. */
export const sourceKey = ({ from, id }: Source): string => JSON.stringify([from, id]);

/**
 * The sources of an item, the last one first. An item that came from a tracker, left for another ledger and was imported there
 * has both: `context.imported` of the one stands inside that of the other.
 *
 * @see docs/format.md, "Sources"
 */
export function sourcesOf({ context }: Pick<WorkItem, 'context'>): Source[] {
  const sources: Source[] = [];
  for (let origin = mapIn(context, 'imported'); origin !== undefined; origin = mapIn(origin, 'imported')) {
    const { from, id } = origin;
    if (isName(from) && isName(id)) sources.push({ from, id });
  }
  return sources;
}

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= SOURCE_ID_LENGTH;

function mapIn(map: unknown, key: string): Record<string, unknown> | undefined {
  if (map === null || typeof map !== 'object' || !Object.hasOwn(map, key)) return undefined;
  const value = (map as Record<string, unknown>)[key];
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** The ledger's item of a source, whether open or ended. Where several have it from an older version, the first by id. */
export const idFrom = (view: Pick<LedgerView, 'fromSource'>, source: Source): WorkId | undefined =>
  view.fromSource(sourceKey(source))[0];

/**
 * The item that the ledger has of the same source as `item`: one that has a source of it, or the very item that went out of this
 * ledger and comes back.
 */
export function standingFor(
  view: LedgerView,
  item: Pick<WorkItem, 'context' | 'created_at'>,
): WorkItem | undefined {
  for (const source of sourcesOf(item)) {
    const id = idFrom(view, source);
    const found = id === undefined ? ownItem(view, source, item.created_at) : view.find(id);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Another item that only has the same id was created at another time. */
function ownItem(view: LedgerView, { id }: Source, created_at: string): WorkItem | undefined {
  const found = isWorkId(id) ? view.find(id) : undefined;
  return found?.created_at === created_at ? found : undefined;
}

/** @throws LedgerError `INVALID_INPUT` where `item` takes a source that another item has */
export function requireFreeSource(view: LedgerView, item: WorkItem, before: WorkItem | undefined): void {
  const had = new Set((before === undefined ? [] : sourcesOf(before)).map(sourceKey));
  for (const source of sourcesOf(item)) {
    if (had.has(sourceKey(source))) continue;
    const other = view.fromSource(sourceKey(source)).find((id) => id !== item.id);
    if (other === undefined) continue;
    throw new LedgerError(
      'INVALID_INPUT',
      `${other} came from ${JSON.stringify(source.id)} of ${JSON.stringify(source.from)} already, which the context of ${item.id} names.`,
      {
        hint: `\`wl show ${other}\` shows it. A copy has no context.imported.`,
        details: { id: other, imported: { ...source } },
      },
    );
  }
}
