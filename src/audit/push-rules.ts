import type { WorkId } from '../domain/ids.ts';
import type { Oid } from '../store/port.ts';
import type { Finding, Rule } from './rules.ts';

/** What a push is held against beside the rules of its commits. Names are API. */
export const PUSH_RULES = {
  deletion: 'The branch of a ledger is not deleted.',
  'non-fast-forward': 'The branch of a ledger moves forward only: nothing that was on it is left out.',
  size: 'Nothing is larger, and nothing more at once, than a ledger needs.',
} as const;

export type PushRule = keyof typeof PUSH_RULES | Rule;

/** Why a push is not taken: the first commit that is not as it must be, and what is wrong with it. */
export interface Refusal {
  rule: PushRule;
  message: string;
  /** The commit; of a push that is wrong as a whole, its tip, or the tip that it would take away. */
  commit: Oid;
  id?: WorkId | undefined;
}

export const refusalOf = ({ rule, message, commit, id }: Finding): Refusal => ({ rule, message, commit, id });
