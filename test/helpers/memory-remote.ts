import { isAncestor, missingObjects } from '../../src/git/model/history.ts';
import type { NamedObject, ObjectSource } from '../../src/git/model/object.ts';
import type { LedgerRemote } from '../../src/remote/port.ts';
import type { LedgerStore, Oid } from '../../src/store/port.ts';
import {
  type Freight,
  HostConnection,
  type Message,
  type SideFolder,
  type Wire,
  within,
} from '../simulation/world/connection.ts';
import { BRANCH, FOLDERS, Host } from '../simulation/world/host.ts';
import { ObjectPool } from '../simulation/world/objects.ts';
import { MemoryConnection } from '../simulation/world/remote.ts';

/** A clone that such a remote can carry objects from and to: an `IsomorphicStore`. */
interface ObjectClone extends Pick<LedgerStore, 'readRef' | 'listRefs' | 'moveRef' | 'mergeBase'> {
  objects: ObjectSource & { write(objects: readonly NamedObject[]): Promise<void> };
}

interface MemoryConnectOptions {
  name?: string | undefined;
  seenRef?: string | undefined;
  /** What is read instead of this one, which is then written alone. */
  reads?: MemoryRemote | undefined;
}

/**
 * The host of the simulation for clones that have objects of their own. It answers at once, so that nobody's patience is tried, and can
 * be told to fail.
 */
export class MemoryRemote {
  readonly #host = new Host();
  readonly #objects = new ObjectPool();
  #isAway = false;
  #refusal: string | undefined;
  #presenceRefusal: string | undefined;
  #breakOff: 'before' | 'after' | undefined;

  constructor() {
    this.#host.isAway = () => this.#isAway;
    this.#host.rules.push(({ ref }) => {
      if (ref === BRANCH || ref.startsWith(FOLDERS.reviews)) return this.#refusal;
      return ref.startsWith(FOLDERS.presence) ? this.#presenceRefusal : undefined;
    });
  }

  /** Where the branch is; `undefined` before the first push. */
  get tip(): Oid | undefined {
    return this.#host.tip;
  }

  /** What clones have in their inboxes now, by their names. */
  get inboxes(): Map<string, Oid> {
    return within(this.#host.refs, FOLDERS.inboxes);
  }

  /** Who says now that they are at work, by name. */
  get presence(): Map<string, Oid> {
    return within(this.#host.refs, FOLDERS.presence);
  }

  /** Review branches now, by item. */
  get reviews(): Map<string, Oid> {
    return within(this.#host.refs, FOLDERS.reviews);
  }

  /** The branch as one clone reaches it. */
  connect(store: ObjectClone, { name = 'origin', seenRef, reads }: MemoryConnectOptions = {}): LedgerRemote {
    return new MemoryConnection(this.#reachedBy(store), store, {
      name,
      reads: reads === undefined ? undefined : reads.#reachedBy(store),
      seenRef: seenRef ?? `refs/work-ledger/seen/${name}`,
    });
  }

  /** From now on the remote cannot be reached, until `comeBack`. */
  goAway(): void {
    this.#isAway = true;
  }

  comeBack(): void {
    this.#isAway = false;
  }

  /** From now on pushes are refused, as by a hook; `undefined` lets them in again. */
  refusePushes(reason: string | undefined): void {
    this.#refusal = reason;
  }

  /** From now on presence is refused, as by a host that takes only branches; `undefined` lets it in again. */
  refusePresence(reason: string | undefined): void {
    this.#presenceRefusal = reason;
  }

  /** The next push breaks off, `before` or `after` the branch has taken it: the pusher cannot tell which. */
  breakOffNextPush(when: 'before' | 'after'): void {
    this.#breakOff = when;
  }

  /** Forces the branch to a commit of `from`: what no push can do, and an administrator can. */
  async replaceTip(tip: Oid, from: ObjectClone): Promise<void> {
    await copy(from.objects, this.#objects, [tip]);
    this.setTip(tip);
  }

  /** Sets the branch on a commit that it had before, or removes it. */
  setTip(tip: Oid | undefined): void {
    this.#host.force(BRANCH, tip, 0);
  }

  /** Sets a ref beside the branch on a commit that is there, or removes it. */
  setBeside(folder: SideFolder, name: string, oid: Oid | undefined): void {
    this.#host.force(FOLDERS[folder] + name, oid, 0);
  }

  /** From now on it is read as if the branch were at `tip`, as from a replica that lags; `'now'` ends that. */
  showAs(tip: Oid | undefined | 'now'): void {
    this.#host.shown = tip === 'now' ? undefined : { tip };
  }

  /** Takes over what another one has, as a mirror of it does. */
  async follow(other: MemoryRemote): Promise<void> {
    await copy(other.#objects, this.#objects, [other.tip]);
    this.setTip(other.tip);
  }

  #reachedBy({ objects }: ObjectClone): HostConnection {
    const wire: Wire = { by: 'a clone', time: () => 0, exchange: (message) => this.#exchange(message) };
    return new HostConnection({ host: this.#host, wire, freight: new CopiedObjects(objects, this.#objects) });
  }

  async #exchange<T>({ touches, writes, effect, lost, away }: Message<T>): Promise<T> {
    if (this.#isAway) return away();
    const isPush = writes === true && touches.includes(BRANCH);
    const breakOff = isPush ? this.#breakOff : undefined;
    if (isPush) this.#breakOff = undefined;
    if (breakOff === 'before') return lost();
    const answer = effect();
    return breakOff === 'after' ? lost() : answer;
  }
}

type Objects = ObjectClone['objects'];

/** Objects of a clone and of a host go over from one to the other. */
class CopiedObjects implements Freight {
  readonly #here: Objects;
  readonly #there: ObjectPool;

  constructor(here: Objects, there: ObjectPool) {
    this.#here = here;
    this.#there = there;
  }

  send(tips: readonly (Oid | undefined)[], seen: Oid | undefined): Promise<void> {
    return copy(this.#here, this.#there, tips, this.#known(seen));
  }

  receive(tips: Iterable<Oid | undefined>, seen: Oid | undefined): Promise<void> {
    return copy(this.#there, this.#here, tips, this.#known(seen));
  }

  isAncestor(oid: Oid, of: Oid): Promise<boolean> {
    return isAncestor(this.#here, oid, of);
  }

  #known(oid: Oid | undefined): Oid | undefined {
    return oid !== undefined && this.#there.has(oid) ? oid : undefined;
  }
}

/** @param have what is there already, with all that it reaches */
async function copy(
  from: ObjectSource,
  to: Objects,
  tips: Iterable<Oid | undefined>,
  have?: Oid,
): Promise<void> {
  for (const tip of new Set(tips)) {
    const named: NamedObject[] = [];
    for (const oid of tip === undefined ? [] : await missingObjects(from, tip, have)) {
      const object = await from.read(oid);
      if (object !== undefined) named.push({ ...object, oid });
    }
    await to.write(named);
  }
}
