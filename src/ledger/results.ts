import { type ErrorCode, isLedgerError, LedgerError } from '../domain/errors.ts';
import type { WorkItem } from '../domain/item.ts';
import type { Oid } from '../store/port.ts';
import type { Outcome } from '../sync/outcome.ts';

/** A transition that took place. */
export interface Won {
  ok: true;
  /** The item after it; as it last was, where it was deleted. */
  item: WorkItem;
  /** `undefined` where nothing had to change. */
  commit: Oid | undefined;
  /** `remote`: the shared branch has it. `local`: this clone alone, until the next sync. */
  where: 'remote' | 'local';
}

/** A race that someone else won. Nothing of the transition is on the shared branch. */
export interface LostRace {
  ok: false;
  code: ErrorCode;
  /** One sentence that names the holder. */
  message: string;
  hint: string | undefined;
  details: Record<string, unknown>;
  /** Where the lost transition is kept: `wl rejected` lists it. `undefined` where it was never written. */
  kept: { op: string; ref: string } | undefined;
}

/** What became of a transition: it took place, or a race was lost. A caller's mistake is thrown instead. */
export type TransitionResult = Won | LostRace;

/** @throws LedgerError where the command was never legal */
export function toResult(outcome: Outcome | undefined): TransitionResult {
  switch (outcome?.kind) {
    case 'accepted':
      return { ok: true, item: requireItem(outcome.item), commit: outcome.commit, where: outcome.where };
    case 'unchanged':
      return { ok: true, item: requireItem(outcome.item), commit: undefined, where: 'remote' };
    case 'lost':
      return lostRace(outcome.error, { op: outcome.op, ref: outcome.kept });
    case 'refused':
      if (isLedgerError(outcome.error, 'ALREADY_CLAIMED') || isLedgerError(outcome.error, 'CONFLICT'))
        return lostRace(outcome.error, outcome.error.details.kept);
      throw outcome.error;
    default:
      throw new LedgerError('INTERNAL', 'A command came back without an outcome.');
  }
}

function lostRace(error: LedgerError, kept: LostRace['kept']): LostRace {
  return {
    ok: false,
    code: error.code,
    message: error.message,
    hint: error.hint,
    details: error.details,
    kept,
  };
}

function requireItem(item: WorkItem | undefined): WorkItem {
  if (item === undefined) throw new LedgerError('INTERNAL', 'A transition came back without its item.');
  return item;
}

/** The item, for callers to whom a lost race is a failure. @throws LedgerError with the race's own code */
export function itemOf(result: TransitionResult): WorkItem {
  if (result.ok) return result.item;
  const { code, message, hint, details, kept } = result;
  throw new LedgerError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    details: { ...details, kept },
  });
}
