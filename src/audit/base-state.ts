import { isLedgerError } from '../domain/errors.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import type { Projection } from '../projection/projection.ts';
import type { Oid } from '../store/port.ts';
import { requestedAt } from './check-times.ts';
import { commitsOf, type Incoming } from './push-past.ts';
import type { Ground } from './push-state.ts';

/** The ledger at `tip`, by the repository's index, which is caught up or made where it is not there. */
export async function groundAt(tip: Oid, projection: Projection, incoming: Incoming): Promise<Ground> {
  const record = await incoming.readCommit(tip);
  return {
    tip,
    settings: await settingsAt(tip, projection),
    requestedAt: requestedAt(record),
    async read(use) {
      await projection.knowDeletions(tip);
      return projection.read(tip, use);
    },
    commitsOf: (ops) => commitsOf(tip, ops, projection, incoming),
  };
}

/** Nothing of a ledger can be read whose settings cannot. */
async function settingsAt(tip: Oid, projection: Projection): Promise<LedgerSettings | undefined> {
  try {
    return await projection.read(tip, ({ settings }) => settings);
  } catch (error) {
    if (!isLedgerError(error, 'DAMAGED_ITEM')) throw error;
    return undefined;
  }
}
