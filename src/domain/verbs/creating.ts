import type { CommandOf } from '../commands.ts';
import { LedgerError } from '../errors.ts';
import { checkReferences, requireFreeKey } from '../graph.ts';
import { idDate, numberedId, parseId, type WorkId } from '../ids.ts';
import { isTerminal, type WorkItem } from '../item.ts';
import { toItem, toNewWork } from '../item-schema.ts';
import { requireFreeSource, standingFor } from '../provenance.ts';
import { normalizeText } from '../text.ts';
import type { LedgerView } from '../view.ts';

function refuseUsed(view: LedgerView, id: WorkId): void {
  parseId(id);
  if (!view.wasUsed(id)) return;
  throw new LedgerError('ID_TAKEN', `The id ${id} was given already.`, { details: { id } });
}

/** An item, and whether it stood already: then nothing is written. */
interface Entered {
  item: WorkItem;
  existed: boolean;
}

/** The item that a `create` makes, or the open one that has its idempotency key already. */
export function create(command: CommandOf<'create'>, view: LedgerView): Entered {
  const fields = toNewWork(command.fields);
  const existing = fields.idempotency_key === undefined ? undefined : view.openByKey(fields.idempotency_key);
  const same = existing === undefined ? undefined : view.find(existing);
  if (same !== undefined) return { item: same, existed: true };

  const date = idDate(command.at);
  const prefix = view.settings.id_prefix;
  const id = command.id ?? numberedId(prefix, date, view.nextNumber(prefix, date));
  refuseUsed(view, id);
  const item = toItem(
    {
      ...fields,
      schema: 1,
      id,
      rev: 1,
      last_op: command.op,
      status: 'pending',
      description: normalizeText(fields.description),
      labels: [...new Set(fields.labels)].sort(),
      dependencies: [...new Set(fields.dependencies)],
      created_at: command.at,
      created_by: command.actor,
      updated_at: command.at,
    },
    'new item',
  );
  checkReferences(view, item, undefined);
  requireFreeSource(view, item, undefined);
  return { item, existed: false };
}

/** The item that an `import` makes, or the one that came from the same source already. */
export function importItem(command: CommandOf<'import'>, view: LedgerView): Entered {
  const standing = standingFor(view, command.item);
  if (standing !== undefined) return { item: standing, existed: true };
  refuseUsed(view, command.id);
  const item = toItem(
    { ...command.item, id: command.id, schema: 1, rev: 1, last_op: command.op },
    'imported item',
  );
  checkReferences(view, item, undefined);
  if (!isTerminal(item.status)) requireFreeKey(view, item);
  return { item: { ...item, labels: [...new Set(item.labels)].sort() }, existed: false };
}
