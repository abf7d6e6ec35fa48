import { text } from '../check-input.ts';
import { LedgerError } from '../errors.ts';
import type { WorkId } from '../ids.ts';
import type { WorkItem } from '../item.ts';
import { admits, allowRuleFor } from '../policy-rules.ts';
import type { LedgerSettings } from '../settings.ts';
import { firstOf, listed } from '../text.ts';
import type { LedgerView } from '../view.ts';
import { type ChangingVerb, defineVerb } from './define.ts';
import { ENDED, seesEnding } from './shared.ts';

type DeleteInput = {
  id: WorkId;
  reason?: string | undefined;
};

/** Removes the file of an item that ended; its history stays. */
export const deleteItem: ChangingVerb<DeleteInput> = defineVerb({
  from: ENDED,
  to: 'gone',
  by: 'anyone',
  reason: 'optional',
  input: { reason: text },
  line: 'deleted',
  sees: seesEnding,
  apply(item, { at }, view) {
    requireExpired(view.settings, item, at);
    refuseReferenced(view, item.id);
    return 'gone';
  },
});

/** An item that open work still points to stays, or that work would point to nothing. */
function refuseReferenced(view: LedgerView, id: WorkId): void {
  const users = [
    ...new Set([...view.openDependentsOf(id), ...view.blockedOn(id), ...view.openChildrenOf(id)]),
  ];
  if (users.length === 0) return;
  throw new LedgerError('STILL_REFERENCED', `${id} is still needed by ${listed(users)}.`, {
    hint: 'Finish those first, or drop the dependency: wl dep rm ID DEPENDENCY',
    details: { id, users: firstOf(users) },
  });
}

const DAY = 86_400_000;

function requireExpired({ retention_days }: LedgerSettings, item: WorkItem, at: string): void {
  const until = expiresAt(retention_days, item);
  if (until === undefined || Date.parse(at) >= until) return;
  const day = new Date(until).toISOString();
  throw new LedgerError(
    'POLICY_DENIED',
    `${item.id} is kept until ${day}: retention_days is ${retention_days}.`,
    {
      hint: 'Its history stays in any case; only its file would go.',
      details: { id: item.id, until: day, retention_days },
    },
  );
}

/** True where the actor may remove the file of an item as soon as it has ended. */
export const mayDeleteAtOnce = (settings: LedgerSettings, actor: string, item: WorkItem): boolean => {
  const found = allowRuleFor(settings, 'delete', item);
  return !settings.retention_days && (found === undefined || admits(settings, found, actor, item));
};

/** When an ended item may be deleted, in milliseconds since 1970; `undefined` where at once. */
export function expiresAt(
  retentionDays: number | undefined,
  { completed_at, updated_at }: Pick<WorkItem, 'completed_at' | 'updated_at'>,
): number | undefined {
  return retentionDays === undefined
    ? undefined
    : Date.parse(completed_at ?? updated_at) + retentionDays * DAY;
}
