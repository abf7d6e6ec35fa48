import {
  type Clock,
  type Holding,
  LedgerError,
  type LedgerQueries,
  type OpenOptions,
  openLedger,
  type WorkLedger,
} from '../index.ts';
import { chooseClock } from './clock.ts';
import type { Globals } from './globals.ts';
import { type Line, printLine, safe } from './render/line.ts';
import { grouped } from './render/number.ts';
import { age } from './render/time.ts';
import { StatusLine } from './status-line.ts';
import type { World } from './world.ts';

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
  #past: LedgerQueries | undefined;
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
  get opened(): LedgerQueries | undefined {
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
    if (options.fetch) await this.busy('asking the remote', () => ledger.fetch());
    await this.busy('reading the ledger', () => this.#noteDoubts(ledger));
    return ledger;
  }

  /** As `openToRead`, and the ledger as it was where that is asked for. */
  async openToAsk(options: { fetch: boolean; as_of: string | undefined }): Promise<LedgerQueries> {
    const { as_of } = options;
    if (as_of === undefined) return this.openToRead(options);
    const { readMoment } = await import('./moment.ts');
    const when = readMoment(as_of);
    const ledger = await this.open();
    if (options.fetch) await this.busy('asking the remote', () => ledger.fetch());
    const past = await this.busy('reading the past', () => ledger.at(when));
    this.#past = past;
    const { damaged } = await this.busy('reading the ledger', () => past.doubts());
    this.#noteDamage(damaged, ` --as-of ${when}`);
    return past;
  }

  async #noteDoubts(ledger: WorkLedger): Promise<void> {
    const { fetched_at, damaged, index } = await ledger.doubts();
    const silent = this.globals.json || this.globals.quiet || ledger.remote === null;
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
