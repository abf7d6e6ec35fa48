import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { MAIN } from '../cli/workplace.ts';
import { isolatedEnv } from './temp-repo.ts';

/** The program as a process that goes on, with what it printed so far. It is gone when the test ends. */
export class WlProcess {
  readonly lines: string[] = [];
  stderr = '';
  readonly child;
  /** Its exit status; `null` where a signal ended it. */
  readonly ended: Promise<number | null>;
  #heard: () => void = () => undefined;

  constructor(dir: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const { WL_ACTOR, WL_EXECUTION_ID, WL_WORK_ID, WL_NOW, ...rest } = isolatedEnv();
    const options = { cwd: dir, env: { ...rest, WL_ACTOR: 'ada', ...env } };
    this.child = spawn(process.execPath, [MAIN, ...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const lines = createInterface(this.child.stdout);
    lines.on('line', (line) => {
      this.lines.push(line);
      this.#heard();
    });
    this.child.stdout.on('close', () => lines.close());
    this.child.stderr.on('data', (chunk: Buffer) => {
      this.stderr += chunk;
      this.#heard();
    });
    this.ended = Promise.all([once(this.child, 'close'), once(lines, 'close')]).then(([[status]]) => {
      this.#heard();
      return status as number | null;
    });
    onTestFinished(async () => {
      await this.kill();
    });
  }

  /** Waits until something holds of what it said. @throws where it ends before */
  async until(holds: () => boolean): Promise<this> {
    while (!holds()) {
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        await this.ended;
        if (holds()) break;
        throw new Error(`it ended early: ${this.lines.join('\n')}${this.stderr}`);
      }
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
    return this;
  }

  /** The lines that were whole, as JSON. */
  json<T>(): T[] {
    return this.lines.map((line) => JSON.parse(line) as T);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    this.child.kill(signal);
    return this.ended;
  }
}

/** Runs the program to its end. */
export async function runWl(
  dir: string,
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<WlProcess> {
  const process = new WlProcess(dir, args, env);
  await process.ended;
  return process;
}
