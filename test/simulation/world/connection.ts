import type { Combined, Offer, Patience, PushResult } from '../../../src/remote/port.ts';
import type { Oid } from '../../../src/store/port.ts';
import { type Answer, BRANCH, FOLDERS, type Host, type Wish } from './host.ts';
import { short } from './store.ts';

/** What a host is sent. */
export interface Message<T> {
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

/** Brings messages to a host and answers back, or loses either. */
export interface Wire {
  /** The clone that sends. */
  readonly by: string;
  /** The time at the host, in milliseconds. */
  time(): number;
  exchange<T>(message: Message<T>): Promise<T>;
}

/** The objects that go with messages. */
export interface Freight {
  /** @param seen what both have, where the host has it. @throws LedgerError where the clone has not what it sends */
  send(tips: readonly (Oid | undefined)[], seen: Oid | undefined): Promise<void>;
  receive(tips: Iterable<Oid | undefined>, seen: Oid | undefined): Promise<void>;
  isAncestor(oid: Oid, of: Oid): Promise<boolean>;
}

/** What is pushed beside the branch. */
interface Beside {
  offer: Offer | undefined;
  combined: readonly Combined[];
}

/** What stands beside the branch. */
export type SideFolder = keyof typeof FOLDERS;

export interface Swap {
  name: string;
  expected: Oid | undefined;
  next: Oid | undefined;
}

interface Pushing {
  seen: Oid | undefined;
  patience: Patience | undefined;
  /** All of it, or none. */
  together?: boolean;
}

/** How messages reach a host, and what goes with them. */
export interface Line {
  host: Host;
  wire: Wire;
  freight: Freight;
}

/** What is asked of a host, and what it answers. */
export class HostConnection {
  readonly #host: Host;
  readonly #wire: Wire;
  readonly #freight: Freight;

  constructor({ host, wire, freight }: Line) {
    this.#host = host;
    this.#wire = wire;
    this.#freight = freight;
  }

  /** The branch and the inboxes, with their objects. */
  async give(
    seen: Oid | undefined,
    patience?: Patience,
  ): Promise<{ tip: Oid | undefined; inboxes: Map<string, Oid> }> {
    const refs = await this.#look('fetches', [BRANCH, `${FOLDERS.inboxes}*`], patience);
    const inboxes = within(refs, FOLDERS.inboxes);
    await this.#freight.receive([refs.get(BRANCH), ...inboxes.values()], seen);
    return { tip: refs.get(BRANCH), inboxes };
  }

  /** Refs beside the branch, with their objects. */
  async giveSideRefs(folder: SideFolder, patience?: Patience): Promise<ReadonlyMap<string, Oid>> {
    const refs = await this.#look(`lists ${folder}`, [`${FOLDERS[folder]}*`], patience);
    const found = within(refs, FOLDERS[folder]);
    await this.#freight.receive(found.values(), undefined);
    return found;
  }

  /** Where the branch is for those who push, with its objects. */
  async giveWritten(seen: Oid | undefined, patience?: Patience): Promise<Oid | undefined> {
    const answer = await this.#wire.exchange({
      what: 'asks where pushes go',
      touches: [BRANCH],
      effect: () => ({ tip: this.#host.tip }),
      lost: () => undefined,
      away: () => undefined,
      patience,
    });
    if (answer === undefined) throw new Error('the remote cannot be reached');
    await this.#freight.receive([answer.tip], seen);
    return answer.tip;
  }

  /** Compare and swap, by fast-forward. The offer is taken whatever becomes of the branch; what is combined, together with it. */
  async offer(
    seen: Oid | undefined,
    tip: Oid,
    { offer: inbox, combined }: Beside,
    patience?: Patience,
  ): Promise<PushResult> {
    if (seen !== undefined && !(await this.#freight.isAncestor(seen, tip))) return { kind: 'behind' };
    const { by } = this.#wire;
    const branch: Wish = { ref: BRANCH, expected: seen, to: tip, by };
    const offered: Wish[] =
      inbox === undefined
        ? []
        : [{ ref: FOLDERS.inboxes + inbox.clone, expected: inbox.expected, to: inbox.pending, by }];
    const beside = inbox === undefined ? '' : `, and offers ${short(inbox.pending)}`;
    const with_ = combined.map(({ clone: name, offered: read }) => `, with ${short(read)} of ${name}`);
    const what = `pushes ${short(tip)} on ${short(seen)}${beside}${with_.join('')}`;
    if (combined.length === 0) return this.#push(what, [...offered, branch], { seen, patience });
    const consumed = combined.map(
      ({ clone: name, offered: expected, landed: to }): Wish => ({
        ref: FOLDERS.inboxes + name,
        expected,
        to,
        by,
      }),
    );
    return this.#push(what, [...consumed, branch], { seen, patience, together: true });
  }

  /** Compare and swap of one ref beside the branch. */
  swapSideRef(
    folder: SideFolder,
    { name, expected, next }: Swap,
    seen?: Oid,
    patience?: Patience,
  ): Promise<PushResult> {
    const ref = FOLDERS[folder] + name;
    const what = next === undefined ? `takes ${ref} away` : `puts ${short(next)} into ${ref}`;
    return this.#push(what, [{ ref, expected, to: next, by: this.#wire.by }], { seen, patience });
  }

  /** The last wish is the one that is asked about. Those that go together never arrive in part. */
  async #push(
    what: string,
    wishes: readonly Wish[],
    { seen, patience, together = false }: Pushing,
  ): Promise<PushResult> {
    await this.#freight.send(
      wishes.map(({ to }) => to),
      seen,
    );
    const swap = (wish: Wish): Answer => this.#host.swap(wish, this.#wire.time());
    const all = (): Answer =>
      together ? this.#host.swapAll(wishes, this.#wire.time()) : (wishes.map(swap).at(-1) as Answer);
    return this.#wire.exchange<PushResult>({
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
    const effect = () => this.#host.readAt(this.#wire.time());
    const [lost, away] = [() => undefined, () => undefined];
    const refs = await this.#wire.exchange({ what, touches, effect, lost, away, patience });
    if (refs === undefined) throw new Error('the remote cannot be reached');
    return refs;
  }
}

/** Refs of a folder, by the rest of their names. */
export function within(refs: ReadonlyMap<string, Oid>, folder: string): Map<string, Oid> {
  return new Map(
    [...refs].flatMap(([ref, oid]) => (ref.startsWith(folder) ? [[ref.slice(folder.length), oid]] : [])),
  );
}
