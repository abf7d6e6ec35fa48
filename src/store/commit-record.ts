import type { Commit } from '../git/commit-format.ts';
import type { CommitRecord, Oid, TreeChange } from './port.ts';

/** A commit as those see it who do not ask for its tree but for what it changed. */
export const toRecord = (
  oid: Oid,
  { parents, author, committer, message, fault }: Commit,
  changes: readonly TreeChange[],
): CommitRecord => ({ oid, parents, author, committer, message, fault, changes });
