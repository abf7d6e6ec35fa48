import type { Plan } from '../plan.ts';
import type { ToldCall } from '../told.ts';
import type { AgentRun, Ending } from '../worker.ts';
import type { Move } from '../world/host.ts';
import type { History, LedgerCommit } from './history.ts';

/** What a clone said of itself once everything had settled. */
export interface Settled {
  clone: string;
  tip: string | undefined;
  /** Ops of what it keeps as rejected. */
  rejected: readonly string[];
  /** Ops that it says are pending. */
  pending: readonly string[];
  /** What `verify` found: each the rule and the commit. */
  findings: readonly { rule: string; commit: string; message: string }[];
  /** What it could not be asked, and why. */
  failed: string | undefined;
}

/** All that oracles judge by: the remote, and what callers were told. */
export interface Evidence {
  plan: Plan;
  history: History;
  /** The branch in the end, oldest first. */
  branch: readonly LedgerCommit[];
  moves: readonly Move[];
  /** When a clone was told that it may not write the branch. */
  denials: readonly { at: number; by: string }[];
  calls: readonly ToldCall[];
  settled: readonly Settled[];
  agents: readonly AgentRun[];
  endings: readonly Ending[];
  /** Commits that somebody pushed without the program, and those that a caller asked to acknowledge. */
  forged: ReadonlySet<string>;
  acknowledged: ReadonlySet<string>;
  /** Those of workers. */
  executions: ReadonlySet<string>;
}

/** Whether a person took from a clone, or from the remote, what was there: then nobody can keep it. */
export const isTaken = ({ faults }: Plan, clone: string): boolean =>
  faults.some((fault) => fault.kind === 'rewritten' || (fault.kind === 'restored' && fault.clone === clone));

/** Whether a clone is on the machine of another one: it is that one, or was copied beside it. */
export const isOfMachine = ({ faults }: Plan, machine: string, clone: string): boolean =>
  machine === clone ||
  faults.some(
    (fault) =>
      fault.kind === 'copied' && fault.as === clone && fault.clone === machine && fault.to === 'beside it',
  );

/** Ops of what was rejected and applied again, of a group all of it: whoever does that sees how things stand by then. */
export function appliedAgain(calls: readonly ToldCall[]): ReadonlySet<string> {
  const again = new Set(
    calls.filter(({ what }) => what.startsWith('applies')).flatMap(({ asked }) => asked.map(({ op }) => op)),
  );
  for (const { atomic, asked } of calls)
    if (atomic && asked.some(({ op }) => again.has(op))) for (const { op } of asked) again.add(op);
  return again;
}

/** A promise that was not kept. `kind` tells failures of one oracle apart by what is wrong, not by where it happened. */
export interface Violation {
  oracle: string;
  kind: string;
  text: string;
}

export interface Oracle {
  name: string;
  /** The promise, in a sentence. */
  promise: string;
  check(evidence: Evidence): Iterable<Omit<Violation, 'oracle'>>;
}
