import { decodeAcknowledgement, decodeMessage } from '../codec/message.ts';
import type { ExecutionId, OpId, WorkId } from '../domain/ids.ts';
import type { WorkStatus } from '../domain/item.ts';
import { isProposal, PULL_REQUEST } from '../domain/verbs/approve.ts';
import { isHostCommitter } from '../hosts/list.ts';
import type { CommitRecord, Oid } from '../store/port.ts';

/** One transition, as its commit tells it. */
export interface HistoryEntry {
  commit: Oid;
  id: WorkId | undefined;
  /** `merge` where it brings two lines of history together; `unknown` where the commit was made by hand. */
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
  execution_id: ExecutionId | null;
  op: OpId | null;
  /** Who pressed a host's button, by name, where the actor is a pull request; `null` where git does not tell. */
  merged_by: string | null;
  /** When that was, where it is not when this commit was built. */
  merged_at: string | null;
}

/** What a commit tells of itself, whoever made it. */
export function toEntry(record: Omit<CommitRecord, 'changes'>): HistoryEntry {
  // A host may repeat in the message of a merge what the merged commits say.
  const isMerge = record.parents.length > 1;
  const decoded = isMerge ? undefined : decodeMessage(record.message);
  const shared = {
    commit: record.oid,
    committed_at: new Date(record.committer.at * 1000).toISOString(),
    machine: record.committer.email,
    merged_by: null,
    merged_at: null,
  };
  if (decoded?.kind === 'event') {
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
      merged_by: isProposal(event) ? mergerOf(record) : null,
    };
  }
  return {
    ...shared,
    id: undefined,
    verb: isMerge
      ? 'merge'
      : (/^(init|configure|repair|acknowledge) /.exec(record.message)?.[1] ?? 'unknown'),
    actor: record.author.name,
    at: new Date(record.author.at * 1000).toISOString(),
    from: null,
    to: null,
    rev: null,
    reason: reasonOf(record.message),
    epoch: null,
    execution_id: null,
    op: null,
  };
}

/** What a commit of no item says of itself: its first line, and why, where that is another one. */
function reasonOf(message: string): string {
  const [subject = ''] = message.split('\n');
  const acknowledged = decodeAcknowledgement(message);
  return acknowledged === undefined ? subject : `${subject} (${acknowledged.reason})`;
}

/**
 * Who merged a proposal, as far as its own commit tells: the committer of one that was rebased or squashed; where that is the
 * host itself, the author. One that stands as it was made tells nothing.
 */
function mergerOf({ author, committer }: Pick<CommitRecord, 'author' | 'committer'>): string | null {
  const isRewritten = author.name !== PULL_REQUEST;
  if (isHostCommitter(committer.email)) return isRewritten ? author.name : null;
  return isRewritten || committer.email !== author.email ? committer.name : null;
}
