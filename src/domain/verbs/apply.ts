import type { CommandOf } from '../commands.ts';
import type { WorkItem } from '../item.ts';
import type { Verb } from '../transitions.ts';
import type { LedgerView } from '../view.ts';

/**
 * What one verb does to an item that the transition table and the verb's right already let through. Returns the item as it
 * will stand, but for what every transition sets (`rev`, `last_op`, `updated_at`); `undefined` where there is nothing to do.
 */
export type Apply<V extends Verb> = (
  item: WorkItem,
  command: CommandOf<V>,
  view: LedgerView,
) => WorkItem | undefined;

/** The item without what belongs to being held. */
export function withoutHolder(item: WorkItem): WorkItem {
  return { ...item, owner: undefined, execution_id: undefined, block: undefined };
}
