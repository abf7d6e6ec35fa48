import { LedgerError } from '../../domain/errors.ts';
import type { TransitionResult } from '../../ledger/results.ts';
import type { Clock } from '../../sync/ports.ts';
import { lineOf, MAX_EXECUTIONS } from './record.ts';
import {
  backoff,
  checkExecution,
  isSignOfLife,
  noteRenewed,
  type PresenceTimer,
  type PresentExecution,
  type Running,
  showAt,
  stopAt,
  toRunning,
} from './running.ts';
import {
  hostRefuses,
  nameTaken,
  type PresenceNotice,
  type PresencePlace,
  PresenceSigner,
  type PutResult,
  type Refusals,
  type Self,
} from './session.ts';

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
  self: Self;
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
  readonly #signer: PresenceSigner | undefined;
  #supported: boolean;
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
    const { place, self, clock } = parts;
    this.#session = parts.newSession();
    this.#signer = place && new PresenceSigner(place, self, clock, this.#session);
    this.#supported = place !== undefined && !parts.refusals.isRecent();
  }

  /** Which of the agent's processes this is, as others see it. */
  get session(): string {
    return this.#session;
  }

  /** False where the remote takes no presence, or none is to be given: then only the ledger itself shows signs of life. */
  get supported(): boolean {
    return this.#supported;
  }

  /** Lists an execution from now on. Its claim was its first sign. @throws LedgerError `INVALID_INPUT` for one too many, or what is none */
  start(execution: PresentExecution): void {
    if (this.#running.size >= MAX_EXECUTIONS) {
      throw new LedgerError('INVALID_INPUT', `One process lists no more than ${MAX_EXECUTIONS} executions.`);
    }
    checkExecution(execution);
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

  /** Lists an execution no longer, from the next sign on. @returns once no `renew` of it is under way */
  async end(execution_id: string): Promise<void> {
    const running = this.#running.get(execution_id);
    if (running === undefined) return;
    this.#running.delete(execution_id);
    this.#changed ??= this.#parts.timer.elapsed();
    this.#schedule();
    await running.renewing;
  }

  /** Seconds since the last sign of an execution was begun that the remote took; `undefined` where it is not listed. */
  sinceRenewed(execution_id: string): number | undefined {
    const running = this.#running.get(execution_id);
    return running && (this.#parts.timer.elapsed() - running.renewed_at) / 1000;
  }

  /** Runs a transition of the holder: one that the remote took is a sign of life, too. */
  async sign(execution_id: string, act: () => Promise<TransitionResult>): Promise<TransitionResult> {
    const begun = this.#parts.timer.elapsed();
    const result = await act();
    const running = this.#running.get(execution_id);
    if (running !== undefined && isSignOfLife(result, this.#parts.counts)) {
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
    await Promise.all([...this.#running.keys()].map((execution_id) => this.end(execution_id)));
    await this.#beating;
    await this.#signer?.remove();
  }

  /** As `close`: for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #beat(): Promise<boolean> {
    const { clock, timer } = this.#parts;
    this.#stopLost();
    const begun = timer.elapsed();
    const changed = this.#changed;
    this.#changed = undefined;
    const shown = this.#alive();
    const result = await this.#give(shown);
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

  async #give(shown: readonly Running[]): Promise<PutResult> {
    const signer = this.#signer;
    if (signer === undefined) return { kind: 'refused', reason: 'none is to be given' };
    const result = await signer.give(shown.map(({ listed }) => listed));
    if (result.kind === 'taken') {
      this.#parts.onNotice?.(nameTaken(signer.name));
      this.#session = this.#parts.newSession();
      signer.rename(this.#session);
    }
    return result;
  }

  #fallBack(reason: string): void {
    this.#supported = false;
    if (this.#parts.refusals.note(reason)) this.#parts.onNotice?.(hostRefuses(reason));
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
      if (running.renewing !== undefined || running.renew === undefined || running.renew_at > now) continue;
      running.renewing = this.#renew(running, running.renew).finally(() => {
        running.renewing = undefined;
        this.#schedule();
      });
    }
  }

  async #renew(running: Running, renew: NonNullable<Running['renew']>): Promise<void> {
    const { timer, clock, counts } = this.#parts;
    const begun = timer.elapsed();
    try {
      const result = await renew();
      if (!isSignOfLife(result ?? undefined, counts)) throw new Error('it is no sign that others see');
      noteRenewed(running, begun);
    } catch {
      // Whoever gives the sign knows why; here it only counts that there is none.
      running.failures += 1;
      running.renew_at =
        timer.elapsed() + backoff(running.failures, running.lease.renew_after_ms, clock.random());
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
  renewing !== undefined || renew === undefined ? [] : [renew_at];
