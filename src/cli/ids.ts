import { isLedgerError, LedgerError, type WorkLedger } from '../index.ts';

/**
 * Ids in full, for a write. What this clone does not know may be new on the remote, which is asked once then; an id that is
 * known is never asked about.
 */
export async function settleIds(
  ledger: WorkLedger,
  typed: readonly string[],
): Promise<PromiseSettledResult<string>[]> {
  const look = () => Promise.allSettled(typed.map((id) => ledger.resolveId(id)));
  const found = await look();
  const unknown = found.some((one) => one.status === 'rejected' && isLedgerError(one.reason, 'NOT_FOUND'));
  if (!unknown || ledger.mode !== 'push') return found;
  try {
    await ledger.fetch();
  } catch (error) {
    if (isLedgerError(error, 'REMOTE_UNREACHABLE')) return found;
    throw error;
  }
  return look();
}

/** As `settleIds`, where each is needed. @throws LedgerError for the first that is none */
export async function resolveIds(ledger: WorkLedger, typed: readonly string[]): Promise<string[]> {
  return (await settleIds(ledger, typed)).map((one) => {
    if (one.status === 'fulfilled') return one.value;
    throw one.reason;
  });
}

/** As `resolveIds`, for one. */
export async function resolveOne(ledger: WorkLedger, typed: string): Promise<string> {
  const [id] = await resolveIds(ledger, [typed]);
  if (id === undefined) throw new LedgerError('INTERNAL', 'An id was looked up and not answered.');
  return id;
}
