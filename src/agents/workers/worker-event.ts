import { type ErrorCode, isLedgerError } from '../../domain/errors.ts';
import type { WorkId } from '../../domain/ids.ts';
import type { ExecutionEvent } from './agent.ts';

/** What a worker did. */
export interface WorkerReport {
  /** Items that it worked on. */
  started: number;
  completed: number;
  /** Done, and waiting for others to accept it. */
  submitted: number;
  failed: number;
  /** To be tried again later. */
  deferred: number;
  /** Left blocked, to be taken up once they are not. */
  blocked: number;
  /** Given back unfinished. */
  released: number;
  /** That went to someone else, or whose lease could not be renewed, while it worked or before what it saved was shared. */
  superseded: number;
  /** Finished or given up by the agent itself. */
  settled: number;
  /** Claims that it asked for, and those of them that someone else was faster with. */
  claims: number;
  races_lost: number;
  /** Transitions that are in this clone alone. */
  unsynced: number;
}

/** Why a worker waits: nothing is ready, a limit of work in progress is reached, or it cannot go on for a while. */
export type WaitingFor = 'nothing_ready' | 'limit' | 'remote' | 'storage';

/** What a worker says: what happens to the items it works on, and to itself. */
export type WorkerEvent =
  | (ExecutionEvent & { work_id: WorkId })
  | { type: 'lost'; work_id: WorkId; message: string }
  | { type: 'waiting'; for: WaitingFor; message: string }
  | { type: 'back' }
  /** Said once, for a person to know. */
  | { type: 'notice'; message: string }
  | { type: 'recovered'; work_ids: WorkId[] }
  | { type: 'synced'; accepted: number; lost: { work_id: WorkId | null; verb: string; message: string }[] }
  /** So many items failed in a row: nothing more is taken on. */
  | { type: 'gave_up'; failed: number }
  | { type: 'draining'; running: number }
  | ({ type: 'ended' } & WorkerReport);

const emptyReport = (): WorkerReport => ({
  started: 0,
  completed: 0,
  submitted: 0,
  failed: 0,
  deferred: 0,
  blocked: 0,
  released: 0,
  superseded: 0,
  settled: 0,
  claims: 0,
  races_lost: 0,
  unsynced: 0,
});

type Ended = 'completed' | 'submitted' | 'failed';

/** The transitions by which work ends, and as what each is counted. */
const ENDED_BY: Readonly<Record<string, Ended>> = {
  complete: 'completed',
  submit: 'submitted',
  fail: 'failed',
};

/** Counts what the events of a worker say. */
export class WorkerCount {
  readonly report = emptyReport();
  /** Items that failed since one did not. */
  failedInARow = 0;
  #gaveUp = false;
  readonly #saved = new Map<WorkId, Ended>();

  add(event: WorkerEvent): void {
    const { report } = this;
    switch (event.type) {
      case 'completed':
      case 'submitted':
      case 'failed':
        report[event.type] += 1;
        this.failedInARow = event.type === 'failed' ? this.failedInARow + 1 : 0;
        if (event.where === 'local') this.#saved.set(event.work_id, event.type);
        else this.#saved.delete(event.work_id);
        return;
      case 'deferred':
      case 'blocked':
      case 'settled':
        report[event.type] += 1;
        this.failedInARow = 0;
        return;
      case 'started':
      case 'released':
        report[event.type] += 1;
        return;
      case 'superseded':
      case 'stopped':
        report.superseded += 1;
        return;
      case 'lost':
        report.races_lost += 1;
        return;
      case 'synced':
        for (const { work_id, verb } of event.lost) this.#correct(work_id, verb);
        return;
      default:
    }
  }

  /** True once, where so many failed in a row: a program that is broken would use up the attempts of all that is ready. */
  givesUp(max_failures: number): boolean {
    if (this.#gaveUp || this.failedInARow < max_failures) return false;
    this.#gaveUp = true;
    return true;
  }

  /** What was saved as ended and lost its race in the end went to someone else. */
  #correct(id: WorkId | null, verb: string): void {
    const ended = id === null ? undefined : this.#saved.get(id);
    if (id === null || ended === undefined || ENDED_BY[verb] !== ended) return;
    this.#saved.delete(id);
    this.report[ended] -= 1;
    this.report.superseded += 1;
  }
}

/** Events after which an item is no longer worked on. */
export const ENDINGS: ReadonlySet<string> = new Set([
  'completed',
  'submitted',
  'failed',
  'deferred',
  'blocked',
  'settled',
  'released',
  'superseded',
  'stopped',
]);

/** What passes by itself, and what is waited for meanwhile. */
export const PASSING: ReadonlyMap<ErrorCode, WaitingFor> = new Map([
  ['REMOTE_UNREACHABLE', 'remote'],
  ['REMOTE_STALE', 'remote'],
  ['PUSH_DENIED', 'remote'],
  ['CONTENDED', 'remote'],
  ['STORAGE_FAILED', 'storage'],
]);

/** What only a person can put right. */
const FATAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'HISTORY_REWRITTEN',
  'DIFFERENT_LEDGER',
  'DIFFERENT_REMOTES',
  'NO_LEDGER',
  'UNSUPPORTED_LEDGER',
  'UPGRADE_REQUIRED',
  'PERMISSION_DENIED',
]);

export const isFatal = (error: unknown): boolean => isLedgerError(error) && FATAL.has(error.code);

/** What a worker waits for, which is said once until it changes. */
export class Waiting {
  readonly #report: (event: WorkerEvent) => void;
  #for: WaitingFor | undefined;

  constructor(report: (event: WorkerEvent) => void) {
    this.#report = report;
  }

  get for(): WaitingFor | undefined {
    return this.#for;
  }

  begin(reason: WaitingFor, message: string): void {
    if (this.#for === reason) return;
    this.#for = reason;
    this.#report({ type: 'waiting', for: reason, message });
  }

  /** There is something to do. */
  end(): void {
    this.#for = undefined;
  }

  /** The remote answered, and this clone could be written. */
  answered(): void {
    if (this.#for !== 'remote' && this.#for !== 'storage') return;
    this.#for = undefined;
    this.#report({ type: 'back' });
  }
}
