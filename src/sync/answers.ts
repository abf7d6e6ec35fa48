import { isLedgerError, isPassing, LedgerError } from '../domain/errors.ts';
import { isOfflineId } from '../domain/ids.ts';
import type { Oid } from '../store/port.ts';
import type { LedgerCommand } from './draft.ts';
import { findSettled, isNew, type Wanted, withStanding } from './journal.ts';
import type { Told, Work } from './leader.ts';
import { type Group, isEntering, noteId } from './local.ts';
import { Names } from './names.ts';
import type { Accepted, Ending, Outcome, Settled, TakenBack } from './outcome.ts';
import type { RemoteContext } from './ports.ts';

/*
 * What callers are told of what they asked for. Nothing else in `sync/` says what became of a transition.
 */

/** Someone who waits: a caller of this process, or another process of the clone. */
export interface Waiter {
  kind: Work['kind'];
  /** Of a `write`; `undefined` where it is committed already. */
  group?: Group;
  publish: boolean;
  /** Whether another process of the clone, which stands still, may do it as well once it goes on. */
  around: boolean;
  resolve(told: Told): void;
  reject(error: unknown): void;
}

/** A request that is not answered yet. */
export interface Open extends Waiter {
  deadline: number;
  /** As it was committed here; `undefined` before that. */
  made: Made | undefined;
  /** Whether it waits until the remote has it. */
  waits: boolean;
}

/** What a request came to here, and how things stood before. */
export interface Made {
  outcomes: readonly Outcome[];
  since: Oid | undefined;
  rejections: ReadonlyMap<string, Oid | undefined>;
  /** Counts up with each commit: what was committed first has the oldest `since`. */
  order: number;
}

/** Decides and commits a group, and brings it to the remote. */
type Ask = (group: Group) => Promise<Told>;

/**
 * Answers requests that nothing more is to be done for.
 *
 * @param ended what the last exchange came to
 * @param ask has done again what a request is not answered without
 */
export async function answer(
  context: RemoteContext | undefined,
  opens: readonly Open[],
  ended: ReadonlyMap<string, Ending>,
  ask: (open: Open) => Ask,
): Promise<void> {
  const waiting = opens.filter(({ waits }) => waits);
  for (const { kind, waits, made, resolve } of opens)
    if (!waits) resolve(kind === 'write' ? (made?.outcomes ?? []) : [...ended.values()]);
  if (context === undefined || waiting.length === 0) return;
  const wanted = wantedBy(waiting);
  const settled = await findSettled(context, wanted);
  for (const [op, end] of ended) if (end.kind !== 'accepted' && wanted.ops.has(op)) settled.set(op, end);
  await withStanding(context, settled, wanted);
  for (const open of waiting) {
    try {
      answerSettled(open, afterExchange(open.made?.outcomes ?? [], settled), ask(open));
    } catch (error) {
      open.reject(error);
    }
  }
}

/** Answers requests that the remote could not be asked about. Claims are taken back, since they mean nothing here; the rest waits. */
export async function giveUp(
  context: RemoteContext,
  opens: readonly Open[],
  error: LedgerError,
): Promise<void> {
  const { takeBack } = await import('./withdraw.ts');
  const came = await takeBack(context, wantedBy(opens));
  for (const { made, around, resolve, reject } of opens) {
    const told = afterGivingUp(made?.outcomes ?? [], { ...came, inDoubt: around }, error);
    if ('outcomes' in told) resolve(told.outcomes);
    else reject(told.failure);
  }
}

/** Answers a request that was not begun, or that is left as it is: what it had committed stays pending. */
export function refuse({ kind, made, waits, reject }: Open, error: unknown): void {
  if (waits) return reject(afterFailure(made?.outcomes ?? [], error));
  reject(isPassing(error) && kind === 'write' ? error.with({ details: NOTHING_LEFT }) : error);
}

/**
 * Answers a request, all of which is settled. A new item that stood already may have been one that the remote did not take, or not under
 * that id: it is asked for again, and told as it is by then.
 */
function answerSettled({ group, resolve, reject }: Open, outcomes: readonly Outcome[], ask: Ask): void {
  if (group === undefined) return resolve(outcomes);
  const names = namesAfter(group, outcomes);
  const told = [...outcomes];
  const again: { at: number; command: LedgerCommand }[] = [];
  for (const [at, command] of group.commands.entries()) {
    if (outcomes[at]?.kind !== 'unchanged' || !isEntering(command)) continue;
    try {
      again.push({ at, command: names.rename(command) });
    } catch (error) {
      if (!isLedgerError(error)) throw error;
      told[at] = { kind: 'refused', error };
    }
  }
  if (again.length === 0) return resolve(told);
  const commands = again.map(({ command }) => command);
  ask({ ...group, commands, atomic: false }).then((now) => {
    for (const [index, { at }] of again.entries()) told[at] = now[index] as Outcome;
    resolve(told);
  }, reject);
}

/** What was committed first was so on the oldest shared tip. */
export function wantedBy(opens: readonly Open[]): Wanted {
  const made = opens.flatMap((open) => open.made ?? []);
  const first = made.reduce<Made | undefined>(
    (a, b) => (a === undefined || b.order < a.order ? b : a),
    undefined,
  );
  const ops = made.flatMap(({ outcomes, rejections }) =>
    outcomes.flatMap((own) =>
      own.kind === 'accepted' ? [[own.op, { own, rejection: rejections.get(own.op) }] as const] : [],
    ),
  );
  return { since: first?.since, ops: new Map(ops) };
}

function namesAfter({ commands, provisional }: Group, outcomes: readonly Outcome[]): Names {
  const names = new Names();
  for (const [index, command] of provisional ? commands.entries() : []) {
    const outcome = outcomes[index];
    if (typeof command !== 'function' && outcome !== undefined) noteId(command, outcome, names);
  }
  return names;
}

/** What a caller is told of a request that was not begun. */
const NOTHING_LEFT = { saved: [], sent: [], withdrawn: [] };

/**
 * What the commands of a request came to, once each transition of it is settled.
 *
 * @param outcomes as they were committed here
 * @throws LedgerError `STORAGE_FAILED` where one is nowhere
 */
const afterExchange = (outcomes: readonly Outcome[], settled: ReadonlyMap<string, Settled>): Outcome[] =>
  outcomes.map((outcome) => after(outcome, settled) ?? nowhere(outcome));

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
function afterGivingUp(
  outcomes: readonly Outcome[],
  { settled, withdrawn, sent, exposed, inDoubt }: TakenBack,
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
    unknown: (inDoubt && taken.length > 0) || waiting.some(({ op }) => exposed.has(op) || sent.has(op)),
    outcomes: now,
  };
  return { failure: error.with({ details }) };
}

/** What a caller is told of a failure that is none of the network's: what was committed stays pending, and nothing is taken back. */
function afterFailure(outcomes: readonly Outcome[], error: unknown): unknown {
  if (!isLedgerError(error)) return error;
  const made = outcomes.filter((one) => one.kind === 'accepted');
  // The next sync may give a new item another number.
  const saved = made.map((one) => describeLeft(one, new Set(made.map(({ op }) => op))));
  return error.with({ details: { ...NOTHING_LEFT, saved, outcomes } });
}

/** Where others may have a new item, its number is not settled, and no one is told one. */
function describeLeft(left: Accepted, exposed: ReadonlySet<string>): Record<string, unknown> {
  const { op, item, event } = left;
  const open = exposed.has(op) && isNew(left) && item !== undefined && !isOfflineId(item.id);
  return { op, verb: event?.verb ?? 'configure', id: open ? undefined : item?.id, title: item?.title };
}

const idOf = ({ item, event }: Accepted): string | undefined => item?.id ?? event?.id;
