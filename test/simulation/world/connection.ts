import { LedgerError } from '../../../src/domain/errors.ts';
import { isAncestor } from '../../../src/git/model/history.ts';
import type { Patience, PushResult } from '../../../src/remote/port.ts';
import type { Oid } from '../../../src/store/port.ts';
import type { MemoryHost } from '../../helpers/memory-connection.ts';
import type { Beside, ObjectClone, SideFolder, Swap } from '../../helpers/memory-remote.ts';
import type { Scheduler } from '../scheduler.ts';
import { type Answer, BRANCH, FOLDERS, type Host, type Wish } from './host.ts';
import type { ObjectPool } from './objects.ts';
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

interface Message<T> {
  what: string;
  touches: readonly string[];
  writes?: boolean;
  /** What the host does with it. */
  effect(): T;
  /** What the host does with a part of it. */
  part?(): void;
  /** What the sender is told where the connection broke. */
  lost(): T;
  /** What it is told where there was none. */
  away(): T;
  patience: Patience | undefined;
}

/**
 * The remote as one process reaches it. A message is two calls of the network: it has its effect at the host, and the answer comes
 * back. A process that dies in between does not stop it.
 */
export class HostConnection implements MemoryHost {
  readonly #process: Process;
  readonly #host: Host;
  readonly #objects: ObjectPool;
  readonly #scheduler: Scheduler;

  constructor(process: Process, { host, objects, scheduler }: World) {
    this.#process = process;
    this.#host = host;
    this.#objects = objects;
    this.#scheduler = scheduler;
  }

  async give(
    _clone: ObjectClone,
    _seen: Oid | undefined,
    patience?: Patience,
  ): Promise<{ tip: Oid | undefined; inboxes: Map<string, Oid> }> {
    const refs = await this.#look('fetches', [BRANCH, `${FOLDERS.inboxes}*`], patience);
    const inboxes = within(refs, FOLDERS.inboxes);
    this.#has([refs.get(BRANCH), ...inboxes.values()]);
    return { tip: refs.get(BRANCH), inboxes };
  }

  async giveSideRefs(
    _: ObjectClone,
    folder: SideFolder,
    patience?: Patience,
  ): Promise<ReadonlyMap<string, Oid>> {
    const refs = await this.#look(`lists ${folder}`, [`${FOLDERS[folder]}*`], patience);
    const found = within(refs, FOLDERS[folder]);
    this.#has(found.values());
    return found;
  }

  async giveWritten(
    _clone: ObjectClone,
    _seen: Oid | undefined,
    patience?: Patience,
  ): Promise<Oid | undefined> {
    const answer = await this.#exchange({
      what: 'asks where pushes go',
      touches: [BRANCH],
      effect: () => ({ tip: this.#host.tip }),
      lost: () => undefined,
      away: () => undefined,
      patience,
    });
    if (answer === undefined) throw new Error('the remote cannot be reached');
    this.#has([answer.tip]);
    return answer.tip;
  }

  async offer(
    clone: ObjectClone,
    seen: Oid | undefined,
    tip: Oid,
    { offer: inbox, combined }: Beside,
    patience?: Patience,
  ): Promise<PushResult> {
    if (seen !== undefined && !(await isAncestor(clone.objects, seen, tip))) return { kind: 'behind' };
    const by = this.#process.clone.name;
    const branch: Wish = { ref: BRANCH, expected: seen, to: tip, by };
    const offered: Wish[] =
      inbox === undefined
        ? []
        : [{ ref: FOLDERS.inboxes + inbox.clone, expected: inbox.expected, to: inbox.pending, by }];
    const beside = inbox === undefined ? '' : `, and offers ${short(inbox.pending)}`;
    const with_ = combined.map(({ clone: name, offered: read }) => `, with ${short(read)} of ${name}`);
    const what = `pushes ${short(tip)} on ${short(seen)}${beside}${with_.join('')}`;
    if (combined.length === 0) return this.#push(what, [...offered, branch], patience);
    const consumed = combined.map(
      ({ clone: name, offered: expected, landed: to }): Wish => ({
        ref: FOLDERS.inboxes + name,
        expected,
        to,
        by,
      }),
    );
    return this.#push(what, [...consumed, branch], patience, true);
  }

  swapSideRef(
    _: ObjectClone,
    folder: SideFolder,
    { name, expected, next }: Swap,
    _seen?: Oid,
    patience?: Patience,
  ): Promise<PushResult> {
    const ref = FOLDERS[folder] + name;
    const what = next === undefined ? `takes ${ref} away` : `puts ${short(next)} into ${ref}`;
    return this.#push(what, [{ ref, expected, to: next, by: this.#process.clone.name }], patience);
  }

  /** What came with an answer. */
  #has(tips: Iterable<Oid | undefined>): void {
    this.#process.clone.fetched(tips, this.#objects);
  }

  /** The last wish is the one that is asked about. Those that go together never arrive in part. */
  #push(
    what: string,
    wishes: readonly Wish[],
    patience: Patience | undefined,
    together = false,
  ): Promise<PushResult> {
    const missing = wishes.find(({ to }) => to !== undefined && !this.#process.clone.has(to));
    if (missing !== undefined) throw new LedgerError('STORAGE_FAILED', `there is no object ${missing.to}`);
    const swap = (wish: Wish): Answer => this.#host.swap(wish, this.#scheduler.time);
    const all = (): Answer =>
      together ? this.#host.swapAll(wishes, this.#scheduler.time) : (wishes.map(swap).at(-1) as Answer);
    return this.#exchange<PushResult>({
      what,
      touches: wishes.map(({ ref }) => ref),
      writes: true,
      effect: all,
      part: () => void (together ? [] : wishes.slice(0, 1)).map(swap),
      lost: () => ({ kind: 'unknown', cause: new Error('the connection broke') }),
      away: () => ({ kind: 'unreachable', cause: new Error('the remote cannot be reached') }),
      patience,
    });
  }

  async #look(what: string, touches: string[], patience: Patience | undefined): Promise<Map<string, Oid>> {
    const effect = () => this.#host.readAt(this.#scheduler.time);
    const [lost, away] = [() => undefined, () => undefined];
    const refs = await this.#exchange({ what, touches, effect, lost, away, patience });
    if (refs === undefined) throw new Error('the remote cannot be reached');
    return refs;
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

  async #exchange<T>(message: Message<T>): Promise<T> {
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
      return this.#process.alive ? value : new Promise<T>(() => undefined);
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

function within(refs: ReadonlyMap<string, Oid>, folder: string): Map<string, Oid> {
  return new Map(
    [...refs].flatMap(([ref, oid]) => (ref.startsWith(folder) ? [[ref.slice(folder.length), oid]] : [])),
  );
}
