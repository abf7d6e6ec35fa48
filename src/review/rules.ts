import type { PushRule } from '../audit/rules.ts';

/** What a proposal is held against beside the rules of a push. Names are API. */
export const REVIEW_RULES = {
  count: 'A proposal is exactly one commit on top of the ledger.',
  proposal: 'It is the approval of the item that its branch is named after, by the actor pull-request.',
  gone: 'The item is in review.',
  moved: 'The item is as it was when the proposal was made, and approving it still means the same.',
  illegal: 'Who approves may do so, and what it leads to is legal.',
  missing: 'There is a proposal.',
} as const;

export type ReviewRule = keyof typeof REVIEW_RULES | PushRule;

/** What is wrong with a proposal. */
export interface ReviewFinding {
  rule: ReviewRule;
  message: string;
}
