import { LedgerError } from '../domain/errors.ts';
import type { TransitionResult } from '../ledger/results.ts';
import type { Clock } from '../sync/ports.ts';
import { OwnPresence, type PresencePlace, type PutResult } from './own-presence.ts';
import { presenceName } from './presence-name.ts';
import { encodePresence, lineOf, MAX_EXECUTIONS, type PresenceRecord } from './presence-record.ts';
import type { Refusals } from './presence-refusals.ts';
import {
  backoff,
  noteRenewed,
  type PresentExecution,
  type Running,
  showAt,
  stopAt,
  toRunning,
} from './presence-running.ts';
import type { PresenceTimer } from './presence-timer.ts';

/** Something that whoever runs the program should know, once. */
export interface PresenceNotice {
  code: 'PRESENCE_REFUSED' | 'PRESENCE_TAKEN';
  message: string;
  hint: string;
}

export interface PresenceEvents {
  onNotice?: ((notice: PresenceNotice) => void) | undefined;
  /** No sign of it was taken for two thirds of its lease: its holder has to stop, and write nothing more. Told once. */
  onLost?: ((execution_id: string) => void) | undefined;
}

export interface PresenceParts extends PresenceEvents {
  /** Where signs go; `undefined` where none are to be given. */
  place: PresencePlace | undefined;
  refusals: Refusals;
  /** Where a transition has to be to count as a sign. */
  counts: 'remote' | 'local';
  self: Pick<PresenceRecord, 'agent' | 'host' | 'pid' | 'program'>;
  clock: Clock;
  timer: PresenceTimer;
  newSession(): string;
}

/** What started or ended is told this soon, or together with what comes meanwhile: short work costs no push. */
const ANNOUNCE_MS = 60_000;
/** Stands for a third of a lease while nothing runs. */
const IDLE_MS = 2 * ANNOUNCE_MS;

/**
 * Signs of life of one process: a ref on the remote that lists what it runs, overwritten at a third of the shortest lease.
 *
 * One push at a time, and calls meanwhile share the next one. A holder learns by `onLost` that it has to stop. Where the
 * host takes no such refs, `supported` is false from then on, and each execution's own `renew` gives the signs instead.
 *
 * @see docs/presence.md
 */
export class Presence {
  readonly #parts: PresenceParts;
  readonly #running = new Map<string, Running>();
  #session: string;
  #own: OwnPresence | undefined;
  #supported: boolean;
  #seq = 0;
  /** Since when something started or ended that was not told yet. */
  #changed: number | undefined;
  #failures = 0;
  #retryAt = 0;
  #beating: Promise<boolean> | undefined;
  #next: Promise<boolean> | undefined;
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(parts: PresenceParts) {
    this.#parts = parts;
    this.#session = parts.newSession();
    this.#supported = parts.place !== undefined && !parts.refusals.isRecent();
  }

  /** Which of the agent's processes this is, as others see it. */
  get session(): string {
    return this.#session;
  }

  /** False where the remote takes no presence, or none is to be given: then only the ledger itself shows signs of life. */
  get supported(): boolean {
    return this.#supported;
  }

  /** Lists an execution from now on. Its claim was its first sign. @throws LedgerError `INVALID_INPUT` for too many */
  start(execution: PresentExecution): void {
    if (this.#running.size >= MAX_EXECUTIONS) {
      throw new LedgerError('INVALID_INPUT', `One process lists no more than ${MAX_EXECUTIONS} executions.`);
    }
    const { clock, timer } = this.#parts;
    const now = timer.elapsed();
    this.#running.set(execution.execution_id, toRunning(execution, clock.now(), now));
    if (execution.step !== undefined) this.step(execution.execution_id, execution.step);
    this.#changed ??= now;
    this.#schedule();
  }

  /** Tells what an execution is at: in the next sign, and without one of its own. */
  step(execution_id: string, text: string): void {
    const running = this.#running.get(execution_id);
    const step = lineOf(text);
    if (running !== undefined && step !== undefined) running.listed = { ...running.listed, step };
  }

  /** Lists an execution no longer, from the next sign on. */
  async end(execution_id: string): Promise<void> {
    if (this.#running.delete(execution_id)) this.#changed ??= this.#parts.timer.elapsed();
    this.#schedule();
  }

  /** Milliseconds since the last sign of an execution was begun that the remote took; `undefined` where it is not listed. */
  sinceRenewed(execution_id: string): number | undefined {
    const running = this.#running.get(execution_id);
    return running && this.#parts.timer.elapsed() - running.renewed_at;
  }

  /** The same as a time of `performance.now()`. */
  lastRenewed(execution_id: string): number | undefined {
    const since = this.sinceRenewed(execution_id);
    return since === undefined ? undefined : performance.now() - since;
  }

  /** Runs a transition of the holder: one that the remote took is a sign of life, too. */
  async sign(execution_id: string, act: () => Promise<TransitionResult>): Promise<TransitionResult> {
    const { counts, timer } = this.#parts;
    const begun = timer.elapsed();
    const result = await act();
    const running = this.#running.get(execution_id);
    const took =
      result.ok && result.commit !== undefined && (result.where === 'remote' || counts === 'local');
    if (running !== undefined && took) {
      noteRenewed(running, begun);
      this.#schedule();
    }
    return result;
  }

  /** Gives a sign now, or shares the one that comes after the one under way. @returns whether it was taken */
  beat(): Promise<boolean> {
    if (this.#closed || !this.#supported) return Promise.resolve(false);
    if (this.#beating === undefined) {
      this.#beating = this.#beat().finally(() => {
        this.#beating = undefined;
        this.#schedule();
      });
      return this.#beating;
    }
    this.#next ??= this.#beating.then(() => {
      this.#next = undefined;
      return this.beat();
    });
    return this.#next;
  }

  /** Gives no more signs, and takes the last one away. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    this.#running.clear();
    await this.#beating;
    // What cannot be taken away is silent from now on, and is pruned some day.
    await this.#own?.remove().catch(() => undefined);
  }

  async #beat(): Promise<boolean> {
    const { clock, timer } = this.#parts;
    this.#stopLost();
    const begun = timer.elapsed();
    const changed = this.#changed;
    this.#changed = undefined;
    const shown = this.#alive();
    const result = await this.#put(shown);
    if (result.kind === 'accepted') {
      this.#parts.refusals.forget();
      this.#failures = 0;
      for (const running of shown) {
        running.shown_at = begun;
        noteRenewed(running, begun);
      }
      return true;
    }
    this.#changed ??= changed;
    if (result.kind === 'refused') this.#fallBack(result.reason);
    this.#failures += 1;
    this.#retryAt = timer.elapsed() + backoff(this.#failures, this.#renewAfter(), clock.random());
    return false;
  }

  async #put(shown: readonly Running[]): Promise<PutResult> {
    const { place, self, clock, newSession } = this.#parts;
    if (place === undefined) return { kind: 'refused', reason: 'none is to be given' };
    try {
      this.#own ??= new OwnPresence(place, presenceName(self.agent, this.#session));
      this.#seq += 1;
      const at = clock.now();
      const executions = shown.map(({ listed }) => listed);
      const record = { schema: 1, ...self, session: this.#session, seq: this.#seq, executions } as const;
      const result = await this.#own.put(encodePresence({ ...record, at: at.toISOString() }), at);
      if (result.kind !== 'taken') return result;
      this.#notice({
        code: 'PRESENCE_TAKEN',
        message: `Another process writes the presence ${presenceName(self.agent, this.#session)}.`,
        hint: 'Nothing of it was overwritten; this process goes on under another name.',
      });
      this.#session = newSession();
      this.#own = undefined;
      return { kind: 'failed', cause: new Error('the name was taken') };
    } catch (error) {
      return { kind: 'failed', cause: error instanceof Error ? error : new Error(String(error)) };
    }
  }

  #fallBack(reason: string): void {
    this.#supported = false;
    if (!this.#parts.refusals.note(reason)) return;
    this.#notice({
      code: 'PRESENCE_REFUSED',
      message: `The remote takes no presence: ${reason}.`,
      hint: 'Checkpoints are the signs of life instead. A place that it takes is set with: git config ledger.presence refs/heads/NAME; or none',
    });
  }

  #notice(notice: PresenceNotice): void {
    this.#parts.onNotice?.(notice);
  }

  /** Of what could not be renewed in time no more signs are given: others may take it up. */
  #stopLost(): void {
    const now = this.#parts.timer.elapsed();
    for (const running of this.#alive()) {
      if (stopAt(running) > now) continue;
      running.lost = true;
      this.#changed ??= now;
      this.#parts.onLost?.(running.listed.execution_id);
    }
  }

  #alive(): Running[] {
    return [...this.#running.values()].filter(({ lost }) => !lost);
  }

  #renewDue(): void {
    const now = this.#parts.timer.elapsed();
    for (const running of this.#alive()) {
      if (running.renewing || running.renew === undefined || running.renew_at > now) continue;
      this.#renew(running, running.renew);
    }
  }

  async #renew(running: Running, renew: () => Promise<unknown>): Promise<void> {
    const { timer, clock } = this.#parts;
    const begun = timer.elapsed();
    running.renewing = true;
    try {
      await renew();
      noteRenewed(running, begun);
    } catch {
      // Whoever gives the sign knows why; here it only counts that there is none.
      running.failures += 1;
      running.renew_at =
        timer.elapsed() + backoff(running.failures, running.lease.renew_after_ms, clock.random());
    } finally {
      running.renewing = false;
      this.#schedule();
    }
  }

  /** When the next thing is to be done: someone to stop, a sign to give. */
  #schedule(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#closed) return;
    const alive = this.#alive();
    const signs = this.#supported ? this.#nextBeat() : alive.flatMap(nextRenewal);
    const at = Math.min(...alive.map(stopAt), ...signs);
    if (at === Number.POSITIVE_INFINITY) return;
    const { timer } = this.#parts;
    this.#cancel = timer.after(at - timer.elapsed(), () => this.#wake());
  }

  #nextBeat(): number[] {
    if (this.#beating !== undefined) return [];
    const announce = this.#changed === undefined ? [] : [this.#changed + this.#announceAfter()];
    const due = [...announce, ...this.#alive().map(showAt)];
    return due.length === 0 ? [] : [Math.max(Math.min(...due), this.#failures > 0 ? this.#retryAt : 0)];
  }

  #announceAfter(): number {
    return Math.min(ANNOUNCE_MS, this.#renewAfter() / 2);
  }

  #renewAfter(): number {
    const renewals = this.#alive().map(({ lease }) => lease.renew_after_ms);
    return renewals.length === 0 ? IDLE_MS : Math.min(...renewals);
  }

  #wake(): void {
    this.#stopLost();
    if (!this.#supported) this.#renewDue();
    const [due] = this.#supported ? this.#nextBeat() : [];
    if (due !== undefined && due <= this.#parts.timer.elapsed()) this.beat();
    this.#schedule();
  }
}

const nextRenewal = ({ renewing, renew, renew_at }: Running): number[] =>
  renewing || renew === undefined ? [] : [renew_at];
