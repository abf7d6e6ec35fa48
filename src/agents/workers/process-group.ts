import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** Characters of a line that are kept: enough for the largest result an item can handle. */
const LONGEST_LINE = 300_000;
/** Lines that may wait to be read before the process is made to wait. */
const LINES_AHEAD = 200;
/** Bytes of standard error that are kept to say why it failed. */
const COMPLAINTS = 4_000;
/** How often, and how many times in a row, outputs that outlive the process are found quiet before they are closed. */
const LINGER_MS = 100;
const LINGERS = 5;

export interface GroupOptions {
  command: string;
  args: readonly string[];
  cwd: string | undefined;
  env: NodeJS.ProcessEnv;
  /** For standard input, which is closed after it. */
  input: string;
  signal: AbortSignal;
  /** Milliseconds between asking it to end and ending it. */
  kill_grace_ms: number;
}

export interface ProcessEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** It could not be started. */
  error: Error | undefined;
  /** The end of its standard error. */
  complaints: string;
}

export interface ProcessLine extends OutputLine {
  stream: 'stdout' | 'stderr';
}

/** A process and all that it starts, as one group, which goes when the process ends or is told to. */
export class ProcessGroup {
  readonly ended: Promise<ProcessEnd>;
  readonly #child: ChildProcess;
  readonly #lines: ProcessLine[] = [];
  readonly #outputs: Readable[] = [];
  #changed = Promise.withResolvers<void>();
  #over = false;
  #busy = false;
  #complaints = '';

  constructor({ command, args, cwd, env, input, signal, kill_grace_ms }: GroupOptions) {
    this.#child = spawn(command, [...args], { cwd, env, stdio: 'pipe', detached: true });
    const { stdin, stdout, stderr } = this.#child;
    // It may end, or close its input, without having read it.
    stdin?.on('error', () => undefined);
    stdin?.end(input);
    if (stdout !== null) this.#read(stdout, 'stdout');
    if (stderr !== null) this.#read(stderr, 'stderr');
    let killing: NodeJS.Timeout | undefined;
    const stop = (): void => {
      this.#kill('SIGTERM');
      // A process that stands still hears nothing but this.
      this.#kill('SIGCONT');
      killing = setTimeout(() => this.#kill('SIGKILL'), kill_grace_ms);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    this.ended = this.#waitForEnd().finally(() => {
      clearTimeout(killing);
      signal.removeEventListener('abort', stop);
      this.#over = true;
      this.#changed.resolve();
    });
  }

  /** `undefined` where it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** What it prints, until it has ended and all is read. Who reads slowly makes it wait. */
  async *lines(): AsyncGenerator<ProcessLine, void, undefined> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) {
        if (this.#lines.length < LINES_AHEAD) for (const output of this.#outputs) output.resume();
        yield line;
        continue;
      }
      if (this.#over) return;
      await this.#changed.promise;
      this.#changed = Promise.withResolvers<void>();
    }
  }

  /** Ends it, and all that it started, without asking. */
  kill(): void {
    if (this.#over) return;
    this.#kill('SIGKILL');
    // Nobody reads any more, and what is not read would keep it from being over.
    this.#lines.length = 0;
    for (const output of this.#outputs) output.destroy();
  }

  #read(output: Readable, stream: ProcessLine['stream']): void {
    const lines = new Lines(LONGEST_LINE);
    const take = (found: readonly OutputLine[]): void => {
      this.#lines.push(...found.map((line) => ({ ...line, stream })));
      if (this.#lines.length >= LINES_AHEAD) for (const one of this.#outputs) one.pause();
      this.#changed.resolve();
    };
    this.#outputs.push(output);
    output.on('data', (bytes: Buffer) => {
      this.#busy = true;
      if (stream === 'stderr') this.#complaints = (this.#complaints + bytes).slice(-COMPLAINTS);
      take(lines.push(bytes));
    });
    output.on('error', () => undefined);
    output.on('close', () => take(lines.end()));
  }

  async #waitForEnd(): Promise<ProcessEnd> {
    const child = this.#child;
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const end = await new Promise<Omit<ProcessEnd, 'complaints'>>((resolve) => {
      child.once('error', (error) => resolve({ code: null, signal: null, error }));
      child.once('exit', (code, signal) => resolve({ code, signal, error: undefined }));
    });
    if (end.error === undefined) {
      // What it started and left behind works on nothing that is still its own.
      this.#kill('SIGTERM');
      const linger = this.#closeWhenQuiet();
      await closed;
      clearInterval(linger);
      this.#kill('SIGKILL');
    }
    return { ...end, complaints: this.#complaints.trim().toWellFormed() };
  }

  /** Outputs that something else holds open are closed once nothing comes any more. */
  #closeWhenQuiet(): NodeJS.Timeout {
    let quiet = 0;
    return setInterval(() => {
      const reading = this.#lines.length > 0 || this.#busy;
      quiet = reading ? 0 : quiet + 1;
      this.#busy = false;
      if (quiet >= LINGERS) for (const output of this.#outputs) output.destroy();
    }, LINGER_MS);
  }

  #kill(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      if (process.platform === 'win32') this.#child.kill(signal);
      else process.kill(-pid, signal);
    } catch {
      // It is gone already.
    }
  }
}

export interface OutputLine {
  text: string;
  /** What is missing at its end was more than is kept of a line. */
  truncated: boolean;
}

/** Makes lines of bytes as they come, of any encoding and any length. */
class Lines {
  readonly #decoder = new StringDecoder('utf8');
  readonly #longest: number;
  #begun = '';
  #truncated = false;

  /** @param longest characters that are kept of a line */
  constructor(longest: number) {
    this.#longest = longest;
  }

  push(bytes: Buffer): OutputLine[] {
    return this.#take(this.#decoder.write(bytes));
  }

  /** What is left without a break at its end. */
  end(): OutputLine[] {
    const lines = this.#take(this.#decoder.end());
    return this.#begun === '' && !this.#truncated ? lines : [...lines, this.#line()];
  }

  #take(text: string): OutputLine[] {
    const parts = text.split('\n');
    const last = parts.pop() ?? '';
    const lines = parts.map((part) => {
      this.#add(part);
      return this.#line();
    });
    this.#add(last);
    return lines;
  }

  #add(text: string): void {
    const room = this.#longest - this.#begun.length;
    if (text.length > room) this.#truncated = true;
    this.#begun += text.slice(0, room);
  }

  #line(): OutputLine {
    // A progress bar writes over its own line: what stands there last counts.
    const text = this.#begun.replace(/\r$/, '').replace(/^.*\r/s, '').toWellFormed();
    const line = { text, truncated: this.#truncated };
    this.#begun = '';
    this.#truncated = false;
    return line;
  }
}
