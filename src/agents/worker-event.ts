import type { WorkId } from '../domain/ids.ts';
import type { ExecutionEvent } from './agent.ts';

/** What a worker did. */
export interface WorkerReport {
  /** Items that it worked on. */
  started: number;
  completed: number;
  failed: number;
  /** To be tried again later. */
  deferred: number;
  /** Left blocked, to be taken up once they are not. */
  blocked: number;
  /** Given back unfinished. */
  released: number;
  /** That went to someone else, or whose lease could not be renewed, while it worked. */
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
  | { type: 'synced'; accepted: number; lost: { work_id: WorkId | null; message: string }[] }
  | { type: 'draining'; running: number }
  | ({ type: 'ended' } & WorkerReport);

export const emptyReport = (): WorkerReport => ({
  started: 0,
  completed: 0,
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

/** Counts what an event says. */
export function countEvent(report: WorkerReport, { type }: WorkerEvent): void {
  switch (type) {
    case 'started':
    case 'completed':
    case 'failed':
    case 'deferred':
    case 'blocked':
    case 'released':
    case 'settled':
      report[type] += 1;
      return;
    case 'superseded':
    case 'stopped':
      report.superseded += 1;
      return;
    case 'lost':
      report.races_lost += 1;
      return;
    default:
  }
}
