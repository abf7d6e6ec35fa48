import { MAX_COMMIT_BYTES, parseCommit, readCommit } from '../git/model/commit.ts';
import { findFaults, MAX_TREE_BYTES } from '../git/model/tree.ts';
import type { DiskObjects } from '../git/objects.ts';
import { readListed } from '../git/process/bulk-read.ts';
import { gitFailure, runGit } from '../git/process/run.ts';
import { toRecord } from './build-commits.ts';
import type { CommitQuery, CommitRecord, Oid, TreeChange } from './port.ts';

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

const ABSENT = '000000';

/**
 * Reads git's `--raw -z` output, alone or between the commits of `git log --format=%H`: entries begin with a colon and are
 * followed by a path; anything else is the name of the commit whose entries come next.
 */
export function parseRawDiff(
  records: readonly string[],
): { commit: Oid | undefined; changes: TreeChange[] }[] {
  const found: { commit: Oid | undefined; changes: TreeChange[] }[] = [];
  let current: { commit: Oid | undefined; changes: TreeChange[] } | undefined;
  for (let at = 0; at < records.length; at += 1) {
    const record = (records[at] ?? '').replace(/^\n/, '');
    if (!record.startsWith(':')) {
      current = { commit: record, changes: [] };
      found.push(current);
      continue;
    }
    if (current === undefined) {
      current = { commit: undefined, changes: [] };
      found.push(current);
    }
    const [before = '', after = '', oldOid = '', newOid = ''] = record.slice(1).split(' ');
    at += 1;
    current.changes.push({
      path: records[at] ?? '',
      before: before === ABSENT ? undefined : { mode: before, oid: oldOid },
      after: after === ABSENT ? undefined : { mode: after, oid: newOid },
    });
  }
  return found;
}
