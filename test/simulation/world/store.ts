import { LedgerError } from '../../../src/domain/errors.ts';
import { buildCommits } from '../../../src/store/build-commits.ts';
import { ObjectHistory } from '../../../src/store/object-history.ts';
import type { CommitRequest, CommitResult, LedgerStore, Oid } from '../../../src/store/port.ts';
import { CloneObjects, type ObjectPool } from './objects.ts';
import type { Process } from './process.ts';

/** A clone's objects and refs, as one process reaches them. Each look at a ref, and each move of one, is a call. */
export class SimulatedStore extends ObjectHistory<CloneObjects> implements LedgerStore {
  readonly shared = true;
  readonly #process: Process;

  constructor(process: Process, objects: ObjectPool) {
    super(new CloneObjects(objects, process.clone));
    this.#process = process;
  }

  readRef(ref: string): Promise<Oid | undefined> {
    const { clone } = this.#process;
    return this.#process.call({ what: `reads ${ref}`, touches: [ref] }, () => clone.refs.get(ref));
  }

  listRefs(prefix: string): Promise<{ ref: string; oid: Oid }[]> {
    const { refs } = this.#process.clone;
    return this.#process.call({ what: `lists ${prefix}*`, touches: [`${prefix}*`] }, () =>
      [...refs]
        .filter(([ref]) => ref.startsWith(prefix))
        .map(([ref, oid]) => ({ ref, oid }))
        .sort((a, b) => (a.ref < b.ref ? -1 : 1)),
    );
  }

  /** Objects that nothing points to are nobody's to see, so making them is no call. */
  async commit({ ref, expected, base, drafts }: CommitRequest): Promise<CommitResult> {
    const { oids, objects } = await buildCommits(this.objects, base, drafts);
    await this.objects.write(objects);
    this.#process.clone.makes(this.#process, oids);
    const tip = oids.at(-1) ?? base;
    if (tip === undefined) throw new Error('a commit needs a draft or a base');
    const moved = await this.#swap(ref, expected, tip);
    return moved.done ? { kind: 'committed', tip, oids } : { kind: 'moved', tip: moved.found };
  }

  async moveRef(ref: string, expected: Oid | undefined, next: Oid | undefined): Promise<boolean> {
    return (await this.#swap(ref, expected, next)).done;
  }

  async close(): Promise<void> {}

  #swap(
    ref: string,
    expected: Oid | undefined,
    next: Oid | undefined,
  ): Promise<{ done: boolean; found: Oid | undefined }> {
    const { clone } = this.#process;
    const what = `moves ${ref} from ${short(expected)} to ${short(next)}`;
    return this.#process.call({ what, touches: [ref], writes: true, stores: true }, () => {
      clone.makes(this.#process, []);
      if (next !== undefined && !clone.has(next))
        throw new LedgerError(
          'STORAGE_FAILED',
          `${ref} cannot move to ${next}, which the repository does not have.`,
        );
      const found = clone.refs.get(ref);
      if (found !== expected) return { done: false, found };
      if (next === undefined) clone.refs.delete(ref);
      else clone.refs.set(ref, next);
      this.#process.moved(ref, next);
      return { done: true, found };
    });
  }
}

/** An object's name as a transcript has it. */
export const short = (oid: Oid | undefined): string => oid?.slice(0, 7) ?? 'nothing';
