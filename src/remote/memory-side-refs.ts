import type { Oid } from '../store/port.ts';
import type { MemoryRemote, ObjectClone, SideFolder } from './memory.ts';
import type { PushResult, SideRefList, SideRefs } from './port.ts';
import { mirrorRefs } from './side-refs.ts';

/** Refs beside the branch as one clone reaches them in memory. */
export class MemorySideRefs implements SideRefs {
  readonly namespace: string;
  readonly mirror: string;
  readonly #remote: MemoryRemote;
  readonly #clone: ObjectClone;
  readonly #folder: SideFolder;
  readonly #builtOn: string | undefined;

  constructor(
    remote: MemoryRemote,
    clone: ObjectClone,
    {
      folder,
      namespace,
      mirror,
      builtOn,
    }: {
      folder: SideFolder;
      namespace: string;
      mirror: string;
      /** What the commits there build on, as far as the remote has it: a ref of the clone. */
      builtOn?: string;
    },
  ) {
    this.namespace = namespace;
    this.mirror = mirror;
    this.#remote = remote;
    this.#clone = clone;
    this.#folder = folder;
    this.#builtOn = builtOn;
  }

  publish(name: string, commit: Oid, expected: Oid | undefined): Promise<PushResult> {
    return this.#swap(name, expected, commit);
  }

  retract(name: string, expected: Oid): Promise<PushResult> {
    return this.#swap(name, expected, undefined);
  }

  async #swap(name: string, expected: Oid | undefined, next: Oid | undefined): Promise<PushResult> {
    const seen = this.#builtOn === undefined ? undefined : await this.#clone.readRef(this.#builtOn);
    return this.#remote.swapBeside(this.#clone, this.#folder, { name, expected, next }, seen);
  }

  async list(): Promise<SideRefList> {
    try {
      const found = await this.#remote.giveBeside(this.#clone, this.#folder);
      await mirrorRefs(this.#clone, this.mirror, found);
      return { kind: 'ok', found };
    } catch (cause) {
      return { kind: 'unreachable', cause: cause instanceof Error ? cause : new Error(String(cause)) };
    }
  }
}
