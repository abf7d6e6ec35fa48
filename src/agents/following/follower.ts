import { type FSWatcher, watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { isPassing, type LedgerError } from '../../domain/errors.ts';
import { connectionOf } from '../../ledger/connection.ts';
import { lastContact } from '../../ledger/seam.ts';
import type { WorkLedger } from '../../ledger/work-ledger.ts';
import type { Oid } from '../../store/port.ts';

/** How often refs are read where no hint comes. */
const POLL_MS = 500;

export interface FollowOptions extends PollOptions {
  /** How often this clone's own refs are read, in seconds. Default 0.5. */
  poll_s?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** A duration of an option, for timers. */
const msOf = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : seconds * 1000;

/** Where the line of accepted transitions ends: what the remote is known to have, or this clone's branch where none is asked. */
export async function acceptedRef(ledger: WorkLedger): Promise<string> {
  const connection = connectionOf(ledger);
  if (ledger.clone.mode !== 'push') return connection.localRef;
  const { context } = await connection.write();
  return context.remote?.seenRef ?? connection.localRef;
}

/** Waits for a ref of this clone to move, whoever moves it, and looks at the remote meanwhile. */
export class Follower {
  readonly #ledger: WorkLedger;
  readonly #ref: string;
  readonly #options: FollowOptions;
  readonly #remote: RemotePoll;
  readonly #poll_ms: number;
  readonly #endHint: () => void;
  /** Something may have happened since the ref was last read. */
  #noticed = false;
  #wake: () => void = () => undefined;

  constructor(ledger: WorkLedger, ref: string, options: FollowOptions) {
    this.#ledger = ledger;
    this.#ref = ref;
    this.#options = options;
    this.#poll_ms = msOf(options.poll_s) ?? POLL_MS;
    this.#remote = new RemotePoll(ledger, options, this.#notice);
    this.#endHint = onRefHint(connectionOf(ledger).place, ref, this.#notice);
    options.signal?.addEventListener('abort', this.#notice);
  }

  tip(): Promise<Oid | undefined> {
    return connectionOf(this.#ledger).refs.readRef(this.#ref);
  }

  /**
   * Waits until the ref is elsewhere than at `known`.
   *
   * @param until in milliseconds since 1970, by the ledger's clock
   * @returns where it is; `undefined` once `until` has come or the signal was given
   * @throws LedgerError `HISTORY_REWRITTEN` and whatever else a look fails with, unless it only means "not now"
   */
  async moved(known: Oid | undefined, until = Number.POSITIVE_INFINITY): Promise<Oid | undefined> {
    for (;;) {
      if (this.#options.signal?.aborted) return undefined;
      this.#noticed = false;
      const tip = await this.tip();
      if (tip !== undefined && tip !== known) {
        this.#remote.hurry();
        return tip;
      }
      if (!(await this.#pause(until))) return undefined;
    }
  }

  /** Waits until the remote has answered once. @returns false where `until` came, or the signal was given, before */
  async answered(until = Number.POSITIVE_INFINITY): Promise<boolean> {
    while (!this.#remote.answered) {
      if (this.#options.signal?.aborted || !(await this.#pause(until))) return false;
    }
    return true;
  }

  /** Waits for the time `until`, whatever happens meanwhile. */
  async idle(until: number): Promise<void> {
    while (!this.#options.signal?.aborted && (await this.#pause(until)));
  }

  /** Ends what it started. The ledger is in use until then. */
  async end(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#notice);
    this.#endHint();
    await this.#remote.end();
  }

  /** @returns false where `until` has come */
  async #pause(until: number): Promise<boolean> {
    this.#remote.poll();
    const { clock } = connectionOf(this.#ledger);
    const left = until - clock.now().getTime();
    if (left <= 0) return false;
    if (!this.#noticed) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await Promise.race([woken, clock.sleep(Math.min(this.#poll_ms, left))]);
    }
    this.#noticed = false;
    return true;
  }

  #notice = (): void => {
    this.#noticed = true;
    this.#wake();
  };
}

/**
 * Calls `changed` soon after a ref's file may have changed. A hint and no more: it can come late, too often, or never, and whoever
 * uses it looks by himself now and then.
 *
 * @param place the git directory
 * @returns what ends it
 */
function onRefHint(place: string, ref: string, changed: () => void): () => void {
  let watcher: FSWatcher | undefined;
  try {
    // Its folder, since git replaces the file. It must not keep a program alive that is done otherwise.
    watcher = watch(dirname(join(place, ref)), { persistent: false }, changed);
    watcher.on('error', () => watcher?.close());
  } catch {
    // No such folder, no disk, or no more watches to be had.
  }
  return () => watcher?.close();
}

/** The pause between two looks at a remote where something happens, and what it grows by while nothing does. */
const SHORTEST_MS = 1_000;
const GROWTH = 1.5;
const LONGEST_MS = 30_000;

interface PollOptions {
  /** The longest pause between two looks at the remote, in seconds. Default 30. */
  interval_s?: number | undefined;
  /** Told once when the remote goes away, with the reason, and once when it is back, with `undefined`. */
  onRemote?: ((failure: LedgerError | undefined) => void) | undefined;
}

/**
 * Looks at the remote in the background: often while something happens, seldom while nothing does. What other processes of the
 * clone look at counts, so many that wait in one clone ask no more than one. A remote that goes away is asked again.
 */
class RemotePoll {
  readonly #ledger: WorkLedger;
  readonly #options: PollOptions;
  readonly #onPoll: () => void;
  #pause: number;
  #due = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;
  #failure: { error: unknown } | undefined;
  #away = false;
  #succeeded = false;

  /** @param onPoll called after each look, however it ended */
  constructor(ledger: WorkLedger, options: PollOptions, onPoll: () => void) {
    this.#ledger = ledger;
    this.#options = options;
    this.#onPoll = onPoll;
    this.#pause = this.#within(SHORTEST_MS);
  }

  /** True once the remote answered, and where there is none to be asked. */
  get answered(): boolean {
    return this.#succeeded || this.#ledger.clone.mode !== 'push';
  }

  /** Asks where that is due. @throws what the last one failed with, unless that passes */
  poll(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#ledger.clone.mode !== 'push' || this.#running !== undefined) return;
    const now = this.#now();
    if (now < this.#due || this.#othersAsked(now)) return;
    this.#running = this.#ask();
  }

  /** Something happened: more may follow. */
  hurry(): void {
    this.#pause = this.#within(SHORTEST_MS);
    this.#due = Math.min(this.#due, this.#now() + this.#pause);
  }

  /** Waits for a question under way: the ledger is in use until then. */
  async end(): Promise<void> {
    await this.#running;
  }

  async #ask(): Promise<void> {
    try {
      await this.#ledger.clone.fetch();
      this.#succeeded = true;
      this.#report(undefined);
    } catch (error) {
      if (!isPassing(error)) this.#failure = { error };
      else if (error.code !== 'CONTENDED') this.#report(error);
    }
    this.#running = undefined;
    // Some earlier and some later, so that those who wait in many clones do not ask all at once.
    this.#due = this.#now() + this.#pause * (0.75 + connectionOf(this.#ledger).clock.random() / 2);
    this.#pause = this.#within(this.#pause * GROWTH);
    this.#onPoll();
  }

  #report(failure: LedgerError | undefined): void {
    const away = failure !== undefined;
    if (away !== this.#away) this.#options.onRemote?.(failure);
    this.#away = away;
  }

  #othersAsked(now: number): boolean {
    const contact = lastContact(connectionOf(this.#ledger))?.getTime() ?? Number.NaN;
    const recent = this.#succeeded && contact <= now && contact + this.#pause > now;
    if (recent) this.#due = contact + this.#pause;
    return recent;
  }

  #within = (pause: number): number => Math.min(pause, msOf(this.#options.interval_s) ?? LONGEST_MS);
  #now = (): number => connectionOf(this.#ledger).clock.now().getTime();
}
