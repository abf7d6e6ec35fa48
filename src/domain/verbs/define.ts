import type { Kind } from '../check-input.ts';
import type { Observation, Request, TransitionEvent } from '../commands.ts';
import type { WorkItem, WorkStatus } from '../item.ts';
import type { LedgerView } from '../view.ts';

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

/** A command of the verb that takes `I`, without the verb's name: who asks, and for what. */
export type Asked<I> = Request & I;

/** Two versions of an item and what was recorded between them: what a command is read back from. */
export interface Recorded {
  /** `undefined` where the item did not exist. */
  before: WorkItem | undefined;
  after: WorkItem;
  event: TransitionEvent;
}

/** All that is true of a verb, but for what it does. */
export interface VerbFacts<I> extends TransitionRow {
  /** What each part of its input has to be, where it is given. What each command may have is left out: `COMMON` in commands.ts. */
  readonly input: { readonly [K in Exclude<keyof I, 'id'>]-?: Kind<unknown> };
  /** What it did, as a line of history says it: `claimed`. */
  readonly line: string;
  /** Its commit says in which epoch it was meant: it takes, uses or ends a claim. */
  readonly fenced: boolean;
  /** Whether the commit says why. `required`: it undoes or stops what someone did. */
  readonly reason: 'none' | 'optional' | 'required';
  /** It takes work that others may take at the same time: it counts only once the remote has it. */
  readonly contended: boolean;
  /** It begins a claim of the asker's own: asked again by the execution that has it, it has nothing left to do. */
  readonly claims: boolean;
  /** A rule of the policy can give its right to others as well. */
  readonly waivable: boolean;
  /** True where it follows by itself from what happened: nobody may forbid it. */
  follows(view: LedgerView, item: WorkItem): boolean;
  /**
   * What it goes by, as the item shows it: where that is something else than its caller saw (`observed`), it comes to nothing. Nothing
   * for a verb that holds whatever happened meanwhile.
   */
  sees(item: WorkItem): Observation;
  /** What it overwrites, likewise; but what stands there already as it is to be is no conflict. */
  overwrites(item: WorkItem, input: I): Observation;
  /** Its own part of the command that a commit carried out, without reason and proof; nothing where that cannot be told. Not asked of a verb that removes the item. */
  read(recorded: Recorded): Partial<I> | undefined;
  /** The least of its own part of the command, without reason: nothing of it is a cause to be refused. What asks whether someone may, asks with it. */
  least(item: WorkItem): Partial<I>;
  /** What its author wrote, which is nowhere else where the command comes to nothing. `undefined` where that is nothing. */
  content(command: I): unknown;
  /** The reason as the item itself keeps it; left out where the commit alone has it. */
  readonly noted: ((after: WorkItem) => string | undefined) | undefined;
}

/** A verb that makes an item. */
export interface EnteringVerb<I = object> extends VerbFacts<I> {
  /** @returns the item, and whether it stood already: then nothing is written */
  enter(command: Asked<I>, view: LedgerView): Entered;
}

export interface Entered {
  item: WorkItem;
  existed: boolean;
}

/** A verb that changes or removes an item. */
export interface ChangingVerb<I = object> extends VerbFacts<I> {
  /**
   * What it does to an item that the table, the rights and the policy let through.
   *
   * @returns the item as it will stand, but for what every transition sets (`rev`, `last_op`, `updated_at`); `gone` where its file
   *   goes, and `unchanged` where there is nothing to do
   */
  apply(item: WorkItem, command: Asked<I>, view: LedgerView): WorkItem | 'gone' | 'unchanged';
}

type Defaults =
  | 'fenced'
  | 'reason'
  | 'contended'
  | 'claims'
  | 'waivable'
  | 'follows'
  | 'sees'
  | 'overwrites'
  | 'read'
  | 'least'
  | 'content'
  | 'noted';
type Facts<I> = Omit<VerbFacts<I>, Defaults> & Partial<Pick<VerbFacts<I>, Defaults>>;

/** Of a verb that holds whatever happened meanwhile. */
export const seesNothing = (): Observation => ({});

const DEFAULTS = {
  fenced: false,
  reason: 'none',
  contended: false,
  claims: false,
  waivable: false,
  follows: () => false,
  sees: seesNothing,
  overwrites: seesNothing,
  read: () => ({}),
  least: () => ({}),
  content: () => undefined,
  noted: undefined,
} satisfies Pick<VerbFacts<object>, Defaults>;

/**
 * A verb, as its module says it: what it leaves out is so for most.
 *
 * A module states the type of what it exports, so that the type of the list follows from statements alone. What verbs do looks at the
 * ledger, whose policy knows the list.
 */
export const defineVerb = <I>(verb: Facts<I> & Pick<ChangingVerb<I>, 'apply'>): ChangingVerb<I> => ({
  ...DEFAULTS,
  ...verb,
});

/** The same for a verb that makes an item. */
export const defineEntering = <I>(verb: Facts<I> & Pick<EnteringVerb<I>, 'enter'>): EnteringVerb<I> => ({
  ...DEFAULTS,
  ...verb,
});
