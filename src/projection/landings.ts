import { isProposal } from '../domain/pull-request.ts';
import type { CommitRecord, Oid } from '../store/port.ts';
import type { HistoryEntry } from './history-entry.ts';

/** A merge, and the commits of a review branch that came with it. */
export interface Landing {
  commits: readonly Oid[];
  /** False where they were seen before: then only the log knows whether they are a proposal. */
  known: boolean;
  /** Who merged, as the author of the merge. */
  by: string;
  at: string;
}

/**
 * Tells which merge brought which proposal, from commits that are seen one by one, parents first. A review branch is a proposal
 * and merges that brought it up to date; whatever else builds on a proposal shows that it came by fast-forward.
 */
export class Landings {
  readonly #branches = new Map<Oid, readonly Oid[]>();
  #landed: Landing[] = [];

  see({ oid, parents }: Pick<CommitRecord, 'oid' | 'parents'>, entry: HistoryEntry): void {
    const { actor, merged_by, committed_at: at } = entry;
    const [first = '', ...others] = parents;
    if (others.length === 0) {
      if (isProposal(entry) && merged_by === null) this.#branches.set(oid, [oid]);
      return;
    }
    const updated = this.#branches.get(first);
    if (updated !== undefined) this.#branches.set(oid, [...updated, oid]);
    for (const other of others) {
      const commits = this.#branches.get(other);
      this.#landed.push({ commits: commits ?? [other], known: commits !== undefined, by: actor, at });
    }
  }

  /** What was seen since the last time. */
  take(): Landing[] {
    const landed = this.#landed;
    this.#landed = [];
    return landed;
  }
}
