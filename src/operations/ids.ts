import {
  type IdPurpose,
  isLedgerError,
  LedgerError,
  type ReadableLedger,
  type WorkLedger,
} from '../index.ts';

/** What was found of what was typed, in that order, and why the rest was not. */
export interface Found<T> {
  found: readonly T[];
  failures: readonly unknown[];
  /** Whether more than one was asked for. */
  several: boolean;
}

/** Looks for each; one that is not found does not stop the others. */
export async function findEach<T>(
  typed: readonly string[],
  find: (typed: string) => Promise<T>,
): Promise<Found<T>> {
  const settled = await Promise.allSettled(typed.map(find));
  return {
    found: settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
    failures: settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : [])),
    several: typed.length > 1,
  };
}

/**
 * Ids in full, for a write. What this clone does not know may be new on the remote, which is asked once then; an id that is
 * known is never asked about.
 */
async function findIds(
  ledger: WorkLedger,
  typed: readonly string[],
  purpose: IdPurpose | undefined,
): Promise<Found<string>> {
  const look = () => findEach(typed, (id) => ledger.query.resolveId(id, purpose));
  const known = await look();
  const isKnown = !known.failures.some((one) => isLedgerError(one, 'NOT_FOUND'));
  return isKnown || !(await askRemote(ledger)) ? known : look();
}

/** Takes over what the remote has, for what this clone does not know. @returns false where it may not be asked, or does not answer */
export async function askRemote({ clone }: WorkLedger): Promise<boolean> {
  if (clone.mode !== 'push') return false;
  try {
    await clone.fetch();
    return true;
  } catch (error) {
    if (isLedgerError(error, 'REMOTE_UNREACHABLE') || isLedgerError(error, 'REMOTE_STALE')) return false;
    throw error;
  }
}

/** Ids in full, each once. All are looked up before anything is written. */
export async function resolveAll(
  ledger: WorkLedger,
  typed: readonly string[],
  purpose?: IdPurpose,
): Promise<Found<string>> {
  const ids = await findIds(ledger, typed, purpose);
  return { ...ids, found: [...new Set(ids.found)] };
}

/** As `resolveAll`, where each is needed, in the order in which they were typed. @throws LedgerError for the first that is none */
export async function resolveIds(
  ledger: WorkLedger,
  typed: readonly string[],
  purpose?: IdPurpose,
): Promise<readonly string[]> {
  const { found, failures } = await findIds(ledger, typed, purpose);
  if (failures.length > 0) throw failures[0];
  return found;
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
