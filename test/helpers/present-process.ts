import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { isolatedEnv } from './temp-repo.ts';

/** What a process that is at work says that it runs. */
export interface PresentJob {
  dir: string;
  actor: string;
  ttl_ms: number;
  ids: readonly string[];
  /** Makes a checkpoint where the remote takes no presence. */
  renews?: boolean;
}

export type PresentReport =
  | { kind: 'started'; session: string }
  | { kind: 'beat'; taken: boolean; supported: boolean }
  | { kind: 'notice'; code: string }
  | { kind: 'lost'; execution_id: string }
  | { kind: 'renewed'; id: string }
  | { kind: 'done' };

const SCRIPT = new URL('../e2e/present.ts', import.meta.url).pathname;

/** A process that is at work until it is told to end, or killed. It is gone when the test ends. */
export class PresentProcess {
  readonly said: PresentReport[] = [];
  readonly #child;
  readonly #ended: Promise<unknown>;
  #complaints = '';
  #wake: () => void = () => undefined;

  constructor(job: PresentJob, env: NodeJS.ProcessEnv = {}) {
    this.#child = spawn(process.execPath, [SCRIPT, JSON.stringify(job)], {
      env: { ...isolatedEnv(), ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#complaints += chunk;
    });
    const lines = createInterface(this.#child.stdout);
    lines.on('line', (line) => {
      this.said.push(JSON.parse(line) as PresentReport);
      this.#wake();
    });
    this.#ended = Promise.all([once(this.#child, 'close'), once(lines, 'close')]);
    onTestFinished(() => this.kill());
  }

  /** The first report of a kind, also one of the past, after `skip` of them. @throws where the process ends before */
  async next<K extends PresentReport['kind']>(
    kind: K,
    skip = 0,
  ): Promise<Extract<PresentReport, { kind: K }>> {
    for (;;) {
      const found = this.said.filter((report) => report.kind === kind)[skip];
      if (found !== undefined) return found as Extract<PresentReport, { kind: K }>;
      const more = new Promise<boolean>((resolve) => {
        this.#wake = () => resolve(true);
      });
      if (!(await Promise.race([more, this.#ended.then(() => false)]))) {
        throw new Error(`the process ended before ${kind}: ${this.#complaints}`);
      }
    }
  }

  /** Asks for a sign now, and waits for its end. */
  async beat(): Promise<Extract<PresentReport, { kind: 'beat' }>> {
    const before = this.said.filter(({ kind }) => kind === 'beat').length;
    this.#child.stdin.write('beat\n');
    return this.next('beat', before);
  }

  async end(): Promise<void> {
    this.#child.stdin.end('end\n');
    await this.next('done');
    await this.#ended;
  }

  stop(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal);
  }

  /** Waits for its end, whatever it is. */
  async gone(): Promise<void> {
    await this.#ended;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
