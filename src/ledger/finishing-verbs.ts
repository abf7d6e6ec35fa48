import type { Fence } from '../domain/commands.ts';
import { LedgerError } from '../domain/errors.ts';
import { backoffMs, isExhausted } from '../domain/holding.ts';
import type { WorkId } from '../domain/ids.ts';
import type { JsonMap, WorkItem } from '../domain/item.ts';
import { REASON_LENGTH, toSafeLine } from '../domain/text.ts';
import { mayDeleteAtOnce } from '../domain/verbs/delete.ts';
import type { Planned } from '../sync/local.ts';
import { HoldingVerbs, newExecution } from './holding-verbs.ts';
import type { Acting, Holding, RetryOptions } from './inputs.ts';
import { type TransitionResult, toResult } from './results.ts';

/** How work ends, by itself or by review, and how it is taken up again. */
export class FinishingVerbs extends HoldingVerbs {
  /**
   * Completes work. Items that it blocked are unblocked in the same push.
   *
   * @param options `claim` claims a ready item that nobody holds first; `confirm_delete` lets a ledger whose `on_complete` is
   *   `delete` remove the file, where policy lets it go at once: history stays
   * @throws LedgerError `NOT_OWNER`, `STALE_EPOCH`, `ILLEGAL_TRANSITION`
   */
  async completeWork(
    id: WorkId,
    options: Holding & {
      result?: JsonMap | undefined;
      claim?: boolean | undefined;
      confirm_delete?: boolean | undefined;
    } = {},
  ): Promise<TransitionResult> {
    const { owner, result, claim, confirm_delete, ...fence } = options;
    const commands: Planned[] = [this.plan('complete', id, { result, ...fence }, owner)];
    if (claim && (await this.#isFree(id, fence, owner ?? this.actor))) {
      const execution_id = fence.execution_id ?? newExecution();
      commands.unshift(this.plan('claim', id, { execution_id }, owner));
    }
    const done = commands.length - 1;
    if (confirm_delete && (await this.#deletes(id, owner))) {
      commands.push(this.plan('delete', id, { reason: 'completed' }, owner));
    }
    const outcomes = await this.run(commands, true);
    const lost = outcomes.slice(0, done).find(({ kind }) => kind === 'lost');
    return toResult(lost ?? outcomes[done]);
  }

  /** Who says in which epoch it works holds the item already, or held it; and so does whose claim of here was superseded. */
  async #isFree(id: WorkId, { epoch, execution_id }: Fence, actor: string): Promise<boolean> {
    const item = epoch === undefined ? await this.findWork(id) : undefined;
    if (item?.status !== 'pending') return false;
    const made = (await this.executions()).of(id, actor);
    if (made === undefined || made.epoch === item.claim?.epoch) return true;
    return execution_id !== undefined && execution_id !== made.execution_id;
  }

  /** Whether this ledger deletes what is completed, and its policy lets the actor do it now. */
  async #deletes(id: WorkId, actor: string = this.actor): Promise<boolean> {
    const settings = await this.settings();
    if (settings.on_complete !== 'delete') return false;
    const item = await this.findWork(id);
    return item !== undefined && mayDeleteAtOnce(settings, actor, item);
  }

  /**
   * Proposes a held item as completed with `result`, for someone else to review. Its holder stays its holder.
   *
   * @throws LedgerError `NOT_OWNER`, `STALE_EPOCH`, `ILLEGAL_TRANSITION`
   */
  submitForReview(
    id: WorkId,
    options: Holding & { result?: JsonMap | undefined } = {},
  ): Promise<TransitionResult> {
    const { owner, result, ...fence } = options;
    return this.act('submit', id, { result, ...fence }, owner);
  }

  /**
   * Accepts work that is in review. Items that it blocked are unblocked in the same push.
   *
   * @throws LedgerError `NOT_OWNER` for who did the work; `ILLEGAL_TRANSITION`
   */
  approveWork(id: WorkId, options: Acting & { reason?: string | undefined } = {}): Promise<TransitionResult> {
    const { actor, ...rest } = options;
    return this.act('approve', id, rest, actor);
  }

  /** Sends work back from review to its holder, who goes on in the same epoch. @throws LedgerError as `approveWork` */
  rejectWork(id: WorkId, options: Acting & { reason: string }): Promise<TransitionResult> {
    const { actor, reason } = options;
    return this.act('reject', id, { reason: requireText(reason, 'reason') }, actor);
  }

  /** Takes work back from review, by its holder, to go on with it. @throws LedgerError as `submitForReview` */
  withdrawWork(
    id: WorkId,
    options: Holding & { reason?: string | undefined } = {},
  ): Promise<TransitionResult> {
    const { owner, ...rest } = options;
    return this.act('withdraw', id, rest, owner);
  }

  /**
   * Fails work with the error's text.
   *
   * @param options `retry` puts it back to pending in the same push where attempts are left, to be taken after a while that
   *   grows with them
   * @returns the item: failed, or pending again
   * @throws LedgerError `NOT_OWNER`, `STALE_EPOCH`
   */
  async failWork(
    id: WorkId,
    options: Holding & { error: string; retry?: boolean | undefined },
  ): Promise<TransitionResult> {
    const { owner, retry, ...rest } = options;
    const commands = [this.plan('fail', id, rest, owner)];
    if (retry) {
      const item = await this.requireWork(id);
      const again = { not_before: this.#later(item), reason: lineOf(rest.error) };
      if (!isExhausted(item, await this.settings())) commands.push(this.plan('retry', id, again, owner));
    }
    const outcomes = await this.run(commands, true);
    const failed = outcomes.find(({ kind }) => kind === 'lost' || kind === 'refused');
    return toResult(failed ?? outcomes.at(-1));
  }

  /**
   * Puts failed work back to pending, to be taken after `not_before`; `null` is at once. Where it is left out, the wait grows
   * with the attempts: between half and all of attempts⁴ seconds, an hour at most.
   *
   * @throws LedgerError `ILLEGAL_TRANSITION` past `max_attempts` unless `reset`, which counts attempts anew
   */
  async retryWork(id: WorkId, options: RetryOptions = {}): Promise<TransitionResult> {
    const { actor, not_before, reset, reason } = options;
    const item = await this.requireWork(id);
    const later = not_before === undefined && !reset ? this.#later(item) : (not_before ?? undefined);
    const why = reason ?? lineOf(item.error);
    return this.act('retry', id, { not_before: later, reset, reason: why }, actor);
  }

  /** Puts finished work back to pending. */
  reopenWork(id: WorkId, options: Acting & { reason: string }): Promise<TransitionResult> {
    const { actor, reason } = options;
    return this.act('reopen', id, { reason: requireText(reason, 'reason') }, actor);
  }

  #later({ attempts }: WorkItem): string {
    const { clock } = this.connection;
    return new Date(clock.now().getTime() + backoffMs(attempts, clock.random())).toISOString();
  }
}

/** An error in a line, for the commit that tries again: what failed stands nowhere else then. */
const lineOf = (error: string | undefined): string | undefined => error && toSafeLine(error, REASON_LENGTH);

function requireText(text: string, what: string): string {
  if (text.trim() !== '') return text;
  throw new LedgerError('INVALID_INPUT', `A ${what} is required.`);
}
