import type { PushResult } from '../remote/port.ts';
import type { Ending } from './outcome.ts';

/**
 * One exchange of a clone with its remote, as a state machine: look, bring what is pending onto the shared tip, push, and on losing
 * do it again.
 *
 * Pure: each step takes what the last effect came to, and says which effect is next. There is one at a time, so the effect that is under
 * way is the state's name. `perform-exchange.ts` does the work; `test/sync/*.txt` are runs of it.
 *
 * @see docs/sync.md
 */
export interface Exchange extends Plan {
  doing: Effect;
  /** What became of pending transitions so far, by op. */
  settled: ReadonlyMap<string, Ending>;
  /** Ops of what is pending, in order, those that stand together as one. */
  pending: readonly (readonly string[])[];
  /** Whether a round was made already. */
  again: boolean;
  /** How often others were first, and how often a push found the branch elsewhere that stands where it was seen. */
  lost: number;
  still: number;
  /** Why the remote did not take a push that nobody was before, as it said. */
  reason: string | undefined;
  /** Nothing of others goes with the next push: the remote refused one with it, or they took it back meanwhile. */
  alone: boolean;
  /** Whether something of others was in the last push. */
  combined: boolean;
}

/** What an exchange is to do. */
export interface Plan {
  /** Look at the remote first. */
  look: boolean;
  /** Make what follows from a completion that no program made. */
  overdue: boolean;
  /** What is to be settled by pushing: transitions by op, or all that is pending. */
  push: ReadonlySet<string> | 'all' | 'nothing';
}

/** What there is to do next. */
export type Effect =
  /** Find what became of the transitions that are waited for: on the shared branch, among the rejected, among the no-ops. */
  | { do: 'find' }
  /** Fetch. `in doubt`: a push broke off, and may have been taken. */
  | { do: 'look'; why: 'asked' | 'busy' | 'behind' | 'in doubt' }
  /** Offer, and wait for the clone that leads. */
  | { do: 'wait for a turn' }
  /** Bring the local branch onto the shared tip, and keep back what this program did not make as it is. */
  | { do: 'reconcile' }
  /** Commit what follows from a completion that no program made. */
  | { do: 'make overdue' }
  /** `all`: with what other clones offer, unless it offers itself. `first`: the first group alone. */
  | { do: 'push'; what: 'all' | 'own' | 'first'; offer: boolean }
  /** What was seen is older than what is written, which is another address: wait until it shows. */
  | { do: 'wait to read' }
  /** Ask where pushes go whether the branch is where it was seen. */
  | { do: 'ask where it is written' }
  | { do: 'pause'; tries: number }
  /** Take back for good, and keep, the first of what is pending, which the remote refused. */
  | { do: 'refuse'; reason: string }
  /** Of an exchange whose time is up. */
  | { do: 'take back the offer'; failure: Failure }
  /** Bring the local branch onto what was pushed. What was committed since is the next exchange's. */
  | { do: 'take over' }
  /** Note that there are others, who are reckoned with from now on. */
  | { do: 'meet others' }
  | { do: 'end'; failure: Failure | undefined };

/** Why an exchange ends before all is settled. */
export type Failure =
  | { why: 'contended'; lost: number }
  | { why: 'denied'; reason: string }
  | { why: 'unreachable'; cause: Error }
  /** An effect threw. */
  | { why: 'error'; error: unknown };

/** What an effect came to. */
export type Answer =
  | { kind: 'done' }
  | { kind: 'failed'; error: unknown }
  | { kind: 'looked'; moved: boolean }
  | {
      kind: 'reconciled';
      settled: ReadonlyMap<string, Ending>;
      pending: Exchange['pending'];
      /** False where someone who is not this program committed meanwhile: it is looked at first. */
      checked: boolean;
    }
  | { kind: 'found'; settled: ReadonlyMap<string, Ending> }
  /** @property combined whether something of others was in it */
  | { kind: 'pushed'; result: PushResult; combined: boolean }
  /** Whether the branch is, where pushes go, as it was seen, so that nobody was first. */
  | { kind: 'written'; stands: boolean };

/** How things stand, as the shell sees it before each step. */
export interface Facts {
  /** Whether the time of the call is up: nothing is begun anew. */
  timeUp: boolean;
  /** Whether the remote has a branch, as far as is known. */
  shared: boolean;
  /** Whether others were met lately, who are reckoned with. */
  contended: boolean;
  /** Whether this clone pushes so often that it would not meet others by itself. */
  busy: boolean;
  /** Whether an offer can go with a push, and nothing is offered yet. */
  mayOffer: boolean;
  /** Whether the branch is read at another address than it is written. */
  twoAddresses: boolean;
}

/** A lock that another push holds is gone by then. */
const STILL = 3;

export function begin(plan: Plan, facts: Facts): Exchange {
  const exchange: Exchange = {
    ...plan,
    doing: { do: 'end', failure: undefined },
    settled: new Map(),
    pending: [],
    again: false,
    lost: 0,
    still: 0,
    reason: undefined,
    alone: false,
    combined: false,
  };
  if (plan.look) return doing(exchange, { do: 'look', why: 'asked' });
  // What another process of the clone, or the last exchange, pushed since it was committed has it already.
  if (plan.push instanceof Set) return doing(exchange, { do: 'find' });
  return approach(exchange, facts);
}

/** @param answer of the effect that is under way */
export function next(exchange: Exchange, answer: Answer, facts: Facts): Exchange {
  if (answer.kind === 'failed') return end(exchange, { why: 'error', error: answer.error });
  const effect = exchange.doing;
  switch (effect.do) {
    case 'find': {
      const found = settle(exchange, answer);
      return isDone(found) ? end(found) : approach(found, facts);
    }
    case 'look':
      return afterLook(exchange, effect.why, answer, facts);
    case 'wait for a turn':
      return doing(exchange, { do: 'reconcile' });
    case 'reconcile':
      return afterReconcile(settle(exchange, answer), answer, facts);
    case 'make overdue':
      return approach({ ...exchange, overdue: false }, facts);
    case 'push':
      return answer.kind === 'pushed' ? afterPush(exchange, effect, answer, facts) : exchange;
    case 'wait to read':
    case 'pause':
      return afterLoss(exchange, facts);
    case 'meet others':
      return round(exchange, facts);
    case 'take over':
      return end(settle(exchange, answer));
    case 'ask where it is written': {
      const reason = exchange.reason ?? 'it gives no reason';
      if (answer.kind === 'written' && answer.stands) return end(exchange, { why: 'denied', reason });
      return doing(exchange, { do: 'pause', tries: exchange.still });
    }
    case 'refuse':
      return round(settle(exchange, answer), facts);
    case 'take back the offer':
      return end(exchange, effect.failure);
    case 'end':
      return exchange;
    default:
      return effect satisfies never;
  }
}

const doing = (exchange: Exchange, effect: Effect): Exchange => ({ ...exchange, doing: effect });

const end = (exchange: Exchange, failure?: Failure): Exchange => doing(exchange, { do: 'end', failure });

function settle(exchange: Exchange, answer: Answer): Exchange {
  if (answer.kind !== 'found' && answer.kind !== 'reconciled') return exchange;
  return { ...exchange, settled: new Map([...exchange.settled, ...answer.settled]) };
}

const isDone = ({ push, settled }: Exchange): boolean =>
  push instanceof Set && [...push].every((op) => settled.has(op));

/** Before the first push: a clone that wins every one would never learn of others, so while it is busy it looks now and then. */
function approach(exchange: Exchange, facts: Facts): Exchange {
  if (exchange.push === 'nothing') return end(exchange);
  if (!facts.contended && facts.busy) return doing(exchange, { do: 'look', why: 'busy' });
  return round(exchange, facts);
}

/** One more attempt, unless the time is up. The first is made in any case. */
function round(exchange: Exchange, facts: Facts): Exchange {
  const { again, lost } = exchange;
  if (again && facts.timeUp)
    return doing(exchange, { do: 'take back the offer', failure: { why: 'contended', lost } });
  const now = { ...exchange, again: true };
  return doing(now, facts.shared && facts.contended ? { do: 'wait for a turn' } : { do: 'reconcile' });
}

function afterLook(
  exchange: Exchange,
  why: Extract<Effect, { do: 'look' }>['why'],
  answer: Answer,
  facts: Facts,
): Exchange {
  switch (why) {
    case 'asked':
      return doing(exchange, { do: 'reconcile' });
    case 'busy':
    case 'in doubt':
      return round(exchange, facts);
    case 'behind': {
      if (answer.kind === 'looked' && answer.moved) return afterLoss({ ...exchange, still: 0 }, facts);
      // What others offered moved meanwhile: nobody waits for ever for what they do.
      if (exchange.combined) return round({ ...exchange, alone: true }, facts);
      if (facts.twoAddresses) return doing(exchange, { do: 'wait to read' });
      // It stands where it was seen. Where that goes on, and it is so as well where pushes go, nobody was first: the remote does not
      // take it, for a reason of its own.
      const stood = { ...exchange, still: exchange.still + 1 };
      return stood.still < STILL
        ? doing(stood, { do: 'pause', tries: stood.still })
        : doing(stood, { do: 'ask where it is written' });
    }
    default:
      return why satisfies never;
  }
}

function afterLoss(exchange: Exchange, facts: Facts): Exchange {
  const now = { ...exchange, lost: exchange.lost + 1 };
  return now.lost > 1 ? doing(now, { do: 'meet others' }) : round(now, facts);
}

function afterReconcile(exchange: Exchange, answer: Answer, facts: Facts): Exchange {
  if (answer.kind !== 'reconciled') return exchange;
  const { pending, checked } = answer;
  const now = { ...exchange, pending };
  if (!now.again) {
    // It was looked at as it was asked for, and nothing is pushed yet.
    return now.overdue ? doing(now, { do: 'make overdue' }) : approach(now, facts);
  }
  if (!checked) return round(now, facts);
  if (pending.length === 0 || isDone(now)) return end(now);
  // Who lost once tries again at once, and offers what it has by the same push; who loses again waits for the clone that leads.
  const offer = now.lost === 1 && facts.mayOffer;
  return doing(now, { do: 'push', what: now.alone ? 'own' : 'all', offer });
}

function afterPush(
  exchange: Exchange,
  { what }: Extract<Effect, { do: 'push' }>,
  { result, combined }: Extract<Answer, { kind: 'pushed' }>,
  facts: Facts,
): Exchange {
  const [first = []] = exchange.pending;
  switch (result.kind) {
    case 'accepted': {
      const ops = what === 'first' ? first : exchange.pending.flat();
      const all = ops.map((op): [string, Ending] => [op, { kind: 'accepted' }]);
      const now = { ...exchange, settled: new Map([...exchange.settled, ...all]) };
      return what === 'first' ? round(now, facts) : doing(now, { do: 'take over' });
    }
    case 'behind':
      if (what === 'first') return round(exchange, facts);
      return doing({ ...exchange, reason: result.reason, combined }, { do: 'look', why: 'behind' });
    case 'refused':
      // Whatever it says no to must be this clone's own before anything of this clone's is given up for it, and the first of its own.
      if (combined) return round({ ...exchange, alone: true }, facts);
      if (what === 'first' || exchange.pending.length === 1)
        return doing(exchange, { do: 'refuse', reason: result.reason });
      return doing(exchange, { do: 'push', what: 'first', offer: false });
    case 'denied':
      return end(exchange, { why: 'denied', reason: result.reason });
    case 'unreachable':
      return end(exchange, { why: 'unreachable', cause: result.cause });
    case 'unknown':
      // Whether it was taken, a look finds out by the transitions' names.
      return doing(exchange, { do: 'look', why: 'in doubt' });
    default:
      return result satisfies never;
  }
}
