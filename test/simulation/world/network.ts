import type { Patience } from '../../../src/remote/port.ts';
import type { Oid } from '../../../src/store/port.ts';
import type { Scheduler } from '../scheduler.ts';
import type { Message, Wire } from './connection.ts';
import { BRANCH, type Host } from './host.ts';
import type { Process } from './process.ts';
import { short } from './store.ts';
import type { World } from './world.ts';

/** An adapter gives a connection up that was silent for so long, where its caller does not say. */
const SILENCE_MS = 60_000;

/** What the network does to a message. A torn push arrives in part: with its first ref, and not with the others. */
export type Mishap =
  | { kind: 'never arrives' }
  | { kind: 'answer lost' }
  | { kind: 'arrives twice'; again_after_ms: number }
  | { kind: 'torn' }
  /** The answer is lost, and the connection with it: so many later messages do not arrive. */
  | { kind: 'cut off'; messages: number }
  | { kind: 'late'; there_ms: number; back_ms: number };

/**
 * The network, as one process reaches it. A message is two calls of the network: it has its effect at the host, and the answer comes
 * back. A process that dies in between does not stop it.
 */
export class Network implements Wire {
  readonly by: string;
  readonly #process: Process;
  readonly #host: Host;
  readonly #scheduler: Scheduler;

  constructor(process: Process, { host, scheduler }: World) {
    this.by = process.clone.name;
    this.#process = process;
    this.#host = host;
    this.#scheduler = scheduler;
  }

  time(): number {
    return this.#scheduler.time;
  }

  /** Ends with the caller's patience, which can get shorter meanwhile. */
  async #silence(name: string, patience: Patience | undefined, what: string): Promise<void> {
    let isOver = false;
    while (!isOver) {
      const by = { name, alive: true };
      const slept = this.#scheduler.sleep(by, patience?.left() ?? SILENCE_MS, what).then(() => true);
      let unwatch = (): void => undefined;
      const shortened = new Promise<boolean>((resolve) => {
        unwatch = patience?.watch(() => resolve(false)) ?? unwatch;
      });
      isOver = await Promise.race([slept, shortened]);
      unwatch();
      by.alive = false;
    }
  }

  async exchange<T>(message: Message<T>): Promise<T> {
    const { what, touches, writes = false, effect, part, lost, away, patience } = message;
    const wait = patience?.left() ?? SILENCE_MS;
    // What nobody waits for is not sent.
    if (wait <= 0) return away();
    const { number, mishap, isCutOff, there_ms, back_ms } = this.#process.sends(writes);
    const by = { name: `${this.#process.name}#${number}`, alive: true };
    const arrive = <A>(effectThere: () => A, after: number): Promise<A> =>
      this.#scheduler.park(
        {
          by,
          what,
          touches: touches.map((ref) => `remote ${ref}`),
          writes,
          due: this.#scheduler.time + after,
        },
        effectThere,
      );
    const answer = (value: T): Promise<T> => {
      const told = `answers ${describe(value)}`;
      const due = this.#scheduler.time + back_ms;
      return this.#scheduler.park({ by, what: told, touches: [], writes: false, due }, () => value);
    };
    // Whoever is dead by then hears nothing, and who stands still hears it later.
    const heard = async (value: T): Promise<T> => {
      if (this.#process.alive) await this.#process.whileStopped();
      if (!this.#process.alive) return new Promise<T>(() => undefined);
      return this.#process.hears(what, value);
    };
    const told = async (value: T): Promise<T> => heard(await answer(value));
    if (isCutOff || this.#host.isAway()) return told(away());
    if (this.#host.isSilent()) {
      // The caller's time goes by while the message is on its way.
      void arrive(effect, there_ms);
      await this.#silence(by.name, patience, 'hears nothing');
      return heard(lost());
    }
    if (there_ms + back_ms > wait) {
      void arrive(effect, there_ms);
      await this.#silence(by.name, patience, 'waits no longer');
      return heard(lost());
    }
    switch (mishap?.kind) {
      case undefined:
      case 'late':
        return told(await arrive(effect, there_ms));
      case 'never arrives':
        return told(lost());
      case 'torn':
        await arrive(() => part?.(), there_ms);
        return told(lost());
      case 'cut off':
      case 'answer lost':
        await arrive(effect, there_ms);
        return told(lost());
      case 'arrives twice': {
        const first = await arrive(effect, there_ms);
        void arrive(effect, mishap.again_after_ms);
        return told(first);
      }
      default:
        return mishap satisfies never;
    }
  }
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing: the connection broke';
  if (value instanceof Map) return short(value.get(BRANCH) as Oid | undefined);
  const { kind, reason } = value as { kind?: string; reason?: string };
  return reason === undefined ? (kind ?? 'with the tip') : `${kind}: ${reason}`;
}
