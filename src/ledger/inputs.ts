import type { Fence } from '../domain/commands.ts';
import type { WorkId } from '../domain/ids.ts';
import type { NewWork } from '../domain/item-schema.ts';
import type { Oid } from '../store/port.ts';
import type { Liveness } from './orphans.ts';

/** Who acts; the ledger's own actor where no one is named. */
export interface Acting {
  actor?: string | undefined;
}

/** A holder's call: `owner` must be who holds it; `epoch` and `execution_id` are checked where they are given. */
export interface Holding extends Fence {
  owner?: string | undefined;
}

export interface RetryOptions extends Acting {
  /** When it may be taken again: an ISO time, `null` for at once. Default: after a while. */
  not_before?: string | null | undefined;
  reset?: boolean | undefined;
  reason?: string | undefined;
}

export interface RecoverOptions extends Acting {
  liveness?: Liveness | undefined;
}

export interface ClaimOptions {
  owner?: string | undefined;
  /** Made up where none is given. It, not the owner's name, is the holder. */
  execution_id?: string | undefined;
  /** Lease in seconds; the ledger's setting where none is given. */
  ttl_s?: number | undefined;
  /** Claim in this clone alone, to be settled by the next sync: someone else may win it. */
  tentative?: boolean | undefined;
}

export type CreateInput = NewWork & { created_by?: string | undefined };

export interface SyncReport {
  accepted: number;
  lost: { op: string; id: WorkId | undefined; message: string }[];
  tip: Oid;
}

export interface LedgerStatus {
  place: string;
  branch: string;
  mode: 'push' | 'local' | 'none';
  remote: { name: string; url: string } | null;
  actor: string;
  /** This clone's name among those of the ledger. */
  clone: string;
  tip: Oid;
  /** The shared tip as last seen; `null` where it was never seen. */
  seen: Oid | null;
  fetched_at: string | null;
  /** Transitions that the remote does not have yet. */
  pending: { op: string | null; verb: string; id: WorkId | null }[];
  rejected: number;
  counts: Record<string, number>;
  damaged: number;
}
