import { readListed } from '../git/bulk-read.ts';
import { MAX_COMMIT_BYTES, parseCommit, readCommit } from '../git/commit-format.ts';
import type { DiskObjects } from '../git/disk-objects.ts';
import { gitFailure, runGit } from '../git/run.ts';
import { findFaults, MAX_TREE_BYTES } from '../git/tree-object.ts';
import { toRecord } from './commit-record.ts';
import type { CommitQuery, CommitRecord } from './port.ts';
import { parseRawDiff } from './raw-diff.ts';

const AT_ONCE = 4_000;
export const LOG = [
  '--literal-pathspecs',
  'log',
  '-z',
  '--format=%H',
  '--raw',
  '--root',
  '--no-abbrev',
  '--no-renames',
  '--no-show-signature',
];

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
  for await (const commits of readListed(gitDir, range(query), MAX_COMMIT_BYTES)) {
    for (const { oid, bytes } of commits)
      yield toRecord(oid, bytes === undefined ? await readCommit(objects, oid) : parseCommit(bytes), []);
  }
}

/** Whether any tree of these commits has a fault: each tree is read once, in one stream. */
export async function isAnyTreeFaulty(
  gitDir: string,
  { from, to }: Pick<CommitQuery, 'from' | 'to'>,
): Promise<boolean> {
  const args = ['--objects', '--filter=blob:none', '--no-object-names', ...range({ from, to })];
  for await (const objects of readListed(gitDir, args, MAX_TREE_BYTES))
    for (const { type, bytes } of objects)
      if (type === 'tree' && (bytes === undefined || findFaults(bytes).length > 0)) return true;
  return false;
}

async function* listWithChanges(
  gitDir: string,
  objects: DiskObjects,
  query: CommitQuery,
): AsyncIterable<CommitRecord> {
  const full = query.paths === undefined ? [] : ['--full-diff'];
  const args = ['--git-dir', gitDir, ...LOG, ...full, ...range(query)];
  const result = await runGit({ args, cwd: gitDir });
  if (result.code !== 0) throw gitFailure('reading history', result);
  const records = result.stdout.toString().split('\0');
  const found = parseRawDiff(records.filter((record) => record !== ''));
  for (let at = 0; at < found.length; at += AT_ONCE) {
    const some = found.slice(at, at + AT_ONCE);
    const commits = await objects.readMany(
      some.map(({ commit = '' }) => commit),
      MAX_COMMIT_BYTES,
    );
    for (const { commit: oid = '', changes } of some) {
      const object = commits.get(oid);
      const isWhole = object !== undefined && 'bytes' in object;
      yield toRecord(oid, isWhole ? parseCommit(object.bytes) : await readCommit(objects, oid), changes);
    }
  }
}

/** Oldest first, what a merge brought in comes right before it: so it is read where it came to stand on the branch. */
export function range({ to, from, paths, since, newest }: CommitQuery): string[] {
  return [
    ...(newest === undefined ? ['--topo-order', '--reverse'] : [`--max-count=${newest}`]),
    ...(since === undefined ? [] : [`--since=@${since}`]),
    '--end-of-options',
    to,
    ...(from === undefined ? [] : [`^${from}`]),
    '--',
    ...(paths ?? []),
  ];
}
