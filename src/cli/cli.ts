import type { FollowOptions } from '../agents.ts';
import {
  type Clock,
  escapeUnsafe,
  type Holding,
  LedgerError,
  type OpenOptions,
  openLedger,
  type ReadableLedger,
  systemClock,
  type WorkLedger,
} from '../index.ts';
import { readMoment, refuse } from '../operations/typed.ts';
import type { FoundCommand, Globals, HOLDER, IF_REV, OptionValues, Reply } from './command.ts';
import { exitStatus, reportFailures } from './failure.ts';
import type { ReadCall } from './grammar.ts';
import { OutputFailed, type World } from './process.ts';
import { age, describeProgress, idsIn, type Line, printLine, safe } from './render/line.ts';
import { StatusLine } from './status-line.ts';

// One run of a command: what it can ask of the program, and what is shown of its reply.

const OLD_MS = 10 * 60_000; // A last contact that is older gets a notice.

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

  constructor(globals: Globals, world: World, clock: Clock = systemClock) {
    this.globals = globals;
    this.#status = world.stderr.isTTY && !globals.json ? new StatusLine(world.stderr) : undefined;
    this.world = this.#status?.guard(world) ?? world;
    this.clock = clock;
  }

  /** The ledger that was asked; `undefined` where the command did not open it. */
  get opened(): ReadableLedger | undefined {
    return this.#past ?? this.#ledger;
  }

  get openOptions(): OpenOptions {
    const { actor, dir, offline, allow_secret, timeout } = this.globals;
    const { WL_ACTOR, WL_DIR, WL_REMOTE } = this.world.env;
    return {
      actor: actor ?? (WL_ACTOR || undefined),
      dir: dir ?? (WL_DIR || undefined),
      remote: WL_REMOTE || undefined,
      mode: offline ? 'local' : undefined,
      allow_secrets: allow_secret,
      patience_s: timeout,
      one_call: true,
      clock: this.clock,
      onNotice: ({ code, message, hint }) => {
        const said = hint === undefined ? message : `${message} ${hint}`;
        // What a commit is about to rest on is told before it is made.
        this[code === 'CLOCK_AHEAD' ? 'noticeNow' : 'notice'](said);
      },
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

  /** Opens for a command that goes on: each time that it asks the remote, it waits as long as a call does. */
  openToStay(): Promise<WorkLedger> {
    return this.open(() => openLedger({ ...this.openOptions, one_call: false }));
  }

  /** Opens for a question: asks the remote only with `fetch`, and says what may be missing from the answer. */
  async openToRead(options: { fetch: boolean }): Promise<WorkLedger> {
    if (options.fetch && this.globals.offline) {
      throw refuse('--fetch asks the remote and --offline forbids it.');
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
    const { fetched_at, damaged, in_question, index } = await ledger.query.caveats();
    const silent = this.globals.json || this.globals.quiet || ledger.clone.remote === null;
    const since = fetched_at === null ? Infinity : this.clock.now().getTime() - Date.parse(fetched_at);
    if (!silent && since > OLD_MS) {
      const fresh = fetched_at === null ? 'the remote was never asked' : `as of ${age(since)} ago`;
      this.notice(`${fresh}; wl sync or --fetch asks the remote`);
    }
    if (index.kind === 'memory' && index.reason !== undefined) {
      this.notice(`the index cannot be used (${index.reason}), so this was read from git, which is slower`);
    }
    this.#noteDamage(damaged);
    if (in_question.length > 0)
      this.notice('something that arrived breaks a rule, and is in question: wl doctor');
  }

  #noteDamage(damaged: number, more = ''): void {
    const what = `${damaged} damaged ${damaged === 1 ? 'file is' : 'files are'}`;
    if (damaged > 0) this.notice(`${what} left out; see: wl list --damaged${more}`);
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

  /** Says something beside the result at once: in words, or as one line of JSON. */
  noticeNow(message: string): void {
    const said = this.globals.json ? escapeUnsafe(JSON.stringify({ notice: { message } })) : safe(message);
    this.world.stderr.write(`${said}\n`);
  }

  /** How a command that goes on for long follows the ledger: what it says of the remote is said at once. */
  following(interval_s?: number): FollowOptions {
    return {
      interval_s,
      onRemote: (failure) => {
        const said =
          failure === undefined ? 'the remote answers again' : `${failure.message} It is asked again.`;
        if (!this.globals.quiet) this.noticeNow(said);
      },
    };
  }

  /** What the caller proves as a holder: where it says nothing, the claims of this clone. */
  fence({
    execution,
    epoch,
    if_rev,
  }: OptionValues<typeof HOLDER> & Partial<OptionValues<typeof IF_REV>>): Holding {
    return { execution_id: execution ?? this.executionId, epoch, if_rev };
  }

  /** The execution that the caller says it is, or that its client has a variable for. */
  get executionId(): string | undefined {
    const { WL_EXECUTION_ID: own, CODEX_THREAD_ID: thread } = this.world.env;
    return own || (thread ? `exec-codex-${thread}` : undefined);
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

const SCHEMA_VERSION = 1;

/** Runs one command and shows what it says. @returns the exit status */
export async function execute({ command, args, values, globals }: ReadCall, world: World): Promise<number> {
  let failures: readonly unknown[];
  let status = 0;
  let cli: Cli | undefined;
  let trace: { stop(): void } | undefined;
  try {
    const { WL_NOW } = world.env;
    const clock = WL_NOW ? (await import('./clock.ts')).readClock(WL_NOW) : systemClock;
    cli = new Cli(globals, world, clock);
    if (globals.verbose || world.env.WL_TRACE) trace = await beginTrace(command, cli);
    const reply = await command.invoke(cli, args, values);
    failures = reply.failures ?? [];
    status = reply.status ?? 0;
    if (reply.data !== undefined) failures = [...(await showReply(reply, cli)), ...failures];
  } catch (error) {
    failures = [error];
  } finally {
    await cli?.close();
    trace?.stop();
  }
  if (failures.length > 0) {
    status = exitStatus(failures[0]);
    reportFailures(failures, globals.json, world.stderr);
  }
  for (const notice of cli?.notices ?? []) cli?.noticeNow(notice);
  return status;
}

async function beginTrace({ name }: FoundCommand, cli: Cli): Promise<{ stop(): void }> {
  const { startTrace } = await import('./trace.ts');
  const { globals, world } = cli;
  const { verbose, json } = globals;
  return startTrace({
    variable: world.env.WL_TRACE,
    verbose,
    json,
    hook: name === 'hook',
    writeLine: (line) => world.stderr.write(`${line}\n`),
    warn: (message) => cli.noticeNow(message),
  });
}

/** @returns what is to be told where the reply could not be shown, though what was asked is done */
async function showReply(reply: Reply, cli: Cli): Promise<LedgerError[]> {
  try {
    await show(reply, cli);
    await cli.world.stdout.flush?.();
    return [];
  } catch (error) {
    if (!(error instanceof OutputFailed)) throw error;
    const { lines, where } = reply;
    const said = lines.map((line) => printLine(line, false)).join('; ');
    const done = where === undefined ? '' : ` It is done: ${said}.`;
    return [new LedgerError('STORAGE_FAILED', error.message + done, { cause: error })];
  }
}

async function show(reply: Reply, cli: Cli): Promise<void> {
  const { stdout } = cli.world;
  const { json, quiet } = cli.globals;
  if (json) {
    const { kind, data, where } = reply;
    const as_of = (await cli.opened?.query.asOf()) ?? null;
    const envelope = { schema_version: SCHEMA_VERSION, kind, data, ...(where && { where }), as_of };
    stdout.write(`${escapeUnsafe(JSON.stringify(envelope))}\n`);
    return;
  }
  if (quiet && reply.ids !== undefined) {
    for (const id of reply.ids) stdout.write(`${safe(id)}\n`);
    return;
  }
  const ids = cli.colored ? idsIn(reply.lines) : [];
  const short = ids.length === 0 ? undefined : await cli.opened?.query.shortIds(ids);
  const text = reply.lines.map((line) => printLine(line, cli.colored, short)).join('\n');
  if (reply.lines.length > 0) stdout.write(`${text}\n`);
}
