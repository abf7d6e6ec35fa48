import { isLedgerError, LedgerError } from '../domain/errors.ts';
import { isOfflineId } from '../domain/ids.ts';
import { type Accepted, isNew, type Outcome, type Settled } from './outcome.ts';
import type { TakenBack } from './withdraw.ts';

/** What a caller is told of a request that was not begun. */
export const NOTHING_LEFT = { saved: [], sent: [], withdrawn: [] };

/**
 * What the commands of a request came to, once each transition of it is settled.
 *
 * @param outcomes as they were committed here
 * @throws LedgerError `STORAGE_FAILED` where one is nowhere
 */
export const afterExchange = (
  outcomes: readonly Outcome[],
  settled: ReadonlyMap<string, Settled>,
): Outcome[] => outcomes.map((outcome) => after(outcome, settled) ?? nowhere(outcome));

function after(outcome: Outcome, settled: ReadonlyMap<string, Settled>): Outcome | undefined {
  if (outcome.kind !== 'accepted') return outcome;
  const found = settled.get(outcome.op);
  return found?.kind === 'unchanged' ? { kind: 'unchanged', item: found.item ?? outcome.item } : found;
}

function nowhere(outcome: Outcome): never {
  const op = outcome.kind === 'accepted' ? outcome.op : '';
  throw new LedgerError('STORAGE_FAILED', `The transition ${op} is no longer in this clone.`, {
    hint: 'Another process moved the ledger branch by hand; `git reflog` of it shows what happened.',
    details: { op },
  });
}

/**
 * What a caller is told of a request that the remote could not be asked about.
 *
 * @returns its outcomes where all of it is settled all the same; else `error`, with what waits here, what was sent and what was
 *   taken back
 */
export function afterGivingUp(
  outcomes: readonly Outcome[],
  { settled, withdrawn, sent, exposed, unsure }: TakenBack,
  error: LedgerError,
): { outcomes: Outcome[] } | { failure: LedgerError } {
  const now = outcomes.map((outcome) => after(outcome, settled) ?? outcome);
  const waiting = now.filter((one): one is Accepted => one.kind === 'accepted' && one.where === 'local');
  if (waiting.length === 0) return { outcomes: now };
  const taken = waiting.filter(({ op }) => withdrawn.has(op));
  const left = waiting.filter(({ op }) => !withdrawn.has(op));
  const describe = (one: Accepted): Record<string, unknown> => describeLeft(one, exposed);
  const details = {
    saved: left.filter(({ op }) => !sent.has(op)).map(describe),
    sent: left.filter(({ op }) => sent.has(op)).map(describe),
    withdrawn: taken.map(idOf),
    // Others may have it, so that it may yet be made.
    unknown: (unsure && taken.length > 0) || waiting.some(({ op }) => exposed.has(op) || sent.has(op)),
    outcomes: now,
  };
  return { failure: error.with({ details }) };
}

/** What a caller is told of a failure that is none of the network's: what was committed stays pending, and nothing is taken back. */
export function afterFailure(outcomes: readonly Outcome[], error: unknown): unknown {
  if (!isLedgerError(error)) return error;
  const made = outcomes.filter((one) => one.kind === 'accepted');
  const saved = made.map((one) => describeLeft(one, new Set()));
  return error.with({ details: { ...NOTHING_LEFT, saved, outcomes } });
}

/** Where others may have a new item, its number is not settled, and no one is told one. */
function describeLeft(left: Accepted, exposed: ReadonlySet<string>): Record<string, unknown> {
  const { op, item, event } = left;
  const open = exposed.has(op) && isNew(left) && item !== undefined && !isOfflineId(item.id);
  return { op, verb: event?.verb ?? 'configure', id: open ? undefined : item?.id, title: item?.title };
}

const idOf = ({ item, event }: Accepted): string | undefined => item?.id ?? event?.id;
