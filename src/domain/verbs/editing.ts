import { SETTABLE, type SetChange, type WorkPatch } from '../commands.ts';
import { LedgerError } from '../errors.ts';
import { checkReferences, requireFreeKey } from '../graph.ts';
import { isTerminal, type JsonMap, type WorkItem, type WorkLink } from '../item.ts';
import { toItem } from '../item-check.ts';
import { requireFreeSource } from '../provenance.ts';
import { normalizeText } from '../text.ts';
import type { Apply } from './apply.ts';

/** Lists of the item as sets: what stays keeps its order, what is added comes last. Adding wins over removing. */
function changeSet<T>(
  before: readonly T[],
  change: SetChange<T> | undefined,
  same: (a: T, b: T) => boolean,
): T[] {
  const has = (list: readonly T[], value: T) => list.some((other) => same(other, value));
  const kept = before.filter((value) => !has(change?.remove ?? [], value) || has(change?.add ?? [], value));
  for (const value of change?.add ?? []) if (!has(kept, value)) kept.push(value);
  return kept;
}

const sameText = (a: string, b: string): boolean => a === b;
const sameLink = (a: WorkLink, b: WorkLink): boolean => a.kind === b.kind && a.target === b.target;

function changeContext(before: JsonMap, change: WorkPatch['context']): JsonMap {
  const removed = new Set(
    Object.entries(change ?? {}).flatMap(([key, value]) => (value === null ? [key] : [])),
  );
  return Object.fromEntries(Object.entries({ ...before, ...change }).filter(([key]) => !removed.has(key)));
}

/** The fields that a patch sets, `undefined` where it removes one. */
function fieldsOf({ set = {} }: WorkPatch): Record<string, unknown> {
  const entries = Object.entries(set);
  const foreign = entries.map(([key]) => key).filter((key) => !(SETTABLE as readonly string[]).includes(key));
  if (foreign.length > 0) {
    throw new LedgerError('INVALID_INPUT', `\`update\` cannot set ${foreign.join(', ')}.`, {
      hint: 'Each other field belongs to a verb of its own.',
      details: { fields: foreign, settable: SETTABLE },
    });
  }
  return Object.fromEntries(
    entries.map(([key, value]) => {
      if (value === null) return [key, undefined];
      return [key, key === 'description' && typeof value === 'string' ? normalizeText(value) : value];
    }),
  );
}

function applyPatch(item: WorkItem, patch: WorkPatch): WorkItem {
  return {
    ...item,
    ...fieldsOf(patch),
    labels: changeSet(item.labels, patch.labels, sameText).sort(),
    dependencies: changeSet(item.dependencies, patch.dependencies, sameText),
    links: changeSet(item.links, patch.links, sameLink),
    context: changeContext(item.context, patch.context),
  };
}

export const update: Apply<'update'> = (item, { patch }, view) => {
  const after = toItem(applyPatch(item, patch), `change to ${item.id}`);
  checkReferences(view, after, item);
  requireFreeSource(view, after, item);
  if (after.idempotency_key !== item.idempotency_key && !isTerminal(after.status))
    requireFreeKey(view, after);
  return JSON.stringify(after) === JSON.stringify(toItem(item, item.id)) ? undefined : after;
};

export const comment: Apply<'comment'> = (item, { actor, at, body }) => {
  const text = normalizeText(body).trim();
  if (text === '') throw new LedgerError('INVALID_INPUT', 'A comment needs a text.');
  return { ...item, comments: [...item.comments, { at, by: actor, body: text }] };
};
