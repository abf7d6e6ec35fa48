import { createHash } from 'node:crypto';
import type { World } from './world/world.ts';

/** Something that more than one process can see. */
export interface Touched {
  name: string;
  writes: boolean;
}

/**
 * What each step of a run touches, and how all stands after it. A step is a call with its effect, and all that follows from it until every
 * process waits for its next call.
 */
export class Steps {
  /** True once nobody asks any more how the run ends. */
  isLeft = false;
  readonly #touched = new Map<string, boolean>();
  readonly #heard = new Map<string, string>();
  #world: World | undefined;
  #isOver = false;

  watch(world: World): void {
    this.#world = world;
  }

  /** What follows is no step any more. */
  end(): void {
    this.#isOver = true;
  }

  touch(names: readonly string[], writes: boolean): void {
    if (this.#isOver) return;
    for (const name of names) this.#touched.set(name, writes || this.#touched.get(name) === true);
  }

  /** What a process was answered: with its plan, that makes up all that it does next. */
  hear(process: string, what: string, answer: unknown): void {
    const before = this.#heard.get(process) ?? '';
    this.#heard.set(process, digest(`${before}\n${what}\n${textOf(answer)}`));
  }

  /** What was touched since it was asked last. */
  take(): Touched[] {
    const touched = [...this.#touched].map(([name, writes]) => ({ name, writes }));
    this.#touched.clear();
    return touched;
  }

  /** All that the rest of the run depends on, and what it is judged by: where it is the same, what can follow is the same. */
  state(): string {
    const world = this.#world;
    if (world === undefined) throw new Error('there is no world yet');
    const clones = [...world.clones.values()].map(({ name, refs, state, locks, requests, tips }) => [
      name,
      sorted(refs),
      sorted(state),
      [...locks].map(([lock, { name: by }]) => `${lock} ${by}`).sort(),
      [...requests].map(([request, { state: how, text, by }]) => [request, how, text, by.alive]),
      tips,
    ]);
    const processes = world.processes.map(({ name, alive }) => [name, alive, this.#heard.get(name)]);
    const moves = world.host.moves.map(({ at, ref, to, by }) => [at, ref, to, by]);
    return digest(
      JSON.stringify([
        sorted(world.host.refs),
        moves,
        clones,
        processes,
        world.scheduler.waiting,
        world.scheduler.time,
      ]),
    );
  }
}

const digest = (text: string): string => createHash('sha1').update(text).digest('base64');

const sorted = (map: ReadonlyMap<string, string>): string[] =>
  [...map].map(([key, value]) => `${key} ${value}`).sort();

function textOf(answer: unknown): string {
  if (answer instanceof Error) return answer.message;
  if (answer instanceof Map) return JSON.stringify([...answer]);
  return JSON.stringify(answer) ?? '';
}
