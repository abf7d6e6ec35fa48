import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { MAIN } from '../cli/workplace.ts';
import { isolatedEnv } from './temp-repo.ts';

const LIBRARY = new URL('../e2e/library-worker.ts', import.meta.url).pathname;

/** A line that `wl work` printed. */
export interface WorkLine {
  type: string;
  work_id?: string;
  [key: string]: unknown;
}

/** A worker as a process of its own, that prints what happens as lines of JSON. It is gone when the test ends. */
class WorkProcess {
  readonly lines: WorkLine[] = [];
  complaints = '';
  readonly #child;
  readonly #ended: Promise<number | string>;
  #changed = Promise.withResolvers<void>();

  /** @param dir its clone; whose name is its own */
  constructor(dir: string, script: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    const { WL_ACTOR: _, WL_NOW: __, ...rest } = isolatedEnv();
    this.#child = spawn(process.execPath, [script, ...args], {
      cwd: dir,
      env: { ...rest, WL_ACTOR: dir.slice(dir.lastIndexOf('/') + 1), WL_MAIN: MAIN, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.complaints += chunk;
    });
    const lines = createInterface(this.#child.stdout);
    lines.on('line', (line) => {
      this.lines.push(JSON.parse(line) as WorkLine);
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    });
    const exited = once(this.#child, 'exit') as Promise<[number | null, string | null]>;
    this.#ended = Promise.all([exited, once(lines, 'close')]).then(
      ([[code, signal]]) => code ?? signal ?? '',
    );
    onTestFinished(async () => {
      this.signal('SIGKILL');
      await this.#ended;
    });
  }

  /** The first line of the type, also one of the past. @throws where the process ends before */
  async waitFor(type: string, count = 1): Promise<WorkLine> {
    for (;;) {
      const found = this.of(type)[count - 1];
      if (found !== undefined) return found;
      await Promise.race([
        this.#changed.promise,
        this.#ended.then((end) => {
          if (this.of(type).length < count)
            throw new Error(`the worker ended with ${end}, without ${type}: ${this.complaints}`);
        }),
      ]);
    }
  }

  of(type: string): WorkLine[] {
    return this.lines.filter((line) => line.type === type);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** @returns its exit status, or the signal that ended it */
  end(): Promise<number | string> {
    return this.#ended;
  }
}

/** What a worker is to run for each item: a script of the shell. */
export const sh = (script: string): string[] => ['--', 'sh', '-c', script];

/** `wl work`. */
export class WlWork extends WorkProcess {
  constructor(dir: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    super(dir, MAIN, ['work', ...args], env);
  }
}

/** A program that runs a worker of the library, on a machine whose time passes `rate` times as fast, and is off by so much. */
export class LibraryWork extends WorkProcess {
  constructor(dir: string, machine: { rate: number; off_ms: number }) {
    super(dir, LIBRARY, [JSON.stringify(machine)], {});
  }
}
