import { fstatSync, statSync, writeSync } from 'node:fs';
import { endBySignals } from './stop-signals.ts';

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
  process.exitCode = await run(process.argv.slice(2), {
    stdout,
    stderr,
    env: process.env,
    get stdin() {
      return process.stdin;
    },
  });
  await stdout.flush();
  await stderr.flush();
  // What still runs, such as a timer, is nothing to wait for once everything is said.
  process.exit();
}

/**
 * Standard output or standard error. What is no terminal is written to directly: the process's own streams bring the network's
 * code along, which costs more than a question does.
 */
class Output implements Writer {
  readonly #fd: 1 | 2;
  #stream: NodeJS.WriteStream | undefined;

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

  write(text: string): void {
    const rest = this.#stream === undefined ? writeNow(this.#fd, text) : text;
    if (rest !== undefined) this.#open().write(rest);
  }

  /** Resolves once everything is written. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stream === undefined) resolve();
      else this.#stream.write('', () => resolve());
    });
  }

  #open(): NodeJS.WriteStream {
    if (this.#stream !== undefined) return this.#stream;
    this.#stream = this.#fd === 1 ? process.stdout : process.stderr;
    this.#stream.on('error', leaveQuietly);
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
    return leaveQuietly(error as NodeJS.ErrnoException);
  }
}

/** Whoever read the output has seen enough. */
function leaveQuietly(error: NodeJS.ErrnoException): never {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
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
