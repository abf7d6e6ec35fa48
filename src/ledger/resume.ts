import { listOf, orNull, text } from '../domain/check-input.ts';
import { LedgerError } from '../domain/errors.ts';
import { attemptsAllowed, isHeld } from '../domain/holding.ts';
import { isTerminal, type WorkItem } from '../domain/item.ts';
import { type Attempt, attemptsIn } from '../query/attempts.ts';
import { type Connection, checkCall, readNow } from './connection.ts';
import { executionsOf, type HeldExecution, type SetAside } from './executions.ts';
import { ASKING, type Asked } from './inputs.ts';
import type { WorkWithHistory } from './query.ts';
import type { Suspect } from './suspects.ts';

/** All that someone needs who goes on with an item. */
export interface Resumption {
  item: WorkItem;
  /** How often it was claimed, and how often it may be. */
  attempt: number;
  max_attempts: number;
  /** The claim that this clone made and that still holds; `null` where it has none. */
  held: HeldExecution | null;
  /** Who had it before, and why each time ended, oldest first. */
  earlier: Attempt[];
  /** What this clone found wrong with the item; while it stands, nothing can be written on it here. */
  in_question?: Suspect[];
}

export async function resumption(
  connection: Connection,
  { history, in_question, ...item }: WorkWithHistory,
  actor = connection.actor,
): Promise<Resumption> {
  const executions = executionsOf(connection);
  executions.settle(item, actor);
  const made = executions.of(item.id, actor);
  const settings = await readNow(connection, (view) => view.settings);
  return {
    item,
    attempt: item.attempts,
    max_attempts: attemptsAllowed(item, settings),
    held: made !== undefined && stillHolds(item, made) ? made : null,
    earlier: attemptsIn(history).filter(({ ended }) => ended !== null),
    ...(in_question === undefined ? {} : { in_question }),
  };
}

function stillHolds(item: WorkItem, { actor, epoch, execution_id }: HeldExecution): boolean {
  const { claim, owner } = item;
  return isHeld(item) && owner === actor && claim?.epoch === epoch && claim.execution_id === execution_id;
}

/** What claims of this clone still hold. Claims whose item ended are forgotten; superseded ones are not: they are proof. */
export async function heldHere(
  connection: Connection,
  actor: string = connection.actor,
): Promise<WorkItem[]> {
  const executions = executionsOf(connection);
  const held: WorkItem[] = [];
  for (const id of executions.items(actor)) {
    const item = await readNow(connection, (view) => view.find(id));
    executions.settle(item, actor);
    const made = executions.of(id, actor);
    if (item !== undefined && made !== undefined && stillHolds(item, made)) held.push(item);
    const isOver = item !== undefined && isTerminal(item.status) && item.claim?.epoch === made?.epoch;
    if (item === undefined || isOver) executions.forget(id, actor);
  }
  return held;
}

/** Makes claims that are set aside the clone's own, where they still hold. @throws LedgerError `NOT_FOUND` */
export async function adoptClaims(
  connection: Connection,
  ids: readonly string[] | undefined,
  options: Asked,
): Promise<SetAside[]> {
  checkCall(connection, 'adopt', { ids: [orNull(listOf(text)), ids ?? null] }, ASKING, options);
  const { actor = connection.actor } = options;
  const executions = executionsOf(connection);
  const aside = executions.aside(actor);
  for (const id of ids ?? []) {
    if (aside.some((one) => one.id === id)) continue;
    throw new LedgerError('NOT_FOUND', `No claim of ${id} by ${actor} is set aside in this clone.`, {
      hint: 'If you hold it by an execution, pass --execution ID, or set WL_EXECUTION_ID.',
      details: { id, actor },
    });
  }
  const adopted: SetAside[] = [];
  for (const one of aside.filter(({ id }) => ids === undefined || ids.includes(id))) {
    const item = await readNow(connection, (view) => view.find(one.id));
    if (item === undefined || !stillHolds(item, one)) continue;
    executions.adopt(one);
    adopted.push(one);
  }
  return adopted;
}
