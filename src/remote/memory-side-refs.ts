import type { Oid } from '../store/port.ts';
import type { MemoryRemote, ObjectClone, SideFolder } from './memory.ts';
import { mirrorRefs } from './mirror-refs.ts';
import type { PushResult, SideRefList, SideRefs } from './port.ts';

/** Refs beside the branch as one clone reaches them in memory. */
export class MemorySideRefs implements SideRefs {
  readonly namespace: string;
  readonly mirror: string;
  readonly #remote: MemoryRemote;
  readonly #clone: ObjectClone;
  readonly #folder: SideFolder;

  constructor(
    remote: MemoryRemote,
    clone: ObjectClone,
    { folder, namespace, mirror }: { folder: SideFolder; namespace: string; mirror: string },
  ) {
    this.namespace = namespace;
    this.mirror = mirror;
    this.#remote = remote;
    this.#clone = clone;
    this.#folder = folder;
  }

  publish(name: string, commit: Oid, expected: Oid | undefined): Promise<PushResult> {
    return this.#remote.swapBeside(this.#clone, this.#folder, { name, expected, next: commit });
  }

  retract(name: string, expected: Oid): Promise<PushResult> {
    return this.#remote.swapBeside(this.#clone, this.#folder, { name, expected, next: undefined });
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
