import { map } from '../check-input.ts';
import { type FieldKey, GIVEN } from '../fields.ts';
import { checkReferences, keyInUse, keyUsed, requireOwnKey } from '../graph.ts';
import { idDate, numberedId, type WorkId } from '../ids.ts';
import type { WorkItem } from '../item.ts';
import { contentDigest, type NewWork, toItem, toNewWork } from '../item-schema.ts';
import { requireFreeSource } from '../provenance.ts';
import { normalizeText } from '../text.ts';
import type { LedgerView } from '../view.ts';
import { defineEntering, type EnteringVerb } from './define.ts';
import { requireUnused } from './shared.ts';

/** Without `id` the next number of the day is taken, again at each replay. */
type CreateInput = {
  id?: WorkId | undefined;
  fields: NewWork;
};

/** Makes an item; or finds the one that was made under its idempotency key, by a request for the same. */
export const create: EnteringVerb<CreateInput> = defineEntering({
  from: ['none'],
  to: 'pending',
  by: 'anyone',
  input: { fields: map() },
  line: 'created',
  enter({ id: asked, fields: given, op, actor, at }, view) {
    const fields = toNewWork(given);
    const date = idDate(at);
    const prefix = view.settings.id_prefix;
    const id = asked ?? numberedId(prefix, date, view.nextNumber(prefix, date));
    const item = toItem(
      {
        ...fields,
        schema: 1,
        id,
        rev: 1,
        last_op: op,
        status: 'pending',
        description: normalizeText(fields.description),
        labels: [...new Set(fields.labels)].sort(),
        dependencies: [...new Set(fields.dependencies)],
        created_at: at,
        created_by: actor,
        updated_at: at,
      },
      'new item',
    );
    const standing = madeBefore(view, item);
    if (standing !== undefined) return { item: standing, existed: true };
    requireOwnKey(view, item, actor);
    requireUnused(view, id);
    checkReferences(view, item, undefined);
    requireFreeSource(view, item, undefined);
    return { item, existed: false };
  },
  /** What else is in the new item follows from what was given. */
  read: ({ after }) => ({ fields: Object.fromEntries(READ_BACK.map((key) => [key, after[key]])) as NewWork }),
  least: ({ title }) => ({ fields: { title } }),
});

/** @throws LedgerError `KEY_USED` where the key gives no item: it was used for something else, or what it was used for is gone */
function madeBefore(view: LedgerView, item: WorkItem): WorkItem | undefined {
  const { idempotency_key: key } = item;
  const used = keyInUse(view, item);
  if (key === undefined || used === undefined) return undefined;
  const same = used.digest === contentDigest(item);
  const found = same ? view.find(used.id) : undefined;
  if (found !== undefined) return found;
  throw keyUsed(key, used.id, { same, deleted: view.statusOf(used.id) === undefined });
}

const READ_BACK: readonly FieldKey[] = [...GIVEN, 'owner'];
