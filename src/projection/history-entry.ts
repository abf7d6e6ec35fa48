import { decodeMessage } from '../codec/message.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkStatus } from '../domain/item.ts';
import type { CommitRecord, Oid } from '../store/port.ts';

/** One transition, as its commit tells it. */
export interface HistoryEntry {
  commit: Oid;
  id: WorkId | undefined;
  /** `unknown` where the commit was made by hand. */
  verb: string;
  actor: string;
  /** When it was asked for. */
  at: string;
  /** When this commit was built, by the committer's clock. */
  committed_at: string;
  /** E-mail of the machine's git identity. */
  machine: string;
  from: WorkStatus | null;
  to: WorkStatus | null;
  rev: number | null;
  reason: string | null;
  epoch: number | null;
  execution_id: string | null;
  op: string | null;
}

/** What a commit tells of itself, whoever made it. */
export function toEntry(record: Omit<CommitRecord, 'changes'>): HistoryEntry {
  const decoded = decodeMessage(record.message);
  const shared = {
    commit: record.oid,
    committed_at: new Date(record.committer.at * 1000).toISOString(),
    machine: record.committer.email,
  };
  if (decoded.kind === 'event') {
    const { event } = decoded;
    return {
      ...shared,
      id: event.id,
      verb: event.verb,
      actor: event.actor,
      at: event.at,
      from: event.from ?? null,
      to: event.to ?? null,
      rev: event.rev,
      reason: event.reason ?? null,
      epoch: event.epoch ?? null,
      execution_id: event.execution_id ?? null,
      op: event.op,
    };
  }
  return {
    ...shared,
    id: undefined,
    verb: /^(init|configure|repair) /.exec(record.message)?.[1] ?? 'unknown',
    actor: record.author.name,
    at: new Date(record.author.at * 1000).toISOString(),
    from: null,
    to: null,
    rev: null,
    reason: record.message.split('\n')[0] ?? null,
    epoch: null,
    execution_id: null,
    op: null,
  };
}
