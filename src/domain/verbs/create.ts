import { map } from '../check-input.ts';
import { type FieldKey, GIVEN } from '../fields.ts';
import { checkReferences } from '../graph.ts';
import { idDate, numberedId, type WorkId } from '../ids.ts';
import { type NewWork, toItem, toNewWork } from '../item-schema.ts';
import { requireFreeSource } from '../provenance.ts';
import { normalizeText } from '../text.ts';
import { defineEntering, type EnteringVerb } from './define.ts';
import { requireUnused } from './shared.ts';

/** Without `id` the next number of the day is taken, again at each replay. */
type CreateInput = {
  id?: WorkId | undefined;
  fields: NewWork;
};

/** Makes an item; or finds the open one that has its idempotency key already. */
export const create: EnteringVerb<CreateInput> = defineEntering({
  from: ['none'],
  to: 'pending',
  by: 'anyone',
  input: { fields: map() },
  line: 'created',
  enter({ id: asked, fields: given, op, actor, at }, view) {
    const fields = toNewWork(given);
    const existing =
      fields.idempotency_key === undefined ? undefined : view.openByKey(fields.idempotency_key);
    const same = existing === undefined ? undefined : view.find(existing);
    if (same !== undefined) return { item: same, existed: true };

    const date = idDate(at);
    const prefix = view.settings.id_prefix;
    const id = asked ?? numberedId(prefix, date, view.nextNumber(prefix, date));
    requireUnused(view, id);
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
    checkReferences(view, item, undefined);
    requireFreeSource(view, item, undefined);
    return { item, existed: false };
  },
  /** What else is in the new item follows from what was given. */
  read: ({ after }) => ({ fields: Object.fromEntries(READ_BACK.map((key) => [key, after[key]])) as NewWork }),
  least: ({ title }) => ({ fields: { title } }),
});

const READ_BACK: readonly FieldKey[] = [...GIVEN, 'owner'];
