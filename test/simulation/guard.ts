import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';

const simulated = new AsyncLocalStorage<true>();

/** Runs what must depend on nothing but its ports: here, and in all that follows from it. */
export const asSimulated = <T>(task: () => T): T => simulated.run(true, task);

/** Time and chance that would not come from the seed. */
const FORBIDDEN: readonly (readonly [owner: object, name: string, path: string])[] = [
  [globalThis, 'setTimeout', 'setTimeout'],
  [globalThis, 'setInterval', 'setInterval'],
  [globalThis, 'setImmediate', 'setImmediate'],
  [Date, 'now', 'Date.now'],
  [Math, 'random', 'Math.random'],
  [performance, 'now', 'performance.now'],
  [createRequire(import.meta.url)('node:crypto'), 'randomBytes', 'crypto.randomBytes'],
];

/** Whoever uses one of them is told at once; some callers would swallow an error, so it is kept as well. */
export class Guard {
  readonly broken: string[] = [];
  readonly #restore: (() => void)[] = [];

  constructor() {
    for (const [owner, name, path] of FORBIDDEN) {
      const own = Object.getOwnPropertyDescriptor(owner, name);
      const original = Reflect.get(owner, name) as (...given: unknown[]) => unknown;
      const guarded = (...given: unknown[]): unknown => {
        if (simulated.getStore() === undefined) return Reflect.apply(original, owner, given);
        const error = new Error(`${path} was called in a simulated process; it is to come by a port`);
        this.broken.push(error.stack ?? error.message);
        throw error;
      };
      Object.defineProperty(owner, name, { configurable: true, writable: true, value: guarded });
      this.#restore.push(() => {
        if (own === undefined) Reflect.deleteProperty(owner, name);
        else Object.defineProperty(owner, name, own);
      });
    }
  }

  lift(): void {
    for (const restore of this.#restore.splice(0)) restore();
  }
}
