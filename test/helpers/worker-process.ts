import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import type { ErrorCode, Verb } from '../../src/index.ts';
import { isolatedEnv } from './temp-repo.ts';

/** What a worker process does, and on which clone. */
export interface WorkerJob {
  dir: string;
  actor: string;
  /**
   * `take` claims each of `ids` once and completes what it got; `work` claims, checkpoints and completes what is ready until
   * nothing is; `create` makes items and does them; `init` makes the ledger; `list` reads.
   */
  task:
    | { kind: 'take'; ids: readonly string[]; execution_id?: string }
    | { kind: 'work' }
    | { kind: 'create'; count: number }
    | { kind: 'init' }
    | { kind: 'list' };
  /** The size, in KiB, beyond which neither it nor its git can write a file: a disk that is full. */
  largest_file?: number;
  /** Works as a user who owns nothing of the clone. */
  stranger?: boolean;
}

/** One line of a worker process: printed after the call returned, so that it is what the caller was told. */
export type Report =
  | { kind: 'ready' }
  | { kind: 'listed'; ids: string[] }
  | { kind: 'initialized'; created: boolean; ledger_id: string }
  | {
      kind: 'acknowledged';
      verb: Verb;
      id: string;
      op: string;
      epoch: number | null;
      where: 'remote' | 'local';
    }
  | { kind: 'lost'; verb: Verb; id: string; code: ErrorCode; message: string }
  | { kind: 'refused'; verb: Verb; id: string; code: ErrorCode; message: string; saved: string[] }
  | { kind: 'done' };

export type Acknowledged = Extract<Report, { kind: 'acknowledged' }>;

const SCRIPT = new URL('../e2e/worker.ts', import.meta.url).pathname;

/** A process of its own that works on a clone. It is gone when the test ends. */
export class WorkerProcess {
  readonly said: Report[] = [];
  readonly #child;
  readonly #ended: Promise<unknown>;
  #complaints = '';
  #listeners: ((report: Report) => void)[] = [];

  constructor(job: WorkerJob, env: NodeJS.ProcessEnv = {}) {
    const command = [process.execPath, SCRIPT, JSON.stringify(job)];
    const { largest_file } = job;
    const limit = largest_file === undefined ? '' : `ulimit -f ${largest_file * 2}; `;
    this.#child = spawn('sh', ['-c', `${limit}exec "$0" "$@"`, ...command], {
      env: { ...isolatedEnv(), ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#complaints += chunk;
    });
    const lines = createInterface(this.#child.stdout);
    lines.on('line', (line) => this.#take(JSON.parse(line) as Report));
    this.#ended = Promise.all([once(this.#child, 'close'), once(lines, 'close')]);
    onTestFinished(async () => {
      await this.kill();
    });
  }

  /** Starts the work: until then the process waits with its ledger open. */
  go(): void {
    this.#child.stdin.end('go\n');
  }

  /** The first report for which `matches` holds, also one of the past. @throws where the process ends before */
  async waitFor(matches: (report: Report) => boolean): Promise<Report> {
    const past = this.said.find(matches);
    if (past !== undefined) return past;
    return Promise.race([
      new Promise<Report>((resolve) => {
        this.#listeners.push((report) => {
          if (matches(report)) resolve(report);
        });
      }),
      this.#ended.then(() => {
        throw new Error(`the worker ended early: ${this.#complaints}`);
      }),
    ]);
  }

  /** Waits for its end. @throws where it did not do its whole task */
  async finish(): Promise<Report[]> {
    await this.#ended;
    if (this.said.at(-1)?.kind !== 'done') throw new Error(`the worker failed: ${this.#complaints}`);
    return this.said;
  }

  /** Waits for its end, whatever it is. */
  async end(): Promise<void> {
    await this.#ended;
  }

  /** Ends it by SIGKILL, wherever it is. Its git children live on for as long as they like. */
  async kill(): Promise<Report[]> {
    this.#child.kill('SIGKILL');
    await this.#ended;
    return this.said;
  }

  get acknowledged(): Acknowledged[] {
    return this.said.filter((report) => report.kind === 'acknowledged');
  }

  #take(report: Report): void {
    this.said.push(report);
    for (const listener of this.#listeners) listener(report);
  }
}

/** Starts a process for each job and lets them begin together. */
export async function startWorkers(jobs: readonly WorkerJob[]): Promise<WorkerProcess[]> {
  const workers = jobs.map((job) => new WorkerProcess(job));
  await Promise.all(workers.map((worker) => worker.waitFor(({ kind }) => kind === 'ready')));
  for (const worker of workers) worker.go();
  return workers;
}

/** As `startWorkers`, and waits for all to be done. */
export async function runWorkers(jobs: readonly WorkerJob[]): Promise<WorkerProcess[]> {
  const workers = await startWorkers(jobs);
  await Promise.all(workers.map((worker) => worker.finish()));
  return workers;
}
