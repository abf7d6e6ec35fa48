import type { TransitionEvent } from '../domain/commands.ts';
import type { LedgerError } from '../domain/errors.ts';
import type { WorkItem } from '../domain/item.ts';
import type { Oid } from '../store/port.ts';

export interface Accepted {
  kind: 'accepted';
  op: string;
  /** The item after the transition, or as it last was where it was deleted; `undefined` for a change of settings. */
  item: WorkItem | undefined;
  /** `undefined` for a change of settings. */
  event: TransitionEvent | undefined;
  commit: Oid;
  /** `remote`: the shared branch has it. `local`: this clone alone, until the next sync. */
  where: 'remote' | 'local';
}

/** There was nothing to do. */
export interface Unchanged {
  kind: 'unchanged';
  item: WorkItem | undefined;
}

/** It was legal here and is not on the shared tip; it is kept under the ref `kept`. */
export interface Lost {
  kind: 'lost';
  op: string;
  error: LedgerError;
  kept: string;
}

/** It was never legal; nothing was written. */
export interface Refused {
  kind: 'refused';
  error: LedgerError;
}

/** What became of one command. */
export type Outcome = Accepted | Unchanged | Lost | Refused;

/** What became of a transition that was offered to the shared branch. */
export type Settled = Accepted | Unchanged | Lost;

/** What became of a transition; of an accepted one, only that it was. */
export type Ending = { kind: 'accepted' } | Unchanged | Lost;

/** What giving up came to. */
export interface TakenBack {
  settled: ReadonlyMap<string, Settled>;
  withdrawn: ReadonlySet<string>;
  /** Transitions that were taken where pushes go, and are not read yet: neither accepted nor lost. */
  sent: ReadonlySet<string>;
  /** Transitions that others may have, and that may yet be made. */
  exposed: ReadonlySet<string>;
  /** Whether another process of this clone may bring out what was withdrawn. */
  inDoubt: boolean;
}
