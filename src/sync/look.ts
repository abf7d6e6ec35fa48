import { LedgerError } from '../domain/errors.ts';
import type { FetchScope, LedgerRemote } from '../remote/port.ts';
import type { Oid } from '../store/port.ts';
import { CONTACT, FETCHED } from './marks.ts';
import type { RemoteContext } from './ports.ts';

/**
 * Looks at the remote.
 *
 * @returns the shared tip; `undefined` where the remote has no ledger yet
 * @throws LedgerError `REMOTE_UNREACHABLE`; `HISTORY_REWRITTEN` where what this clone has seen is no longer there: nothing
 *   moves then
 */
export async function look(
  { remote, state, clock }: RemoteContext,
  scope: FetchScope = 'all',
): Promise<Oid | undefined> {
  const fetched = await remote.fetch(scope);
  if (fetched.kind === 'unreachable') throw unreachable(remote, fetched.cause);
  if (fetched.kind === 'rewritten') throw rewritten(remote, fetched.seen, fetched.found);
  const now = clock.now().toISOString();
  state.set(CONTACT, now);
  if (scope === 'all') state.set(FETCHED, now);
  return fetched.tip;
}

export function unreachable(remote: LedgerRemote, cause: Error, unknown = false): LedgerError {
  return new LedgerError(
    'REMOTE_UNREACHABLE',
    `The remote ${remote.url} cannot be reached: ${cause.message}`,
    {
      hint: 'When it is back: wl sync',
      details: { remote: remote.name, unknown },
      cause,
    },
  );
}

function rewritten(remote: LedgerRemote, seen: Oid, found: Oid | undefined): LedgerError {
  const now = found === undefined ? 'the branch is gone' : `it is at ${found.slice(0, 12)} now`;
  return new LedgerError(
    'HISTORY_REWRITTEN',
    `The ledger on ${remote.url} was rewritten: it no longer has ${seen.slice(0, 12)}, which this clone saw; ${now}.`,
    {
      hint: `Nothing was pushed and nothing here was lost. Ask who rewrote it; wl doctor shows both lines.`,
      details: { remote: remote.name, seen, found: found ?? null },
    },
  );
}
