import type { Oid } from '../store/port.ts';
import type { MemoryRemote, ObjectClone } from './memory.ts';
import { mirrorRefs } from './mirror-refs.ts';
import type { PresenceList, PresenceRefs, PushResult } from './port.ts';
import { presenceMirrorOf } from './presence-refs.ts';

/** Presence as one clone reaches it in memory. */
export class MemoryPresence implements PresenceRefs {
  readonly namespace = 'refs/work-ledger/presence/';
  readonly mirror: string;
  readonly #remote: MemoryRemote;
  readonly #clone: ObjectClone;

  constructor(remote: MemoryRemote, clone: ObjectClone, name: string) {
    this.mirror = presenceMirrorOf(name);
    this.#remote = remote;
    this.#clone = clone;
  }

  publish(name: string, commit: Oid, expected: Oid | undefined): Promise<PushResult> {
    return this.#remote.swapPresence(this.#clone, { name, expected, next: commit });
  }

  retract(name: string, expected: Oid): Promise<PushResult> {
    return this.#remote.swapPresence(this.#clone, { name, expected, next: undefined });
  }

  async list(): Promise<PresenceList> {
    try {
      const found = await this.#remote.givePresence(this.#clone);
      await mirrorRefs(this.#clone, this.mirror, found);
      return { kind: 'ok', found };
    } catch (cause) {
      return { kind: 'unreachable', cause: cause instanceof Error ? cause : new Error(String(cause)) };
    }
  }
}
