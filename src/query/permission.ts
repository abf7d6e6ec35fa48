import type { Command } from '../domain/commands.ts';
import { decide } from '../domain/decide.ts';
import { isLedgerError, type LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import { keysAsked, requireAllowed } from '../domain/policy.ts';
import {
  type AllowRule,
  allowRuleFor,
  isAbout,
  LEDGER_VERBS,
  type PolicyVerb,
  rolesOf,
} from '../domain/policy-rules.ts';
import { reviewStanding, reviewsAsked } from '../domain/reviews.ts';
import { isVerb, VERBS, type Verb, verbOf } from '../domain/verbs.ts';
import type { LedgerView } from '../domain/view.ts';

/** The op of what is never made. */
const NONE_MADE = '00000000-0000-7000-8000-000000000000';

/** What a rule of the policy can be about. */
export const POLICY_VERBS: readonly PolicyVerb[] = [...VERBS, ...LEDGER_VERBS];

/** A rule of `allow`, by its place in the list, from 1. */
export type NumberedRule = AllowRule & { number: number };

/** Whether someone may do something now, and by which rules. */
export interface Permission {
  verb: PolicyVerb;
  actor: string;
  id: WorkId | null;
  /** `null` where it takes an item to tell. */
  allowed: boolean | null;
  /** What the refusal would say; `null` where there is none. */
  refusal: { code: string; message: string } | null;
  /** Every rule of `allow` that names the verb, in order. */
  rules: NumberedRule[];
  /** The number of the one that decides, the last that applies; `null` where the table of transitions alone does. */
  decides: number | null;
  /** The roles of this actor that the deciding rule names. */
  roles: string[];
  /** What the item needs before it is completed; `null` where no review is asked for. */
  review: { rule: number; needed: number; given: string[]; roles: string[] | null } | null;
  /** Lists of keys, of each of which one has to have signed the commit. */
  keys: string[][];
}

/**
 * Asks as if it were done now: deciding is pure, so the answer is the very one that the verb would give.
 *
 * @param item what is asked about; without one, a verb of items has rules and no answer
 */
export function explainPermission(
  view: LedgerView,
  verb: PolicyVerb,
  { actor, item, now }: { actor: string; item: WorkItem | undefined; now: Date },
): Permission {
  const { settings } = view;
  const open = isVerb(verb) && item === undefined;
  const found = open ? undefined : allowRuleFor(settings, verb, item);
  const refusal = refusalOf(() => {
    if (open) return;
    if (item === undefined || !isVerb(verb)) requireAllowed(settings, verb, actor, item);
    else decide(view, { ...leastOf(verb, item), op: NONE_MADE, actor, at: now.toISOString() } as Command);
  });
  return {
    verb,
    actor,
    id: item?.id ?? null,
    allowed: open ? null : refusal === undefined,
    refusal: refusal === undefined ? null : { code: refusal.code, message: refusal.message },
    rules: rulesNaming(settings.allow ?? [], verb),
    decides: found === undefined ? null : found.index + 1,
    roles: found === undefined ? [] : rolesOf(settings, found.rule.roles, actor, item),
    review: item === undefined ? null : reviewOf(view, verb, item, actor),
    keys: open ? [] : keysAsked(settings, verb, actor, item),
  };
}

const rulesNaming = (rules: readonly AllowRule[], verb: PolicyVerb): NumberedRule[] =>
  rules.map((rule, index) => ({ number: index + 1, ...rule })).filter((rule) => isAbout(rule, verb));

/** Of several reviews that are asked of it, the first that is not there yet. */
function reviewOf(
  { settings }: LedgerView,
  verb: PolicyVerb,
  item: WorkItem,
  actor: string,
): Permission['review'] {
  const hand = verb === 'approve' || verb === 'reject' ? actor : undefined;
  const asked = reviewsAsked(settings, item, hand).map((found) => ({
    rule: found.index + 1,
    ...reviewStanding(settings, item, found),
    roles: found.rule.roles ?? null,
  }));
  return asked.find(({ needed, given }) => given.length < needed) ?? asked[0] ?? null;
}

/** The least that the verb needs: nothing of it is a reason to be refused. */
function leastOf(verb: Verb, item: WorkItem): object {
  const { least, reason, sees } = verbOf(verb);
  return {
    ...{ verb, id: item.id },
    ...(reason !== 'none' && { reason: 'asked' }),
    observed: sees(item),
    ...least(item),
  };
}

function refusalOf(ask: () => void): LedgerError | undefined {
  try {
    ask();
    return undefined;
  } catch (error) {
    if (isLedgerError(error)) return error;
    throw error;
  }
}
