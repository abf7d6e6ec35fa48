import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { LedgerError } from '../domain/errors.ts';
import { startGit } from './process/run.ts';

/** An answer of `git cat-file`: what the name stands for, and its bytes where they were asked for. */
export interface CatAnswer {
  oid: string;
  type: string;
  size: number;
  bytes: Buffer;
}

interface Question {
  name: string;
  resolve(answer: CatAnswer | undefined): void;
  reject(error: Error): void;
}

const LINE_END = 10;

/**
 * A `git cat-file` that stays: objects and refs are read through its pipe instead of a new process each. It sees what other
 * processes write, is started when first asked, and keeps no program from ending.
 */
export class CatFile {
  readonly #gitDir: string;
  readonly #contents: boolean;
  readonly #incoming: boolean;
  #child: ChildProcessWithoutNullStreams | undefined;
  #asked: Question[] = [];
  #chunks: Buffer[] = [];
  #held = 0;
  /** Bytes that must have come before looking again is worth it. */
  #wanted = 0;

  /**
   * @param mode `contents` gives bytes; `names` tells what a name stands for, and is safe for objects of any size
   * @param incoming whether it sees the objects of the push that is being judged, too
   */
  constructor(gitDir: string, mode: 'contents' | 'names', incoming = false) {
    this.#gitDir = gitDir;
    this.#contents = mode === 'contents';
    this.#incoming = incoming;
  }

  /** @returns `undefined` where no such object or ref is there */
  ask(name: string): Promise<CatAnswer | undefined> {
    if (/[\s\0]/.test(name) || name === '') return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const child = this.#child ?? this.#start();
      if (this.#asked.length === 0) keepAlive(child, true);
      this.#asked.push({ name, resolve, reject });
      child.stdin.write(`${name}\n`);
    });
  }

  close(): void {
    this.#child?.stdin.end();
    this.#child = undefined;
  }

  #start(): ChildProcessWithoutNullStreams {
    const mode = this.#contents ? '--batch' : '--batch-check';
    const child = startGit({
      args: ['--git-dir', this.#gitDir, 'cat-file', mode],
      cwd: this.#gitDir,
      incoming: this.#incoming,
      helper: true,
    });
    const end = (cause: Error | undefined): void => this.#ended(child, cause);
    child.stdout.on('data', (chunk: Buffer) => this.#receive(child, chunk));
    child.stderr.resume();
    child.on('error', end);
    child.on('close', () => end(undefined));
    // A helper that ended is told by its end, not by the pipe.
    child.stdin.on('error', () => undefined);
    this.#child = child;
    this.#chunks = [];
    this.#held = 0;
    this.#wanted = 0;
    return child;
  }

  #ended(child: ChildProcessWithoutNullStreams, cause: Error | undefined): void {
    if (this.#child === child) this.#child = undefined;
    const asked = this.#asked;
    this.#asked = [];
    const error = new LedgerError('STORAGE_FAILED', 'git ended while objects were being read.', { cause });
    for (const question of asked) question.reject(error);
  }

  #receive(child: ChildProcessWithoutNullStreams, chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    if (this.#held < this.#wanted) return;
    let data = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    for (let used = this.#answer(data); used > 0; used = this.#answer(data)) data = data.subarray(used);
    this.#chunks = data.length === 0 ? [] : [data];
    this.#held = data.length;
    if (this.#asked.length === 0) keepAlive(child, false);
  }

  /** Answers the first question where `data` holds all of it; returns how many bytes that took. */
  #answer(data: Buffer): number {
    const [question] = this.#asked;
    const end = data.indexOf(LINE_END);
    this.#wanted = 0;
    if (question === undefined || end < 0) return 0;
    const [oid = '', type = '', length] = data.toString('latin1', 0, end).split(' ');
    if (length === undefined) {
      this.#asked.shift();
      question.resolve(undefined);
      return end + 1;
    }
    const size = Number(length);
    const total = this.#contents ? end + 1 + size + 1 : end + 1;
    if (data.length < total) {
      this.#wanted = total;
      return 0;
    }
    this.#asked.shift();
    question.resolve({
      oid,
      type,
      size,
      bytes: data.subarray(end + 1, end + 1 + (this.#contents ? size : 0)),
    });
    return total;
  }
}

/** Whether the pipes keep this process alive: only while an answer is awaited. */
function keepAlive(child: ChildProcessWithoutNullStreams, alive: boolean): void {
  const streams = [child, child.stdin, child.stdout, child.stderr] as unknown as {
    ref?(): void;
    unref?(): void;
  }[];
  for (const stream of streams) {
    if (alive) stream.ref?.();
    else stream.unref?.();
  }
}
