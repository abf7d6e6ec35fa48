import type { Fence, HolderObservation, Request } from './commands.ts';
import type { HolderDetails } from './error-details.ts';
import { LedgerError } from './errors.ts';
import type { WorkItem } from './item.ts';
import type { LedgerSettings } from './settings.ts';
import { asName } from './text.ts';

/** Who holds an item now, in the words and facts every refusal gives. */
export function describeHolder(item: WorkItem): { text: string; details: HolderDetails } {
  const details = {
    id: item.id,
    status: item.status,
    owner: item.owner ?? null,
    epoch: item.claim?.epoch ?? null,
    execution_id: item.claim?.execution_id ?? null,
    clone: item.claim?.clone ?? null,
    since: item.claim?.claimed_at ?? null,
  };
  if (!isHeld(item)) return { text: 'nobody holds it', details };
  const since = item.claim === undefined ? '' : ` since ${item.claim.claimed_at}`;
  return { text: `${asName(item.owner ?? '')} holds it${since}`, details };
}

/** True where an execution has the item: it was claimed, and neither finished nor given back. */
export function isHeld(item: WorkItem): boolean {
  if (item.owner === undefined) return false;
  if (item.status === 'blocked') return item.block?.from === 'in_progress';
  return item.status === 'in_progress' || item.status === 'in_review';
}

/** What the item shows of its holder now. A stranger's comment or change leaves it as it is. */
export const observeHolder = ({ claim, execution_id, checkpoint }: WorkItem): HolderObservation => ({
  epoch: claim?.epoch,
  execution_id,
  checkpoint_at: checkpoint?.at,
});

/**
 * Whether who asks proves the claim that it acts on.
 *
 * @throws LedgerError `CLAIMED_ELSEWHERE` where the holder has its name and it has no claim to show; `STALE_EPOCH` where the
 *   proof is of an earlier claim than the item's last one
 */
export function requireProof(item: WorkItem, fence: Fence & Pick<Request, 'actor'>): void {
  if (fence.unproven && isHeld(item) && item.owner === fence.actor && item.claim !== undefined) {
    throw claimedElsewhere(item, item.claim.execution_id);
  }
  refuseStale(item, fence);
}

function claimedElsewhere(item: WorkItem, execution: string): LedgerError {
  const { text, details } = describeHolder(item);
  const where = item.claim?.clone === undefined ? 'another clone' : `the clone ${item.claim.clone}`;
  const named = /^[\w.:@/-]+$/.test(execution) ? execution : `'${execution.replaceAll("'", `'\\''`)}'`;
  return new LedgerError(
    'CLAIMED_ELSEWHERE',
    `${item.id}: ${text}, as execution ${asName(execution)} of ${where}; this clone made no claim of it.`,
    {
      hint: `If that execution is yours, pass --execution ${named}, or set WL_EXECUTION_ID. Otherwise leave the item alone: \`wl ready\` lists what is free.`,
      details,
    },
  );
}

function refuseStale(item: WorkItem, fence: Fence): void {
  const epoch = item.claim?.epoch;
  const execution = item.claim?.execution_id;
  const staleEpoch = fence.epoch !== undefined && fence.epoch !== epoch;
  const staleExecution = fence.execution_id !== undefined && fence.execution_id !== execution;
  if (!staleEpoch && !staleExecution) return;
  const { text, details } = describeHolder(item);
  const claimed = staleEpoch
    ? `the claim of epoch ${fence.epoch} was superseded by epoch ${epoch ?? 'none'}`
    : `execution ${asName(fence.execution_id ?? '')} is not the one that claimed it (${execution === undefined ? 'none' : asName(execution)})`;
  throw new LedgerError('STALE_EPOCH', `${item.id}: ${claimed}; ${text}.`, {
    hint: `Stop working on it. \`wl show ${item.id}\` tells how it stands.`,
    details,
  });
}

/** @throws LedgerError `NOT_OWNER` where someone else, or nobody, holds the item */
export function requireOwner(item: WorkItem, actor: string): void {
  if (isHeld(item) && item.owner === actor) return;
  const { text, details } = describeHolder(item);
  throw new LedgerError('NOT_OWNER', `${item.id} is not ${asName(actor)}'s: ${text}.`, {
    hint: isHeld(item)
      ? `Only its holder may do that; \`wl recover\` gives back work whose holder is gone.`
      : `Claim it first: wl claim ${item.id}`,
    details,
  });
}

/** What a holder does with its lease, in milliseconds since it last gave a sign of life that the remote took. */
export interface Lease {
  ttl_ms: number;
  /** When the next sign is due. */
  renew_after_ms: number;
  /** When to stop by itself where no sign got through: well before anyone may take the work for orphaned. */
  stop_after_ms: number;
}

/** How long the claim of `item` lasts; the ledger's setting where the item was never claimed. */
export function leaseOf(item: Pick<WorkItem, 'claim'>, settings: Pick<LedgerSettings, 'lease_ttl_s'>): Lease {
  const ttl_ms = (item.claim?.ttl_s ?? settings.lease_ttl_s) * 1000;
  return { ttl_ms, renew_after_ms: Math.floor(ttl_ms / 3), stop_after_ms: Math.floor((ttl_ms * 2) / 3) };
}

/** What the error of an item begins with that was recovered and has no attempt left. */
export const EXHAUSTED = 'exhausted:';
/** The key under which the escalation of such work is made, once for each claim. */
export const exhaustedKey = ({ id, claim }: Pick<WorkItem, 'id' | 'claim'>): string =>
  `${EXHAUSTED}${id}:${claim?.epoch ?? 0}`;

/** How often an item may be claimed before someone has to decide. */
export const attemptsAllowed = (
  item: Pick<WorkItem, 'max_attempts'>,
  settings: Pick<LedgerSettings, 'max_attempts'>,
): number => item.max_attempts ?? settings.max_attempts;

export const isExhausted = (
  item: Pick<WorkItem, 'attempts' | 'max_attempts'>,
  settings: Pick<LedgerSettings, 'max_attempts'>,
): boolean => item.attempts >= attemptsAllowed(item, settings);

const LONGEST_BACKOFF_MS = 3_600_000;

/**
 * How long to wait after so many attempts, in milliseconds: between half and all of attempts⁴ seconds, an hour at most.
 *
 * @param chance from 0 up to 1: what failed together is not tried again together
 */
export function backoffMs(attempts: number, chance: number): number {
  const longest = Math.min(LONGEST_BACKOFF_MS, attempts ** 4 * 1000);
  return Math.round(longest * (0.5 + chance / 2));
}
