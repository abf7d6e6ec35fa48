import {
  existsSync,
  type FSWatcher,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { isOwnerDead, newOwnerName } from '../git/locks.ts';
import { makeFolder, modesAt } from '../node.ts';

/** A request waits this long at most until it is seen; whoever comes within it shares a commit. */
const LOOK_MS = 20;
const ASKED = '.asked';
const RECEIVED = '.taken';
const ANSWERED = '.answered';

/**
 * Requests as files of local state, which move by renaming: each is in one state, whoever dies when. None outlives the
 * processes that it is between, so nothing here is made durable.
 */
export class FileRequestQueue {
  readonly #dir: string;
  #swept = false;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** @see RequestQueue in src/sync/ports.ts */
  post(text: string): string | undefined {
    const name = newOwnerName();
    try {
      makeFolder(this.#dir);
      this.#put(name, ASKED, text);
      return name;
    } catch {
      // Where local state cannot be written, everyone does their own work.
      return undefined;
    }
  }

  withdraw(name: string): boolean {
    const withdrawn = this.#path(name, '.withdrawn');
    const mine = move(this.#path(name, ASKED), withdrawn);
    removeIfThere(mine ? withdrawn : this.#path(name, RECEIVED));
    return mine;
  }

  collect(name: string): string | undefined {
    const path = this.#path(name, ANSWERED);
    if (!existsSync(path)) return undefined;
    const text = readFileSync(path, 'utf8');
    unlinkSync(path);
    return text;
  }

  receive(): { name: string; text: string }[] {
    const received: { name: string; text: string }[] = [];
    for (const file of this.#list()) {
      const name = file.slice(0, file.lastIndexOf('.'));
      const isAsked = file.endsWith(ASKED);
      if (!isAsked && this.#swept) continue;
      if (isOwnerDead(name)) removeIfThere(join(this.#dir, file));
      else if (isAsked && move(join(this.#dir, file), this.#path(name, RECEIVED)))
        received.push({ name, text: readFileSync(this.#path(name, RECEIVED), 'utf8') });
    }
    // What dead processes left otherwise is in nobody's way: it is looked for once.
    this.#swept = true;
    return received;
  }

  isAwaited(name: string): boolean {
    return existsSync(this.#path(name, RECEIVED));
  }

  answer(name: string, text: string): void {
    this.#put(name, ANSWERED, text);
    removeIfThere(this.#path(name, RECEIVED));
  }

  async wait(name: string, ms: number): Promise<void> {
    const isAnswered = (): boolean => existsSync(this.#path(name, ANSWERED));
    let watcher: FSWatcher | undefined;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      const look = (): void => {
        if (!isAnswered()) return;
        clearTimeout(timer);
        resolve();
      };
      watcher = this.#watch(name, look);
      look();
    });
    watcher?.close();
  }

  /** A request's file is one and the same until it is answered, and is removed then. */
  #watch(name: string, look: () => void): FSWatcher | undefined {
    for (const state of [ASKED, RECEIVED]) {
      try {
        return watch(this.#path(name, state), { persistent: false }, look).on('error', () => undefined);
      } catch {
        // It is in the other state, or is answered; where nothing can be watched, time tells.
      }
    }
    return undefined;
  }

  pause(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }

  #list(): string[] {
    try {
      return readdirSync(this.#dir);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  #put(name: string, state: string, text: string): void {
    const temporary = this.#path(name, '.tmp');
    writeFileSync(temporary, text, { mode: modesAt(temporary).file });
    renameSync(temporary, this.#path(name, state));
  }

  #path(name: string, state: string): string {
    return join(this.#dir, name + state);
  }
}

/** False where it is gone: another process was first. */
function move(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
