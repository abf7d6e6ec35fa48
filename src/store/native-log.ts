import { listChanges, readCommits, readTrees } from '../git/log.ts';
import { MAX_COMMIT_BYTES, parseCommit, readCommit } from '../git/model/commit.ts';
import { findFaults } from '../git/model/tree.ts';
import type { DiskObjects } from '../git/objects.ts';
import { toRecord } from './build-commits.ts';
import type { CommitQuery, CommitRecord } from './port.ts';

const AT_ONCE = 4_000;

/** Commits as git lists them. They are read as objects, so that nothing in a message can be mistaken for something else. */
export function listCommits(
  gitDir: string,
  objects: DiskObjects,
  query: CommitQuery,
): AsyncIterable<CommitRecord> {
  return query.changes === false
    ? listPlain(gitDir, objects, query)
    : listWithChanges(gitDir, objects, query);
}

async function* listPlain(
  gitDir: string,
  objects: DiskObjects,
  query: CommitQuery,
): AsyncIterable<CommitRecord> {
  for await (const commits of readCommits(gitDir, query)) {
    for (const { oid, bytes } of commits)
      yield toRecord(oid, bytes === undefined ? await readCommit(objects, oid) : parseCommit(bytes), []);
  }
}

async function* listWithChanges(
  gitDir: string,
  objects: DiskObjects,
  query: CommitQuery,
): AsyncIterable<CommitRecord> {
  const found = await listChanges({ gitDir }, query, true);
  for (let at = 0; at < found.length; at += AT_ONCE) {
    const some = found.slice(at, at + AT_ONCE);
    const commits = await objects.readMany(
      some.map(({ oid }) => oid),
      MAX_COMMIT_BYTES,
    );
    for (const { oid, changes } of some) {
      const object = commits.get(oid);
      const isWhole = object !== undefined && 'bytes' in object;
      yield toRecord(oid, isWhole ? parseCommit(object.bytes) : await readCommit(objects, oid), changes);
    }
  }
}

/** Whether any tree of these commits has a fault: each tree is read once, in one stream. */
export async function isAnyTreeFaulty(
  gitDir: string,
  range: Pick<CommitQuery, 'from' | 'to'>,
): Promise<boolean> {
  for await (const objects of readTrees(gitDir, range))
    for (const { type, bytes } of objects)
      if (type === 'tree' && (bytes === undefined || findFaults(bytes).length > 0)) return true;
  return false;
}
