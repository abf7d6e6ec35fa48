import {
  type IdPurpose,
  isLedgerError,
  LedgerError,
  type ReadableLedger,
  type WorkLedger,
} from '../index.ts';

/**
 * Ids in full, for a write. What this clone does not know may be new on the remote, which is asked once then; an id that is
 * known is never asked about.
 */
async function settleIds(
  ledger: WorkLedger,
  typed: readonly string[],
  purpose: IdPurpose | undefined,
): Promise<PromiseSettledResult<string>[]> {
  const look = () => Promise.allSettled(typed.map((id) => ledger.query.resolveId(id, purpose)));
  const found = await look();
  const unknown = found.some((one) => one.status === 'rejected' && isLedgerError(one.reason, 'NOT_FOUND'));
  if (!unknown || ledger.clone.mode !== 'push') return found;
  try {
    await ledger.clone.fetch();
  } catch (error) {
    if (isLedgerError(error, 'REMOTE_UNREACHABLE') || isLedgerError(error, 'REMOTE_STALE')) return found;
    throw error;
  }
  return look();
}

/** Ids in full, each once, and why others are none. */
export interface SettledIds {
  ids: readonly string[];
  failures: readonly unknown[];
  /** Whether more than one was asked for. */
  several: boolean;
}

/** Ids in full. All are looked up before anything is written; a mistyped one does not stop the others. */
export async function resolveAll(
  ledger: WorkLedger,
  typed: readonly string[],
  purpose?: IdPurpose,
): Promise<SettledIds> {
  const found = await settleIds(ledger, typed, purpose);
  const ids = found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  return {
    ids: [...new Set(ids)],
    failures: found.flatMap((one) => (one.status === 'rejected' ? [one.reason] : [])),
    several: typed.length > 1,
  };
}

/** As `resolveAll`, where each is needed, in the order in which they were typed. @throws LedgerError for the first that is none */
export async function resolveIds(
  ledger: WorkLedger,
  typed: readonly string[],
  purpose?: IdPurpose,
): Promise<string[]> {
  return (await settleIds(ledger, typed, purpose)).map((one) => {
    if (one.status === 'fulfilled') return one.value;
    throw one.reason;
  });
}

/** As `resolveIds`, for one. */
export async function resolveOne(ledger: WorkLedger, typed: string, purpose?: IdPurpose): Promise<string> {
  const [id] = await resolveIds(ledger, [typed], purpose);
  if (id === undefined) throw new LedgerError('INTERNAL', 'An id was looked up and not answered.');
  return id;
}

/** An item that was deleted is no longer found by a part of its id, but its history still is by the whole. */
export async function resolveHistoric(ledger: ReadableLedger, typed: string): Promise<string> {
  try {
    return await ledger.query.resolveId(typed);
  } catch (error) {
    if (isLedgerError(error, 'NOT_FOUND') && (await ledger.audit.history(typed)).length > 0) return typed;
    throw error;
  }
}
