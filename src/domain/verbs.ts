import { accept } from './verbs/accept.ts';
import { approve } from './verbs/approve.ts';
import { assign } from './verbs/assign.ts';
import { block } from './verbs/block.ts';
import { cancel } from './verbs/cancel.ts';
import { checkpoint } from './verbs/checkpoint.ts';
import { claim } from './verbs/claim.ts';
import { comment } from './verbs/comment.ts';
import { complete } from './verbs/complete.ts';
import { create } from './verbs/create.ts';
import type { ChangingVerb, EnteringVerb, TransitionRow, VerbFacts } from './verbs/define.ts';
import { deleteItem } from './verbs/delete.ts';
import { fail } from './verbs/fail.ts';
import { importItem } from './verbs/import.ts';
import { linkExecution } from './verbs/link-execution.ts';
import { recover } from './verbs/recover.ts';
import { reject } from './verbs/reject.ts';
import { release } from './verbs/release.ts';
import { reopen } from './verbs/reopen.ts';
import { retry } from './verbs/retry.ts';
import { OPEN } from './verbs/shared.ts';
import { start } from './verbs/start.ts';
import { submit } from './verbs/submit.ts';
import { unblock } from './verbs/unblock.ts';
import { update } from './verbs/update.ts';
import { withdraw } from './verbs/withdraw.ts';

/**
 * The whole life of a work item: each verb by the name that it has in commits, in the order of docs/format.md. All that is true of a verb is
 * in its module; whoever asks what is legal looks it up here.
 */
const LIST = {
  create,
  import: importItem,
  assign,
  claim,
  start,
  release,
  checkpoint,
  link_execution: linkExecution,
  block,
  unblock,
  submit,
  approve,
  reject,
  withdraw,
  complete,
  fail,
  retry,
  cancel,
  reopen,
  recover,
  update,
  accept,
  comment,
  delete: deleteItem,
};

/** A verb that changes one work item. */
export type Verb = keyof typeof LIST;
export const VERBS = Object.keys(LIST) as readonly Verb[];
export const isVerb = (text: string): text is Verb => Object.hasOwn(LIST, text);

/** What each verb needs beside the request itself. */
export type VerbInput = {
  [V in Verb]: (typeof LIST)[V] extends
    | EnteringVerb<infer I extends object>
    | ChangingVerb<infer I extends object>
    ? I
    : never;
};

/** All that is known of a verb, for a command that is known to be its. */
export const verbOf = (verb: Verb): EnteringVerb | ChangingVerb => LIST[verb];

/** Verbs of which something is true. */
export const verbsThat = (isTrue: (facts: VerbFacts<object>) => boolean): ReadonlySet<Verb> =>
  new Set(VERBS.filter((verb) => isTrue(LIST[verb])));

/**
 * From which status each verb leads where, and by whom.
 *
 * @see docs/format.md, "Transitions"
 */
export const TRANSITIONS = Object.fromEntries(
  VERBS.map((verb): [Verb, TransitionRow] => {
    const { from, to, by } = LIST[verb];
    return [verb, { from, to, by }];
  }),
) as Readonly<Record<Verb, TransitionRow>>;

/** What an item is named for: to have a verb done to it, or to block another one. */
export type IdPurpose = Verb | 'blocker';

/** Whether only an open item can serve the purpose. */
export const needsOpen = (purpose: IdPurpose): boolean =>
  purpose === 'blocker' || LIST[purpose].from.every((status) => (OPEN as readonly string[]).includes(status));
