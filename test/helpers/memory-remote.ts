import { isAncestor, missingObjects } from '../../src/git/model/history.ts';
import type { GitObject, NamedObject, ObjectSource } from '../../src/git/model/object.ts';
import type { Combined, LedgerRemote, Offer, Patience, PushResult } from '../../src/remote/port.ts';
import type { LedgerStore, Oid } from '../../src/store/port.ts';
import { MemoryConnection } from './memory-connection.ts';

/** A clone that such a remote can carry objects from and to: an `IsomorphicStore`. */
export interface ObjectClone extends Pick<LedgerStore, 'readRef' | 'listRefs' | 'moveRef' | 'mergeBase'> {
  objects: ObjectSource & { write(objects: readonly NamedObject[]): Promise<void> };
}

export interface MemoryConnectOptions {
  name?: string | undefined;
  seenRef?: string | undefined;
  /** What is read instead of this one, which is then written alone. */
  reads?: MemoryRemote | undefined;
}

/**
 * The shared branch of a ledger, in memory, for any number of clones in this process. It answers at once, so that nobody's
 * patience is tried; a host that does not takes its place in the simulation.
 *
 * Can be told to fail in each way that a real one fails.
 */
export class MemoryRemote implements ObjectSource {
  readonly #objects = new Map<Oid, GitObject>();
  /** What clones have in their inboxes, by their names. */
  readonly inboxes = new Map<string, Oid>();
  /** Who says that they are at work, by name. */
  readonly presence = new Map<string, Oid>();
  /** Review branches, by item. */
  readonly reviews = new Map<string, Oid>();
  #tip: Oid | undefined;
  #away = false;
  #refusal: string | undefined;
  #presenceRefusal: string | undefined;
  #breakOff: 'before' | 'after' | undefined;
  #shown: { tip: Oid | undefined } | undefined;

  /** Where the branch is; `undefined` before the first push. */
  get tip(): Oid | undefined {
    return this.#tip;
  }

  /** The branch as one clone reaches it. */
  connect(store: ObjectClone, options: MemoryConnectOptions = {}): LedgerRemote {
    const { name = 'origin', reads } = options;
    return new MemoryConnection(this, store, {
      name,
      reads,
      seenRef: options.seenRef ?? `refs/work-ledger/seen/${name}`,
    });
  }

  /** From now on the remote cannot be reached, until `comeBack`. */
  goAway(): void {
    this.#away = true;
  }

  comeBack(): void {
    this.#away = false;
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
    await this.#copy(from.objects, tip, undefined);
    this.#tip = tip;
  }

  /** Sets the branch back to a commit that it had before, or removes it. */
  async setTip(tip: Oid | undefined): Promise<void> {
    this.#tip = tip;
  }

  /** From now on it is read as if the branch were at `tip`, as from a replica that lags; `'now'` ends that. */
  showAs(tip: Oid | undefined | 'now'): void {
    this.#shown = tip === 'now' ? undefined : { tip };
  }

  /** Takes over what another one has, as a mirror of it does. */
  async follow(other: MemoryRemote): Promise<void> {
    if (other.#tip !== undefined) await this.#copy(other, other.#tip, undefined);
    this.#tip = other.#tip;
  }

  async read(oid: Oid): Promise<GitObject | undefined> {
    return this.#objects.get(oid);
  }

  /** Where the branch is for those who push, with its objects. */
  async giveWritten(
    clone: ObjectClone,
    seen: Oid | undefined,
    _patience?: Patience,
  ): Promise<Oid | undefined> {
    if (this.#away) throw unreachable();
    const tip = this.#tip;
    if (tip !== undefined)
      await clone.objects.write(await readAll(this, await missingObjects(this, tip, this.#known(seen))));
    return tip;
  }

  /** Puts what a clone lacks of the branch, and of the inboxes, into it. */
  async give(
    clone: ObjectClone,
    seen: Oid | undefined,
    _patience?: Patience,
  ): Promise<{ tip: Oid | undefined; inboxes: Map<string, Oid> }> {
    if (this.#away) throw unreachable();
    const [tip, inboxes] = [(this.#shown ?? { tip: this.#tip }).tip, new Map(this.inboxes)];
    const have = this.#known(seen);
    for (const wanted of new Set([tip, ...inboxes.values()])) {
      if (wanted !== undefined)
        await clone.objects.write(await readAll(this, await missingObjects(this, wanted, have)));
    }
    return { tip, inboxes };
  }

  /** Compare and swap, by fast-forward. The offer is taken whatever becomes of the branch; what is combined, together with it. */
  async offer(
    clone: ObjectClone,
    seen: Oid | undefined,
    tip: Oid,
    { offer: inbox, combined }: Beside,
    _patience?: Patience,
  ): Promise<PushResult> {
    if (this.#away) return { kind: 'unreachable', cause: unreachable() };
    if (this.#refusal !== undefined) return { kind: 'refused', reason: this.#refusal };
    const breakOff = this.#breakOff;
    this.#breakOff = undefined;
    if (breakOff === 'before') return brokeOff();
    if (inbox !== undefined) {
      await this.#copy(clone.objects, inbox.pending, this.#known(seen));
      this.#swap('inboxes', { name: inbox.clone, expected: inbox.expected, next: inbox.pending });
    }
    const result = await this.#advance(clone, seen, tip, combined);
    return breakOff === 'after' ? brokeOff() : result;
  }

  /** Compare and swap of one ref beside the branch. */
  async swapSideRef(
    clone: ObjectClone,
    folder: SideFolder,
    { name, expected, next }: Swap,
    seen?: Oid,
    _patience?: Patience,
  ): Promise<PushResult> {
    if (this.#away) return { kind: 'unreachable', cause: unreachable() };
    const refusal = folder === 'presence' ? this.#presenceRefusal : this.#refusal;
    if (refusal !== undefined && folder !== 'inboxes') return { kind: 'refused', reason: refusal };
    if (next !== undefined) await this.#copy(clone.objects, next, this.#known(seen));
    return this.#swap(folder, { name, expected, next });
  }

  #swap(folder: SideFolder, { name, expected, next }: Swap): PushResult {
    const refs = this[folder];
    const current = refs.get(name);
    if (current === next) return { kind: 'accepted' };
    if (current !== expected) return { kind: 'behind' };
    if (next === undefined) refs.delete(name);
    else refs.set(name, next);
    return { kind: 'accepted' };
  }

  /** Puts what a clone lacks of the refs beside the branch into it. */
  async giveSideRefs(
    clone: ObjectClone,
    folder: SideFolder,
    _patience?: Patience,
  ): Promise<ReadonlyMap<string, Oid>> {
    if (this.#away) throw unreachable();
    const found = new Map(this[folder]);
    for (const oid of found.values()) {
      await clone.objects.write(await readAll(this, await missingObjects(this, oid, undefined)));
    }
    return found;
  }

  async #advance(
    clone: ObjectClone,
    seen: Oid | undefined,
    tip: Oid,
    combined: readonly Combined[],
  ): Promise<PushResult> {
    if (this.#tip === tip) return { kind: 'accepted' };
    if (this.#tip !== seen) return { kind: 'behind' };
    if (seen !== undefined && !(await isAncestor(clone.objects, seen, tip))) return { kind: 'behind' };
    await this.#copy(clone.objects, tip, seen);
    // Others may have been accepted while the objects came over. From here on nothing waits.
    if (this.#tip !== seen) return { kind: 'behind' };
    if (combined.some((one) => this.inboxes.get(one.clone) !== one.offered)) return { kind: 'behind' };
    for (const { clone: name, landed } of combined) this.inboxes.set(name, landed);
    this.#tip = tip;
    return { kind: 'accepted' };
  }

  #known(oid: Oid | undefined): Oid | undefined {
    return oid !== undefined && this.#objects.has(oid) ? oid : undefined;
  }

  async #copy(source: ObjectSource, tip: Oid, have: Oid | undefined): Promise<void> {
    const objects = await readAll(source, await missingObjects(source, tip, have));
    for (const { oid, type, bytes } of objects) this.#objects.set(oid, { type, bytes });
  }
}

/** What is pushed beside the branch. */
export interface Beside {
  offer: Offer | undefined;
  combined: readonly Combined[];
}

/** What stands beside the branch. */
export type SideFolder = 'presence' | 'reviews' | 'inboxes';

export interface Swap {
  name: string;
  expected: Oid | undefined;
  next: Oid | undefined;
}

async function readAll(source: ObjectSource, oids: readonly Oid[]): Promise<NamedObject[]> {
  const objects: NamedObject[] = [];
  for (const oid of oids) {
    const object = await source.read(oid);
    if (object !== undefined) objects.push({ ...object, oid });
  }
  return objects;
}

const unreachable = (): Error => new Error('the remote cannot be reached');
const brokeOff = (): PushResult => ({ kind: 'unknown', cause: new Error('the push broke off') });
