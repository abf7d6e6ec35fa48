import { fstatSync, readdirSync, readFileSync, statSync, writeSync } from 'node:fs';
import { constants } from 'node:os';

// The process that the program runs in: where it writes, what the signals that ask it to end do, and how it ends.

/** Where the program writes; a terminal's stream or any stand-in. */
export interface Writer {
  write(text: string): unknown;
  /** Resolves once everything is written. */
  flush?(): Promise<void>;
  isTTY?: boolean | undefined;
  /** Read it by `widthOf`: a terminal that does not know its size says 0. */
  columns?: number | undefined;
}

/** What the program needs of the process it runs in; `process` is one. */
export interface World {
  stdout: Writer;
  stderr: Writer;
  stdin: NodeJS.ReadableStream & { isTTY?: boolean | undefined };
  env: Readonly<Record<string, string | undefined>>;
}

/** Runs the program in this process, and ends it. */
export async function inProcess(
  run: (argv: readonly string[], world: World) => Promise<number>,
): Promise<void> {
  endBySignals();
  const stdout = new Output(1);
  const stderr = new Output(2);
  try {
    process.exitCode = await run(process.argv.slice(2), {
      stdout,
      stderr,
      env: process.env,
      get stdin() {
        return process.stdin;
      },
    });
    await stdout.flush();
  } catch (error) {
    if (!(error instanceof OutputFailed)) throw error;
    stderr.write(`wl: ${error.message}\n`);
    process.exitCode = 1;
  }
  await stderr.flush();
  // What still runs, such as a timer, is nothing to wait for once everything is said.
  process.exit();
}

/** Of this process: the number of the first argument that is not UTF-8, of which Node has made something else; `undefined` where that cannot be told. */
export function garbledArgument(argv: readonly string[]): number | undefined {
  if (!argv.some((word) => word.includes('\uFFFD'))) return undefined;
  // Where a launcher read them first, Node has made something else of them there already.
  for (const pid of ['self', process.ppid]) {
    try {
      const all = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
      const given = all.slice(-argv.length - 1, -1).map((word) => Buffer.from(word, 'latin1'));
      const at = given.findIndex((word) => !Buffer.from(word.toString()).equals(word));
      if (at >= 0 && given.every((word, n) => word.toString() === argv[n])) return at + 1;
    } catch {
      // Not on Linux, or another user's.
    }
  }
  return undefined;
}

/** Standard output cannot be written, as where its disk is full. */
export class OutputFailed extends Error {
  constructor(cause: Error) {
    super(`Standard output cannot be written: ${cause.message}.`, { cause });
  }
}

/**
 * Standard output or standard error. What is no terminal is written to directly: the process's own streams bring the network's
 * code along, which costs more than a question does.
 */
class Output implements Writer {
  readonly #fd: 1 | 2;
  #stream: NodeJS.WriteStream | undefined;
  #failure: NodeJS.ErrnoException | undefined;
  #isReported = false;

  constructor(fd: 1 | 2) {
    this.#fd = fd;
    if (mayBeTerminal(fd)) this.#open();
  }

  get isTTY(): boolean {
    return this.#stream?.isTTY === true;
  }

  get columns(): number | undefined {
    return this.#stream?.columns;
  }

  /** @throws OutputFailed where standard output cannot be written; of standard error there is nobody to tell */
  write(text: string): void {
    try {
      const rest = this.#stream === undefined ? writeNow(this.#fd, text) : text;
      if (rest !== undefined && this.#failure === undefined) this.#open().write(rest);
    } catch (error) {
      this.#fail(error as NodeJS.ErrnoException);
    }
    this.#report();
  }

  /** Resolves once everything is written. @throws OutputFailed as `write` */
  async flush(): Promise<void> {
    const stream = this.#stream;
    if (stream !== undefined && this.#failure === undefined)
      await new Promise<void>((resolve) => {
        stream.once('error', () => resolve());
        stream.write('', () => resolve());
      });
    this.#report();
  }

  /** Whoever read the output has seen enough, where it is a pipe that nobody reads any more. */
  #fail(error: NodeJS.ErrnoException): void {
    if (error.code === 'EPIPE') process.exit();
    this.#failure ??= error;
  }

  /** Once is enough. */
  #report(): void {
    const failure = this.#failure;
    if (this.#fd !== 1 || failure === undefined || this.#isReported) return;
    this.#isReported = true;
    throw new OutputFailed(failure);
  }

  #open(): NodeJS.WriteStream {
    if (this.#stream !== undefined) return this.#stream;
    this.#stream = this.#fd === 1 ? process.stdout : process.stderr;
    this.#stream.on('error', (error) => this.#fail(error));
    return this.#stream;
  }
}

/** @returns what a pipe that does not wait for its reader has no room for */
function writeNow(fd: number, text: string): Buffer | undefined {
  const bytes = Buffer.from(text);
  let at = 0;
  try {
    while (at < bytes.length) at += writeSync(fd, bytes, at);
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return bytes.subarray(at);
    throw error;
  }
}

function mayBeTerminal(fd: number): boolean {
  try {
    const file = fstatSync(fd);
    return file.isCharacterDevice() && file.rdev !== statSync('/dev/null').rdev;
  } catch {
    // Closed, or a system without that device: the process's own stream knows what to do.
    return true;
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** The exit status of a call that was interrupted. */
export const INTERRUPTED = 130;

export interface StopSignals {
  /** Aborted by the first signal: end in good order. */
  first: AbortSignal;
  /** Aborted by the second: end now. A third ends the process. */
  second: AbortSignal;
  /** Signals do again what they did before. */
  close(): void;
}

/**
 * Has the signals that ask this process to end do so for what it started, too. An interrupt is told by its own exit status; by
 * the others it ends as if nobody had taken them.
 */
function endBySignals(): void {
  process.on('SIGINT', () => endNow(INTERRUPTED));
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      process.removeAllListeners(signal);
      // After all who listen for the end.
      process.on('exit', () => process.kill(process.pid, signal));
      endNow(128 + constants.signals[signal]);
    });
  }
}

/** Ends this process at once, and git and what git started with it. */
function endNow(status: number): never {
  for (const pid of family()) {
    try {
      process.kill(pid, 'SIGTERM');
    } catch {
      // It ended by itself in the meantime.
    }
  }
  process.exit(status);
}

/** All that this process started and what they started, in its own group: what is to outlive it, and agents, have theirs. */
function family(): number[] {
  const all = processes();
  const group = all.find(({ pid }) => pid === process.pid)?.group;
  const found = new Set([process.pid]);
  for (const pid of found) {
    for (const one of all) if (one.parent === pid && one.group === group) found.add(one.pid);
  }
  found.delete(process.pid);
  return [...found];
}

interface Process {
  pid: number;
  parent: number;
  group: number;
}

/** Those that this system tells of. */
function processes(): Process[] {
  try {
    return process.platform === 'linux' ? processesOfLinux() : processesByPs();
  } catch {
    return [];
  }
}

/** After the program's name, which stands in brackets and may hold anything: state, parent, group. */
const STAT = /^\d+ \(.*\) \S (\d+) (\d+) /s;

function processesOfLinux(): Process[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      const [, parent, group] = STAT.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? [];
      return { pid: Number(pid), parent: Number(parent), group: Number(group) };
    } catch {
      // It has ended.
      return [];
    }
  });
}

function processesByPs(): Process[] {
  const { execFileSync } = process.getBuiltinModule('node:child_process');
  const said = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,pgid='], { encoding: 'utf8', timeout: 2_000 });
  return said.split('\n').map((line) => {
    const [pid = 0, parent = 0, group = 0] = line.trim().split(/\s+/).map(Number);
    return { pid, parent, group };
  });
}

/** Takes over the signals that ask this process to end. */
export function stopSignals(): StopSignals {
  const steps = [new AbortController(), new AbortController()] as const;
  let count = 0;
  const onSignal = (): void => {
    steps[count]?.abort();
    count += 1;
    if (count > steps.length) endNow(INTERRUPTED);
  };
  const before = SIGNALS.map((signal) => [signal, process.listeners(signal)] as const);
  for (const signal of SIGNALS) {
    process.removeAllListeners(signal);
    process.on(signal, onSignal);
  }
  return {
    first: steps[0].signal,
    second: steps[1].signal,
    close() {
      for (const [signal, listeners] of before) {
        process.off(signal, onSignal);
        for (const listener of listeners) process.on(signal, listener);
      }
    },
  };
}

/**
 * Runs what goes on until it is told to end: the first signal asks it to, another one ends the process.
 *
 * @returns what it came to, and whether it was asked to end
 */
export async function untilStopped<T>(
  task: (signal: AbortSignal) => Promise<T>,
): Promise<{ value: T; stopped: boolean }> {
  const signals = stopSignals();
  signals.second.addEventListener('abort', () => endNow(INTERRUPTED));
  try {
    const value = await task(signals.first);
    return { value, stopped: signals.first.aborted };
  } finally {
    signals.close();
  }
}
