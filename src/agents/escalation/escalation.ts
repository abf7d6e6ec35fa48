import { LedgerError } from '../../domain/errors.ts';
import type { WorkId } from '../../domain/ids.ts';
import {
  isTerminal,
  type JsonMap,
  type WorkItem,
  type WorkPriority,
  type WorkStatus,
} from '../../domain/item.ts';
import { toSafeLine } from '../../domain/text.ts';
import { type LostRace, type TransitionResult, toResult } from '../../ledger/results.ts';
import type { Holding } from '../../ledger/transition-inputs.ts';
import type { WorkLedger } from '../../ledger/work-ledger.ts';
import type { Outcome } from '../../sync/outcome.ts';

/** `actor` asks: the holder, where someone holds the work. */
export interface EscalateInput extends Holding {
  /** The work that waits for the answer. Without one, nothing is blocked. */
  work_id?: WorkId | undefined;
  /** The same, in the word of the design that this protocol began with. */
  workId?: WorkId | undefined;
  /** Default: the question's first line. */
  title?: string | undefined;
  question: string;
  /** What can be chosen from. Another answer in words stays possible. */
  options?: readonly string[] | undefined;
  /** Who is to answer; anyone, where no one is named. */
  to?: string | undefined;
}

export interface AnswerInput {
  /** The answer in words; where an option is chosen, that is the answer unless more is said. */
  answer?: string | undefined;
  /** One of the options that were offered. */
  option?: string | undefined;
  /** Who answers. Default: the ledger's actor. */
  actor?: string | undefined;
}

/** An escalation that was made. `work` is blocked by it; `undefined` where it is about no work. */
export interface Escalated {
  ok: true;
  escalation: Escalation;
  work: WorkItem | undefined;
  where: 'remote' | 'local';
}

/** An escalation that was answered, and the work that goes on with the answer. */
export interface Answered {
  ok: true;
  escalation: Escalation;
  unblocked: WorkItem[];
  where: 'remote' | 'local';
}

const TITLE_LENGTH = 100;

/**
 * Questions to people, or to other agents, as items of type `escalation`. The work that a question is about is blocked by it until
 * the answer, and then goes on by itself, with question and answer in `context.answers`.
 */
export class EscalationProtocol {
  readonly #ledger: WorkLedger;

  constructor({ ledger }: { ledger: WorkLedger }) {
    this.#ledger = ledger;
  }

  /**
   * Asks, and blocks the work with the question, in one push.
   *
   * @returns the lost race where someone was first to end the work, take it over, or block it: then nothing is asked
   * @throws LedgerError `INVALID_INPUT`; as `blockWork`: `NOT_OWNER`, `STALE_EPOCH`, `ILLEGAL_TRANSITION`; `NOT_FOUND`
   */
  async escalate(input: EscalateInput): Promise<Escalated | LostRace> {
    const { workId, work_id = workId, actor, signal, execution_id, epoch } = input;
    const ledger = this.#ledger;
    const work = work_id === undefined ? undefined : await ledger.query.find(work_id);
    const fields = fieldsOf({ ...input, work_id }, work);
    const ask = ledger.work.command('create', { fields }, actor);
    if (work_id === undefined) return this.#asked(await ledger.work.batch([ask], { atomic: true, signal }));
    const block = (earlier: readonly Outcome[]) => {
      const blocker_id = idIn(earlier[0]);
      const reason = `waits for an answer: ${fields.title}`;
      return ledger.work.command('block', { id: work_id, reason, blocker_id, execution_id, epoch }, actor);
    };
    return this.#asked(await ledger.work.batch([ask, block], { atomic: true, signal }));
  }

  /** Asked and blocked together, or neither. */
  #asked([asked, blocked]: readonly Outcome[]): Escalated | LostRace {
    const result = blocked === undefined ? undefined : toResult(blocked);
    if (result?.ok === false) return result;
    const made = toResult(asked);
    if (!made.ok) return made;
    return { ok: true, escalation: toEscalation(made.item), work: result?.item, where: made.where };
  }

  /**
   * Answers, in one push: claims and completes the escalation, with which the work that waits for it goes on.
   *
   * @returns the lost race where someone else answered first
   * @throws LedgerError `INVALID_INPUT` for an option that was not offered, and for an item that is no escalation;
   *   `ILLEGAL_TRANSITION` where it was answered or cancelled; `NOT_OWNER` where it is someone else's to answer; `NOT_FOUND`
   */
  async answer(id: WorkId, { answer, option, actor }: AnswerInput): Promise<Answered | LostRace> {
    const escalation = await this.get(id);
    requireOpen(escalation);
    const result = resultOf(escalation, answer, option);
    const waiting = await this.#waitingFor(id);
    const done = await this.#complete(id, result, actor);
    if (!done.ok) return done;
    const after = await Promise.all(waiting.map((work) => this.#ledger.query.find(work.id)));
    return {
      ok: true,
      escalation: toEscalation(done.item),
      unblocked: after.flatMap((work) => (work === undefined || work.status === 'blocked' ? [] : [work])),
      where: done.where,
    };
  }

  #complete(id: WorkId, result: JsonMap, actor: string | undefined): Promise<TransitionResult> {
    return this.#ledger.completeWork(id, { actor, result, claim: true });
  }

  async #waitingFor(id: WorkId): Promise<WorkItem[]> {
    return (await this.#ledger.getBlocked()).filter(({ block }) => block?.blocker_id === id);
  }

  /** Escalations that wait for an answer, most urgent first; `to` narrows them to one who is to answer. */
  async pending({ to }: { to?: string | undefined } = {}): Promise<Escalation[]> {
    return this.#list({ to, all: false });
  }

  /** As `pending`, with those that were answered or cancelled. */
  async all({ to }: { to?: string | undefined } = {}): Promise<Escalation[]> {
    return this.#list({ to, all: true });
  }

  async #list({ to, all }: { to: string | undefined; all: boolean }): Promise<Escalation[]> {
    const items = await this.#ledger.query.list({ type: ['escalation'], owner: to, all });
    return items.map(toEscalation);
  }

  /** @throws LedgerError `NOT_FOUND`; `INVALID_INPUT` where the item is no escalation */
  async get(id: WorkId): Promise<Escalation> {
    const item = await this.#ledger.query.find(id);
    if (item === undefined) {
      throw new LedgerError('NOT_FOUND', `There is no item ${id}.`, { details: { id } });
    }
    if (item.type === 'escalation') return toEscalation(item);
    throw new LedgerError('INVALID_INPUT', `${id} is a ${item.type}, and no escalation.`, {
      hint: '`wl escalations` lists what waits for an answer.',
      details: { id, type: item.type },
    });
  }
}

function idIn(outcome: Outcome | undefined): WorkId | undefined {
  return outcome !== undefined && 'item' in outcome ? outcome.item?.id : undefined;
}

function fieldsOf({ title, question, options = [], to, work_id }: EscalateInput, work: WorkItem | undefined) {
  const offered = options.map((option) => option.trim());
  if (question.trim() === '') throw new LedgerError('INVALID_INPUT', 'A question is required.');
  if (offered.includes('') || new Set(offered).size < offered.length) {
    throw new LedgerError('INVALID_INPUT', 'Each option needs a text of its own.', { details: { options } });
  }
  const [first = ''] = question.trim().split('\n');
  return {
    title: title ?? toSafeLine(first, TITLE_LENGTH),
    type: 'escalation' as const,
    description: question,
    owner: to,
    priority: work?.priority,
    swarm_name: work?.swarm_name,
    context: {
      ...(offered.length === 0 ? {} : { options: offered }),
      ...(work_id === undefined ? {} : { work_id }),
    },
  };
}

function requireOpen({ id, status, answered_by }: Escalation): void {
  if (!isTerminal(status)) return;
  const ended =
    status === 'completed' ? `was answered by ${answered_by ?? 'someone'} already` : `is ${status}`;
  throw new LedgerError('ILLEGAL_TRANSITION', `${id} ${ended}.`, {
    hint: `\`wl show ${id}\` has what was said; ask anew with: wl escalate`,
    details: { id, status },
  });
}

function resultOf(
  { id, options }: Escalation,
  answer: string | undefined,
  option: string | undefined,
): JsonMap {
  if (option !== undefined && !options.includes(option)) {
    throw new LedgerError('INVALID_INPUT', `${JSON.stringify(option)} was not offered by ${id}.`, {
      hint:
        options.length === 0
          ? 'It offers none: answer in words.'
          : `It offers: ${options.map((one) => JSON.stringify(one)).join(', ')}`,
      details: { id, option, options },
    });
  }
  const said = answer?.trim() ? answer : option;
  if (said === undefined)
    throw new LedgerError('INVALID_INPUT', 'An answer is required.', { details: { id } });
  return { answer: said, ...(option === undefined ? {} : { option }) };
}

/** A question and, once there is one, its answer. */
export interface Escalation {
  id: WorkId;
  title: string;
  question: string;
  options: string[];
  status: WorkStatus;
  priority: WorkPriority;
  /** Who is to answer, or has taken it up; `null` where anyone may. */
  to: string | null;
  asked_by: string;
  asked_at: string;
  /** The work that it is about, as it was when it was asked. */
  work_id: WorkId | null;
  answer: string | null;
  option: string | null;
  answered_by: string | null;
  answered_at: string | null;
}

/** An item of type `escalation` as a question. What is not there, or not as it should be, is taken as left out. */
function toEscalation(item: WorkItem): Escalation {
  const { context, result, status } = item;
  const answered = status === 'completed';
  const offered = context.options;
  return {
    id: item.id,
    title: item.title,
    question: item.description,
    options: Array.isArray(offered) ? offered.filter((option) => typeof option === 'string') : [],
    status,
    priority: item.priority,
    to: item.owner ?? null,
    asked_by: item.created_by,
    asked_at: item.created_at,
    work_id: textOf(context.work_id),
    answer: answered ? textOf(result?.answer) : null,
    option: answered ? textOf(result?.option) : null,
    answered_by: answered ? (item.owner ?? null) : null,
    answered_at: answered ? (item.completed_at ?? null) : null,
  };
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
