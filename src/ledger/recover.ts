import { LedgerError } from '../domain/errors.ts';
import { EXHAUSTED, exhaustedKey, observeHolder } from '../domain/holding.ts';
import type { WorkId } from '../domain/ids.ts';
import type { Checkpoint, WorkItem } from '../domain/item.ts';
import type { NewWork } from '../domain/item-schema.ts';
import { toSafeLine } from '../domain/text.ts';
import type { Planned } from '../sync/local.ts';
import type { Outcome } from '../sync/outcome.ts';
import { type Connection, checkCall, modeOf, readNow } from './connection.ts';
import { raced } from './giving-up.ts';
import { inTime } from './in-time.ts';
import type { Acting } from './inputs.ts';
import { describeEvidence, findOrphans, type OrphanedWork } from './orphans.ts';
import { RECOVER, type RecoverOptions } from './transition-inputs.ts';
import type { LedgerWork } from './work.ts';

/** An item that was given back, or that failed since no attempt is left: then with the escalation that was opened. */
export type RecoveredWork = OrphanedWork & { escalation?: WorkId };

/** An item in progress whose holder is gone. */
export interface Abandoned {
  item: WorkItem;
  /** How that is known, in a line. */
  reason: string;
  /** True where no attempt is left: it fails, and an escalation is opened. */
  exhausted: boolean;
}

/** As it stands then. `undefined` where it was left alone: it moved meanwhile. */
type GivenBack = { item: WorkItem; escalation: WorkId | undefined } | undefined;

/** @see LedgerWork.recover */
export async function recover(
  connection: Connection,
  work: LedgerWork,
  options: RecoverOptions,
): Promise<RecoveredWork[]> {
  checkCall(connection, 'recover', {}, RECOVER, options);
  const { actor, signal, liveness } = options;
  signal?.throwIfAborted();
  if (modeOf(connection) === 'push') {
    const { sync } = await connection.write();
    await raced(
      inTime(connection, (time) => sync.fetch(time)),
      signal,
    );
  }
  const orphans = await findOrphans(connection, liveness);
  return orphans.length === 0 ? [] : recoverOrphans(connection, work, orphans, { actor, signal });
}

/** Gives back what `orphans` are. */
export async function recoverOrphans(
  connection: Connection,
  work: LedgerWork,
  orphans: readonly OrphanedWork[],
  call: Acting,
): Promise<RecoveredWork[]> {
  const abandoned = orphans.map((item): Abandoned => {
    const { exhausted } = item.evidence;
    return { item, reason: describeEvidence(item.evidence), exhausted };
  });
  const given = await giveBack(connection, work, abandoned, call);
  return orphans.flatMap(({ evidence }, at) => {
    const { item, escalation } = given[at] ?? {};
    if (item === undefined) return [];
    return [{ ...item, evidence, ...(escalation === undefined ? {} : { escalation }) }];
  });
}

/**
 * Gives back what is abandoned, in one push, and opens an escalation for each that has no attempt left.
 *
 * @returns what became of each, in order
 */
export async function giveBack(
  connection: Connection,
  work: LedgerWork,
  abandoned: readonly Abandoned[],
  { actor, signal }: Acting = {},
): Promise<GivenBack[]> {
  const commands: Planned[] = [];
  const places = abandoned.map((one) => {
    const { item, reason } = one;
    const at = commands.push(
      work.command('recover', { id: item.id, reason, observed: observeHolder(item) }, actor),
    );
    if (one.exhausted) commands.push(escalate(work, one, at - 1, actor));
    return at - 1;
  });
  const { submitMade } = await import('./submit.ts');
  const outcomes = await submitMade(connection, commands, { signal });
  const given: GivenBack[] = [];
  for (const [index, { item, exhausted }] of abandoned.entries()) {
    const at = places[index] ?? 0;
    const done = itemIn(outcomes[at]);
    const escalation = exhausted ? itemIn(outcomes[at + 1])?.id : undefined;
    given.push(done && { item: done, escalation });
    if (done === undefined && escalation !== undefined && !(await hasFailed(connection, item.id))) {
      // The holder was faster, so there is nothing to decide.
      await work.cancel(escalation, { actor, reason: `${item.id} gave a sign of life` });
    }
  }
  return given;
}

const itemIn = (outcome: Outcome | undefined): WorkItem | undefined =>
  outcome?.kind === 'accepted' ? outcome.item : undefined;

const hasFailed = async (connection: Connection, id: WorkId): Promise<boolean> =>
  (await readNow(connection, (view) => view.find(id)))?.error?.startsWith(EXHAUSTED) ?? false;

function escalate(work: LedgerWork, one: Abandoned, at: number, actor: string | undefined): Planned {
  return (earlier) => {
    const failed = itemIn(earlier[at]);
    if (failed?.status === 'failed') return work.command('create', { fields: escalationOf(one) }, actor);
    throw new LedgerError('NOT_READY', `${one.item.id} did not fail, so there is nothing to escalate.`, {
      details: { id: one.item.id, obstacles: [] },
    });
  };
}

const TITLE_LENGTH = 500;
const TEXT_LENGTH = 20_000;

/** A question as `wl escalations` lists it; anyone may answer. */
function escalationOf({ item, reason }: Abandoned): NewWork {
  const { id, title, priority, swarm_name, checkpoint, attempts } = item;
  return {
    title: toSafeLine(`Exhausted: ${id} ${title}`, TITLE_LENGTH).trim(),
    type: 'escalation',
    priority,
    swarm_name,
    description: [
      `${id} was claimed ${attempts} times, and no attempt ended with a result.`,
      `The last one: ${reason}.`,
      `Its last checkpoint: ${describeCheckpoint(checkpoint)}`,
      `To give it new attempts: wl retry ${id} --reset. To leave it: wl cancel this item.`,
    ].join('\n\n'),
    context: { work_id: id },
    links: [{ kind: 'related', target: id }],
    idempotency_key: exhaustedKey(item),
  };
}

function describeCheckpoint(checkpoint: Checkpoint | undefined): string {
  if (checkpoint === undefined) return 'none.';
  const { at, attempt, data: _, ...said } = checkpoint;
  return `of attempt ${attempt}, ${at}\n\n${JSON.stringify(said, null, 2).slice(0, TEXT_LENGTH)}`;
}
