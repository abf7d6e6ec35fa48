import type { WorkId } from '../../domain/ids.ts';

/** An execution that runs. */
export interface RunningExecution {
  /** The item's id. */
  id: WorkId;
  execution_id: string;
  epoch: number;
  ttl_ms: number;
  /** Gives a sign of life in the ledger itself: the way of last resort. @throws where the remote did not take it */
  renew(): Promise<void>;
}

/** Signs of life of the executions of one pool, given at a third of their leases; by `renew` where there is no better way. */
export interface Heartbeat {
  start(execution: RunningExecution): void;
  /** Tells what an execution is at, in one line. */
  step(execution_id: string, text: string): void;
  end(execution_id: string): Promise<void>;
  /** When the remote last took a sign of it, by `performance.now()`. */
  lastRenewed(execution_id: string): number | undefined;
  close(): Promise<void>;
}

/** An execution that this clone remembers: `left` by a process that is gone, or `parked` while its item is blocked. */
export interface RememberedExecution {
  execution_id: string;
  id: WorkId;
  actor: string;
  state: 'running' | 'parked' | 'left';
  /** The process group that works for it, by `identify`; `null` where there is none, or it cannot be told from others. */
  process: string | null;
}

/** What the pools of one name in one clone remember of their executions, so that the next process finds what this one leaves. */
export interface ExecutionMemory {
  /** Remembered before the item is claimed: a claim can land after its process died. */
  remember(execution: RememberedExecution): void;
  forget(execution_id: string): void;
  /** All that this pool has to care for. */
  list(): RememberedExecution[];
  /** Takes over, as `left`, what processes of this name left that are certainly gone. */
  takeOver(): void;
  close(): void;
}
