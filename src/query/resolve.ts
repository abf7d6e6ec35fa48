import { LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import { WORK_ID } from '../domain/ids.ts';
import type { IndexView } from '../projection/index-view.ts';

const SUGGESTIONS = 3;
/** What may be typed for an id: a part of one, or the id an imported item had. Never an option or a path. */
const TYPED = /^[A-Za-z0-9][\w.-]*$/;

/**
 * The id that `typed` stands for: whole, any part that only one id has, or the id from before an import.
 *
 * @throws LedgerError `INVALID_INPUT` where it cannot be one; `AMBIGUOUS_ID` and `NOT_FOUND` with near ones
 */
export function resolveId(view: IndexView, typed: string): WorkId {
  if (!TYPED.test(typed) || typed.includes('..')) {
    throw new LedgerError('INVALID_INPUT', `${JSON.stringify(typed)} is not a work item id.`, {
      hint: 'An id looks like WRK-20260103-0001, or is any part of one that no other has.',
      details: { id: typed },
    });
  }
  if (WORK_ID.test(typed) && view.wasUsed(typed)) return typed;
  const part = typed.toLowerCase();
  const [only, ...others] = candidates(view, part);
  if (only !== undefined && others.length === 0) return only;
  if (only === undefined) {
    const [imported] = view.ids('imported_id = ?', typed);
    if (imported !== undefined) return imported;
    throw notFound(typed, nearest(view.ids('TRUE'), part));
  }
  throw new LedgerError('AMBIGUOUS_ID', `${typed} is part of ${others.length + 1} ids.`, {
    hint: `One of: ${[only, ...others].slice(0, SUGGESTIONS).join(', ')}`,
    details: { id: typed, candidates: [only, ...others].slice(0, 20) },
  });
}

/** What comes nearest to what was meant: the number itself, then the id's end, then any part of it. */
function candidates(view: IndexView, part: string): WorkId[] {
  const numbered = /^\d{1,9}$/.test(part) ? view.ids('number = ?', Number(part)) : [];
  if (numbered.length > 0) return numbered;
  const ending = view.ids('substr(lower(id), ?) = ?', -(part.length + 1), `-${part}`);
  return ending.length > 0 ? ending : view.ids('instr(lower(id), ?) > 0', part);
}

export function notFound(typed: string, near: readonly WorkId[]): LedgerError {
  return new LedgerError('NOT_FOUND', `There is no item ${typed}.`, {
    hint: near.length === 0 ? '`wl list --all` shows every item.' : `Did you mean ${near.join(' or ')}?`,
    details: { id: typed, near },
  });
}

/** Ids that differ least from what was typed. */
function nearest(ids: readonly WorkId[], typed: string): WorkId[] {
  const scored = ids.map((id) => ({ id, distance: editDistance(id.toLowerCase(), typed) }));
  scored.sort((a, b) => a.distance - b.distance || (a.id < b.id ? 1 : -1));
  return scored
    .filter(({ distance }) => distance <= 3)
    .slice(0, SUGGESTIONS)
    .map(({ id }) => id);
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
