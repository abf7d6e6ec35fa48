import { decodeMessage } from '../codec/message.ts';
import { isWorkId, type WorkId } from '../domain/ids.ts';
import type { LedgerStore, Oid } from '../store/port.ts';

/** What is remembered from one process to the next; losing it costs one walk over history. */
export interface Memory {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
}

const KEY = 'deletions';

/**
 * Ids that were given to items that are deleted now: read from history once, and from then on from what is new. It may hold
 * ids whose deletion never reached the shared branch, which are not free either.
 */
export class Deletions {
  readonly #store: LedgerStore;
  readonly #memory: Memory | undefined;
  #known: { tip: Oid; ids: Set<WorkId> } | undefined;

  constructor(store: LedgerStore, memory: Memory | undefined) {
    this.#store = store;
    this.#memory = memory;
  }

  async upTo(tip: Oid): Promise<ReadonlySet<WorkId>> {
    const known = this.#known ?? recall(this.#memory?.get(KEY));
    if (known?.tip === tip) return known.ids;
    const from = known === undefined ? undefined : await this.#ancestor(known.tip, tip);
    const ids = new Set(known?.ids);
    for await (const { message } of this.#store.commits({ from, to: tip })) {
      if (!message.startsWith('delete ')) continue;
      const decoded = decodeMessage(message);
      if (decoded.kind === 'event' && decoded.event.verb === 'delete') ids.add(decoded.event.id);
    }
    this.#known = { tip, ids };
    this.#memory?.set(KEY, JSON.stringify({ tip, ids: [...ids] }));
    return ids;
  }

  /** The remembered tip may be of a line that was given up, or gone with a repack. */
  async #ancestor(known: Oid, tip: Oid): Promise<Oid | undefined> {
    try {
      return await this.#store.mergeBase(known, tip);
    } catch {
      // Then history is read from its beginning, which is always right.
      return undefined;
    }
  }
}

function recall(text: string | undefined): { tip: Oid; ids: Set<WorkId> } | undefined {
  try {
    const { tip, ids } = JSON.parse(text ?? '') as { tip?: unknown; ids?: unknown };
    if (typeof tip !== 'string' || !/^[0-9a-f]{40}$/.test(tip) || !Array.isArray(ids)) return undefined;
    return { tip, ids: new Set(ids.filter((id): id is string => typeof id === 'string' && isWorkId(id))) };
  } catch {
    // Not written yet, or by something else.
    return undefined;
  }
}
