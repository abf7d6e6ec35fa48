import { map, text, whole } from './check-input.ts';
import type { WorkId } from './ids.ts';
import type { WorkItem, WorkStatus } from './item.ts';
import { observe } from './observation.ts';
import { type Verb, type VerbInput, verbOf } from './verbs.ts';

/** Who asks, when, and under which name the transition is known forever. */
export interface Request {
  /** UUID of version 7, unique to this transition: what makes retries safe. */
  op: string;
  actor: string;
  /** ISO 8601 UTC with milliseconds. */
  at: string;
}

/** What a holder proves: the epoch it claimed in and the execution that claimed. Absent parts are not checked. */
export interface Fence {
  epoch?: number | undefined;
  execution_id?: string | undefined;
  /** True where the caller has no claim to show: then the command acts on no claim. */
  unproven?: boolean | undefined;
}

/** What an item showed, by the name of a field, or of a part of one: `title`, `claim.epoch`. Values are JSON. */
export type Observation = Readonly<Record<string, unknown>>;

/** What an item shows of its holder: it changes with a claim, with the execution and with each checkpoint. */
export type HolderObservation = {
  epoch: number | undefined;
  execution_id: string | undefined;
  checkpoint_at: string | undefined;
};

/** What a command was asked for on: where the item shows something else by then, it comes to nothing. */
export interface Seen {
  /** What of it the verb goes by, and what it overwrites. Left out, it holds whatever happened meanwhile. */
  observed?: Observation | undefined;
  /** The item's revision, where the caller wants it and no other. */
  if_rev?: number | undefined;
}

/** What a caller may say that it saw, whatever the verb. */
export const SEEN = { observed: map<Observation>(), if_rev: whole } satisfies Record<keyof Seen, unknown>;
/** What a command of any verb may have, beside the input of its own. */
export const COMMON = {
  ...{ op: text, actor: text, at: text, verb: text, id: text },
  ...SEEN,
} satisfies Record<keyof (Request & Seen) | 'verb' | 'id', unknown>;

export type CommandOf<V extends Verb> = V extends Verb ? Request & Seen & { verb: V } & VerbInput[V] : never;
/** One request for one transition of one item. */
export type Command = CommandOf<Verb>;

/** What the commit of a transition records in words; the blobs are the truth, this is a copy that is checked. */
export interface TransitionEvent {
  verb: Verb;
  id: WorkId;
  title: string;
  /** `undefined` where the item did not exist. */
  from: WorkStatus | undefined;
  /** `undefined` where the item is gone. */
  to: WorkStatus | undefined;
  rev: number;
  actor: string;
  op: string;
  at: string;
  epoch: number | undefined;
  execution_id: string | undefined;
  /** One line. */
  reason: string | undefined;
  /** The revision that the caller asked to be the one before; left out where it did not say. */
  if_rev?: number | undefined;
  /** The idempotency key that a new item takes, and the digest of what was asked for under it. */
  keyed?: { key: string; digest: string } | undefined;
  /** Where it stands among those that it was asked for together with. */
  group?: GroupPlace | undefined;
}

/** The place of a transition in a group: transitions that stand together, one after the other, or not at all. */
export interface GroupPlace {
  /** The op of the one that was its first. */
  id: string;
  /** From 1. */
  index: number;
  size: number;
}

/**
 * Reads back the command of a committed transition from the item before, the item after and the message. Deciding it
 * again on the item before gives the item after: replay after a lost race and the audit of history are this one function.
 *
 * A reason, the holder's proof and what was seen are read the same way for every verb that has them; the rest, its module reads.
 * What was seen is what the item before shows: it was decided on that.
 *
 * @returns `undefined` where the verb needs an item that is not there
 */
export function readCommand(
  event: TransitionEvent,
  before: WorkItem | undefined,
  after: WorkItem | undefined,
): Command | undefined {
  const { verb, id, op, actor, at, reason, epoch, execution_id, if_rev } = event;
  const facts = verbOf(verb);
  const common = {
    ...{ op, actor, at, verb, id },
    ...(facts.reason !== 'none' && { reason: facts.reason === 'required' ? (reason ?? '') : reason }),
    ...(facts.by === 'owner' && { epoch, execution_id }),
    ...(before !== undefined && if_rev !== undefined && { if_rev }),
  };
  const own = facts.to === 'gone' ? {} : after && facts.read({ before, after, event });
  if (own === undefined) return undefined;
  const command = { ...common, ...(own as object) } as Command;
  if (before === undefined) return command;
  return { ...command, observed: observe(facts, before, command) } as Command;
}
