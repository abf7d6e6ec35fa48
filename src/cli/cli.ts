import type { FollowOptions } from '../agents.ts';
import {
  type Clock,
  type Holding,
  LedgerError,
  type OpenOptions,
  openLedger,
  type ReadableLedger,
  systemClock,
  type WorkLedger,
} from '../index.ts';
import { readMoment } from '../operations/typed.ts';
import { writeNotice } from './failure.ts';
import type { Globals } from './options.ts';
import type { World } from './process.ts';
import { age, grouped, type Line, printLine, safe } from './render/line.ts';
import { StatusLine } from './status-line.ts';

/** A last contact that is older gets a notice. */
const OLD_MS = 10 * 60_000;

/** One run of the program, as a command sees it. */
export class Cli {
  readonly globals: Globals;
  readonly world: World;
  readonly clock: Clock;
  readonly notices: string[] = [];
  #ledger: WorkLedger | undefined;
  /** The ledger as it was, where that is what was asked for. */
  #past: ReadableLedger | undefined;
  /** What a terminal is told, while something takes long. */
  readonly #status: StatusLine | undefined;
  #busyWith: string | undefined;
  #stopWaits: (() => void) | undefined;

  constructor(globals: Globals, world: World) {
    this.globals = globals;
    this.#status = world.stderr.isTTY && !globals.json ? new StatusLine(world.stderr) : undefined;
    this.world = this.#status?.guard(world) ?? world;
    this.clock = chooseClock(world.env.WL_NOW);
  }

  /** The ledger that was asked; `undefined` where the command did not open it. */
  get opened(): ReadableLedger | undefined {
    return this.#past ?? this.#ledger;
  }

  get openOptions(): OpenOptions {
    const { actor, dir, offline } = this.globals;
    const { env } = this.world;
    return {
      actor: actor ?? (env.WL_ACTOR || undefined),
      dir: dir ?? (env.WL_DIR || undefined),
      remote: env.WL_REMOTE || undefined,
      mode: offline ? 'local' : undefined,
      clock: this.clock,
      onNotice: ({ message, hint }) => this.notice(hint === undefined ? message : `${message} ${hint}`),
      onProgress: (progress) => {
        this.#busyWith = describeProgress(progress);
      },
      onKeptBack: ({ details }) =>
        this.notice(`commit ${details.commit} was not made by wl; it is kept and not shared: wl rejected`),
    };
  }

  async open(open: () => Promise<WorkLedger> = () => openLedger(this.openOptions)): Promise<WorkLedger> {
    if (!this.globals.quiet) this.#stopWaits ??= this.#status?.followWaits();
    this.#ledger ??= await this.busy('opening the ledger', open);
    return this.#ledger;
  }

  /** Opens for a question: asks the remote only with `fetch`, and says what may be missing from the answer. */
  async openToRead(options: { fetch: boolean }): Promise<WorkLedger> {
    if (options.fetch && this.globals.offline) {
      throw new LedgerError('INVALID_INPUT', '--fetch asks the remote and --offline forbids it.');
    }
    const ledger = await this.open();
    if (options.fetch) await this.busy('asking the remote', () => ledger.clone.fetch());
    await this.busy('reading the ledger', () => this.#noteProblems(ledger));
    return ledger;
  }

  /** As `openToRead`, and the ledger as it was where that is asked for. */
  async openToAsk(options: { fetch: boolean; as_of: string | undefined }): Promise<ReadableLedger> {
    const { as_of } = options;
    if (as_of === undefined) return this.openToRead(options);
    const when = readMoment(as_of);
    const ledger = await this.open();
    if (options.fetch) await this.busy('asking the remote', () => ledger.clone.fetch());
    const past = await this.busy('reading the past', () => ledger.at(when));
    this.#past = past;
    const { damaged } = await this.busy('reading the ledger', () => past.query.caveats());
    this.#noteDamage(damaged, ` --as-of ${when}`);
    return past;
  }

  async #noteProblems(ledger: WorkLedger): Promise<void> {
    const { fetched_at, damaged, index } = await ledger.query.caveats();
    const silent = this.globals.json || this.globals.quiet || ledger.clone.remote === null;
    const since =
      fetched_at === null ? Number.POSITIVE_INFINITY : this.clock.now().getTime() - Date.parse(fetched_at);
    if (!silent && since > OLD_MS) {
      const fresh = fetched_at === null ? 'the remote was never asked' : `as of ${age(since)} ago`;
      this.notice(`${fresh}; wl sync or --fetch asks the remote`);
    }
    if (index.kind === 'memory' && index.reason !== undefined) {
      this.notice(`the index cannot be used (${index.reason}), so this was read from git, which is slower`);
    }
    this.#noteDamage(damaged);
  }

  #noteDamage(damaged: number, more = ''): void {
    if (damaged === 0) return;
    const files = damaged === 1 ? 'file is' : 'files are';
    this.notice(`${damaged} damaged ${files} left out; see: wl list --damaged${more}`);
  }

  /** Whether what is printed may have colours. */
  get colored(): boolean {
    const { stdout, env } = this.world;
    return stdout.isTTY === true && this.globals.color && !env.NO_COLOR;
  }

  /** Says something beside the result, once the result is out. */
  notice(message: string): void {
    this.notices.push(message);
  }

  /** How a command that goes on for long follows the ledger: what it says of the remote is said at once. */
  following(interval_s?: number): FollowOptions {
    const { json, quiet } = this.globals;
    return {
      interval_s,
      onRemote: (failure) => {
        const said =
          failure === undefined ? 'the remote answers again' : `${failure.message} It is asked again.`;
        if (!quiet) writeNotice(said, json, this.world.stderr);
      },
    };
  }

  /** What the caller proves as a holder; where it says nothing, the claims of this clone are its proof. */
  fence({ execution, epoch }: { execution: string | undefined; epoch: number | undefined }): Holding {
    return { execution_id: execution ?? this.executionId, epoch };
  }

  /** The execution that the caller says it is. */
  get executionId(): string | undefined {
    return this.world.env.WL_EXECUTION_ID || undefined;
  }

  /**
   * Asks a person yes or no.
   *
   * @param about what the question is about, a line each
   * @returns `undefined` where nobody sits at a terminal
   */
  async confirm(question: string, about: readonly Line[]): Promise<boolean | undefined> {
    const { stdin, stderr } = this.world;
    if (!stdin.isTTY || !stderr.isTTY || this.globals.json) return undefined;
    const { createInterface } = await import('node:readline/promises');
    const lines = createInterface({ input: stdin });
    for (const line of about) stderr.write(`${printLine(line, false)}\n`);
    stderr.write(`${safe(question)} [y/N] `);
    try {
      for await (const line of lines) return /^y(es)?$/i.test(line.trim());
      return false;
    } finally {
      lines.close();
    }
  }

  /** Shows on a terminal that `task` is still at it. */
  async busy<T>(label: string, task: (say: (label: string) => void) => Promise<T>): Promise<T> {
    this.#busyWith = label;
    const end = this.#status?.begin(() => `${this.#busyWith}…`);
    try {
      return await task((next) => {
        this.#busyWith = next;
      });
    } finally {
      end?.();
    }
  }

  async close(): Promise<void> {
    await this.#past?.close();
    await this.#ledger?.close();
    this.#stopWaits?.();
  }
}

const STEPS = { items: 'reading open work', finished: 'reading finished work', history: 'reading history' };

function describeProgress({
  step,
  done,
  total,
}: Parameters<NonNullable<OpenOptions['onProgress']>>[0]): string {
  const of = total === undefined ? '' : ` of ${grouped(total)}`;
  return `${STEPS[step]}: ${grouped(done)}${of}`;
}

/**
 * The clock that `WL_NOW` sets: one that stands still at a time, but for what is slept through, so that deadlines still come; one
 * that is off by so much; or one that runs faster or slower since a time at which it was right.
 */
export function chooseClock(now: string | undefined): Clock {
  if (now === undefined || now === '') return systemClock;
  const off = /^([+-])(\d{1,6})([smhd])$/.exec(now);
  if (off !== null) return clockOff(Number(`${off[1]}${off[2]}`) * (UNIT_MS[off[3] ?? ''] ?? 0));
  const fast = /^x(\d{1,3}(?:\.\d+)?)@(.+)$/.exec(now);
  const rate = Number(fast?.[1] ?? 1);
  const at = parseIso(fast?.[2] ?? now);
  if (Number.isNaN(at) || rate === 0) {
    const ways = 'an ISO time, +1d, -90m, nor x2@ and an ISO time';
    throw new LedgerError('INVALID_INPUT', `WL_NOW is ${JSON.stringify(now)}, which is neither ${ways}.`);
  }
  return fast === null ? clockAt(at) : clockSince(at, rate);
}

/** A day at least: what `Date.parse` makes of other texts is up to the engine. */
const parseIso = (time: string): number => (/^\d{4}-\d\d-\d\d/.test(time) ? Date.parse(time) : Number.NaN);

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function clockAt(time: number): Clock {
  let at = time;
  return {
    ...systemClock,
    now: () => new Date(at),
    sleep(ms) {
      at += ms;
      return systemClock.sleep(ms);
    },
  };
}

const clockOff = (ms: number): Clock => ({
  ...systemClock,
  now: () => new Date(systemClock.now().getTime() + ms),
});

const clockSince = (origin: number, rate: number): Clock => ({
  ...systemClock,
  now: () => new Date(origin + (systemClock.now().getTime() - origin) * rate),
  sleep: (ms) => systemClock.sleep(ms / rate),
});
