import type { Projection } from '../projection/projection.ts';
import type { LedgerStore, Oid } from '../store/port.ts';
import { baseStateAt, type Incoming } from './base-state.ts';
import { findInPush } from './check-push.ts';
import type { Refusal } from './rules.ts';
import type { SignatureReader } from './signatures.ts';
import { replayLedger } from './verify.ts';

export interface Pending {
  store: LedgerStore;
  projection: Projection;
  signatures: SignatureReader | undefined;
  /** Seconds since 1970. */
  now: number;
  /** What they build on, which is not checked; `undefined` where they begin a ledger. */
  from: Oid | undefined;
  to: Oid;
}

/**
 * Holds commits of a clone that it did not share yet against every rule, as a server would that they are pushed to.
 *
 * @returns what is wrong, commits in order
 */
export async function checkPending(pending: Pending): Promise<Refusal[]> {
  const { store, projection, signatures, now, from, to } = pending;
  const incoming = incomingOf(store);
  const baseState =
    from === undefined
      ? undefined
      : await baseStateAt(from, projection, incoming, () => replayLedger(store, from, { signatures }));
  return findInPush({ incoming, baseState, tip: to, now, signatures });
}

/** A clone's own commits, where the objects of a push are asked for: they are with all others. */
export function incomingOf(store: LedgerStore): Incoming {
  return {
    commits: (query) => store.commits(query),
    diffTrees: (before, after) => store.diffTrees(before, after),
    treeFaults: (commit, others) => store.treeFaults(commit, others),
    readBlobs: (oids, maxBytes) => store.readBlobs(oids, maxBytes),
    mergeBase: (a, b) => store.mergeBase(a, b),
    find: async (commit, path) => (await store.readTree(commit, [path]))[0]?.oid,
    entriesAt: (commit, paths) => store.readTree(commit, paths),
    async readCommit(commit) {
      for await (const record of store.commits({ to: commit, newest: 1, changes: false })) return record;
      throw new Error(`there is no commit ${commit}`);
    },
  };
}
