import { LedgerError } from './errors.ts';
import type { WorkItem } from './item.ts';
import { admits, allowRuleFor } from './policy-rules.ts';
import type { LedgerSettings } from './settings.ts';

const DAY = 86_400_000;

/** @throws LedgerError `POLICY_DENIED` where an item is kept for longer */
export function requireExpired({ retention_days }: LedgerSettings, item: WorkItem, at: string): void {
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
