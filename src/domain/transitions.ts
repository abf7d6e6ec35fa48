import { WORK_STATUSES, type WorkStatus } from './item.ts';

/** Who may do it: anyone, the holder of the claim, or a rule of the verb's own (`assignee`, `creator_or_owner`, `not_owner`). */
export type Right = 'anyone' | 'owner' | 'assignee' | 'creator_or_owner' | 'not_owner' | 'owner_once_claimed';

export interface TransitionRow {
  /** Statuses it leads from; `none` for an item that does not exist yet. */
  readonly from: readonly (WorkStatus | 'none')[];
  /**
   * Where it leads; `same` keeps the status, `gone` removes the file, `as_held` is decided by whether it is held,
   * `pending_or_failed` by whether attempts are left, and `as_approved` by whether enough have approved.
   */
  readonly to: WorkStatus | 'same' | 'gone' | 'any' | 'as_held' | 'pending_or_failed' | 'as_approved';
  readonly by: Right;
}

const OPEN = WORK_STATUSES.filter((s) => s !== 'completed' && s !== 'failed' && s !== 'cancelled');
const TERMINAL = ['completed', 'failed', 'cancelled'] as const;

/**
 * The whole life of a work item, as data. Everything that asks what is legal looks it up here: deciding, verifying, help
 * texts and the documentation's table.
 *
 * @see docs/format.md, "Transitions"
 */
export const TRANSITIONS = {
  create: { from: ['none'], to: 'pending', by: 'anyone' },
  import: { from: ['none'], to: 'any', by: 'anyone' },
  assign: { from: ['pending'], to: 'same', by: 'anyone' },
  claim: { from: ['pending'], to: 'in_progress', by: 'assignee' },
  start: { from: ['pending', 'blocked'], to: 'in_progress', by: 'assignee' },
  release: { from: ['in_progress', 'blocked'], to: 'pending', by: 'owner' },
  checkpoint: { from: ['in_progress', 'blocked'], to: 'same', by: 'owner' },
  link_execution: { from: ['in_progress'], to: 'same', by: 'owner' },
  block: { from: ['pending', 'in_progress'], to: 'blocked', by: 'owner_once_claimed' },
  unblock: { from: ['blocked'], to: 'as_held', by: 'anyone' },
  submit: { from: ['in_progress'], to: 'in_review', by: 'owner' },
  approve: { from: ['in_review'], to: 'as_approved', by: 'not_owner' },
  reject: { from: ['in_review'], to: 'in_progress', by: 'not_owner' },
  withdraw: { from: ['in_review'], to: 'in_progress', by: 'owner' },
  complete: { from: ['in_progress'], to: 'completed', by: 'owner' },
  fail: { from: ['in_progress'], to: 'failed', by: 'owner' },
  retry: { from: ['failed'], to: 'pending', by: 'anyone' },
  cancel: { from: OPEN, to: 'cancelled', by: 'creator_or_owner' },
  reopen: { from: TERMINAL, to: 'pending', by: 'anyone' },
  recover: { from: ['in_progress'], to: 'pending_or_failed', by: 'anyone' },
  update: { from: WORK_STATUSES, to: 'same', by: 'anyone' },
  comment: { from: WORK_STATUSES, to: 'same', by: 'anyone' },
  delete: { from: TERMINAL, to: 'gone', by: 'anyone' },
} as const satisfies Record<string, TransitionRow>;

/** A verb that changes one work item. */
export type Verb = keyof typeof TRANSITIONS;
export const VERBS = Object.keys(TRANSITIONS) as readonly Verb[];

/** What an item is named for: to have a verb done to it, or to block another one. */
export type IdPurpose = Verb | 'blocker';

/** Whether only an open item can serve the purpose. */
export const needsOpen = (purpose: IdPurpose): boolean =>
  purpose === 'blocker' ||
  TRANSITIONS[purpose].from.every((status) => (OPEN as readonly string[]).includes(status));

export const isVerb = (text: string): text is Verb => Object.hasOwn(TRANSITIONS, text);
