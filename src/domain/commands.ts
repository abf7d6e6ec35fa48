import type { WorkId } from './ids.ts';
import type { WorkItem, WorkStatus } from './item.ts';
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

/** What an item shows of its holder: it changes with a claim, with the execution and with each checkpoint. */
export interface HolderObservation {
  epoch: number | undefined;
  execution_id: string | undefined;
  checkpoint_at: string | undefined;
}

export type CommandOf<V extends Verb> = V extends Verb ? Request & { verb: V } & VerbInput[V] : never;
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
}

const NOTHING_SEEN: HolderObservation = {
  epoch: undefined,
  execution_id: undefined,
  checkpoint_at: undefined,
};

/**
 * Reads back the command of a committed transition from the item before, the item after and the message. Deciding it
 * again on the item before gives the item after: replay after a lost race and the audit of history are this one function.
 *
 * A reason, the holder's proof and what was seen are read the same way for every verb that has them; the rest, its module reads.
 *
 * @returns `undefined` where the verb needs an item that is not there
 */
export function readCommand(
  event: TransitionEvent,
  before: WorkItem | undefined,
  after: WorkItem | undefined,
): Command | undefined {
  const { verb, id, op, actor, at, reason, epoch, execution_id } = event;
  const facts = verbOf(verb);
  const common = {
    ...{ op, actor, at, verb, id },
    ...(facts.reason !== 'none' && { reason: facts.reason === 'required' ? (reason ?? '') : reason }),
    ...(facts.by === 'owner' && { epoch, execution_id }),
    ...(facts.sees && { observed: before === undefined ? NOTHING_SEEN : facts.sees(before) }),
  };
  if (facts.to === 'gone') return common as Command;
  const own = after && facts.read({ before, after, event });
  return own && ({ ...common, ...(own as object) } as Command);
}
