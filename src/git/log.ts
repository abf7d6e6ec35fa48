import { devNull } from 'node:os';
import { join } from 'node:path';
import { MAX_COMMIT_BYTES } from './model/commit.ts';
import { MAX_TREE_BYTES } from './model/tree.ts';
import type { FileDifference } from './model/tree-walk.ts';
import { readListed, type StreamedObject } from './process/bulk-read.ts';
import { gitFailure, runGit } from './process/run.ts';

/** Whose history git is asked for. */
export interface HistoryPlace {
  gitDir: string;
  /** Whether git sees the objects of the push that is being judged, too. */
  incoming?: boolean;
}

/** Which commits are meant. */
export interface HistoryQuery {
  to: string;
  /** Commits that this one reaches are left out. */
  from?: string | undefined;
  /** Only commits that touch one of these paths. */
  paths?: readonly string[] | undefined;
  /** Newest first, and at most this many; otherwise all, oldest first. */
  newest?: number | undefined;
  /** Only commits at or after this time, in seconds; reading stops at the first older one. */
  since?: number | undefined;
}

/** A commit and the files in which it differs from its first parent; none for a merge. */
export interface ListedCommit {
  oid: string;
  changes: FileDifference[];
}

/** Every change of every entry, in the order of the tree, whatever the settings of a repository or user hide, follow or sort. */
const RAW = [
  ...['--raw', '-z', '--no-renames', '--no-abbrev', '--ignore-submodules=none', '--no-relative'],
  ...['--no-ext-diff', '--no-textconv', `-O${devNull}`],
];
/** Of the porcelain, the form alone: one line for each commit, and nothing beside it. */
const LOG = [
  'log',
  '--root',
  '--diff-merges=off',
  '--no-follow',
  '--no-show-signature',
  '--no-notes',
  '--no-decorate',
  '--encoding=UTF-8',
];
/** A graph of commits that was stored for speed is not what is read: it may tell of other parents. */
const NO_GRAPH = ['-c', 'core.commitGraph=false'];

/**
 * Commits as git lists them, with what each changed.
 *
 * @param whole whether all changes of a commit are listed, also where only some paths are asked for
 * @throws LedgerError `STORAGE_FAILED` where git cannot list them; `NO_GIT`
 */
export async function listChanges(
  place: HistoryPlace,
  query: HistoryQuery,
  whole = false,
): Promise<ListedCommit[]> {
  const log = ['--literal-pathspecs', ...LOG, '--format=%H', ...RAW];
  const full = whole && query.paths !== undefined ? ['--full-diff'] : [];
  return parseRawDiff(await ask('reading history', place, [...log, ...full, ...range(query)]));
}

/** A commit with its parents, and what it changed. */
export interface ReachedCommit extends ListedCommit {
  parents: readonly string[];
}

/**
 * The commits that any of these tips reaches and `from` does not, newest first, by one process for all of them.
 *
 * @param most more than this many are not listed
 */
export async function listReached(
  place: HistoryPlace,
  tips: readonly string[],
  { from, most }: { from: string | undefined; most: number },
): Promise<ReachedCommit[]> {
  const log = [...LOG, '--stdin', '--format=%H %P', `--max-count=${most}`];
  const names = [...tips, ...(from === undefined ? [] : [`^${from}`])];
  const records = await ask(
    'reading what stands beside the branch',
    place,
    [...log, ...RAW],
    `${names.join('\n')}\n`,
  );
  return parseRawDiff(records).map(({ oid: line, changes }) => {
    const [oid = '', ...parents] = line.trim().split(' ');
    return { oid, parents, changes };
  });
}

/** How two commits differ, by git: where trees are far apart it takes less time than reading them here. */
export async function diffCommits(
  place: HistoryPlace,
  before: string,
  after: string,
): Promise<FileDifference[]> {
  const args = ['diff-tree', '-r', ...RAW, '--end-of-options', before, after];
  return parseRawDiff(await ask('comparing two states', place, args)).flatMap(({ changes }) => changes);
}

/** The commits of a range in one stream, unread: nothing in a message can be mistaken for something else. */
export const readCommits = (gitDir: string, query: HistoryQuery): AsyncIterable<StreamedObject[]> =>
  readListed(gitDir, range(query), MAX_COMMIT_BYTES);

/** The commits and trees of a range, each once, in one stream. */
export const readTrees = (
  gitDir: string,
  { from, to }: Pick<HistoryQuery, 'from' | 'to'>,
): AsyncIterable<StreamedObject[]> =>
  readListed(
    gitDir,
    ['--objects', '--filter=blob:none', '--no-object-names', ...range({ from, to })],
    MAX_TREE_BYTES,
  );

/** The best common ancestor of two commits; `undefined` where their histories are foreign. */
export async function mergeBaseOf(place: HistoryPlace, a: string, b: string): Promise<string | undefined> {
  const result = await run(place, ['merge-base', a, b]);
  if (result.code > 1) throw gitFailure('comparing two histories', result);
  return result.code === 0 ? result.stdout.toString().trim() : undefined;
}

/** The entries at these paths of a commit's tree that are there. */
export async function entriesAt(
  place: HistoryPlace,
  commit: string,
  paths: readonly string[],
): Promise<{ path: string; mode: string; oid: string }[]> {
  const args = ['ls-tree', '-z', '--full-tree', commit, '--', ...paths];
  return (await ask('reading a tree', place, args)).flatMap((line) => {
    const [, mode = '', oid = '', path = ''] = /^(\d+) \w+ ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
    return path === '' ? [] : [{ path, mode, oid }];
  });
}

/** Oldest first, what a merge brought in comes right before it: so it is read where it came to stand on the branch. */
function range({ to, from, paths, since, newest }: HistoryQuery): string[] {
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

/** @returns the records that git ends with a zero byte */
async function ask(
  what: string,
  place: HistoryPlace,
  args: readonly string[],
  input?: string,
): Promise<string[]> {
  const result = await run(place, args, input);
  if (result.code !== 0) throw gitFailure(what, result);
  return result.stdout
    .toString()
    .split('\0')
    .filter((record) => record !== '');
}

/** Some of these read the index of the work tree first, of which nothing is asked here, and fail where it is broken: so there is none. */
const run = ({ gitDir, incoming }: HistoryPlace, args: readonly string[], input?: string) =>
  runGit({
    input,
    args: [...NO_GRAPH, '--git-dir', gitDir, ...args],
    cwd: gitDir,
    incoming,
    env: { GIT_INDEX_FILE: join(gitDir, 'work-ledger.no-index') },
  });

const ABSENT = '000000';

/**
 * Reads git's `--raw -z` output, alone or between the commits of `git log --format=%H`: entries begin with a colon and are
 * followed by a path; anything else is the name of the commit whose entries come next.
 */
export function parseRawDiff(records: readonly string[]): ListedCommit[] {
  const found: ListedCommit[] = [];
  for (let at = 0; at < records.length; at += 1) {
    const record = (records[at] ?? '').replace(/^\n/, '');
    if (!record.startsWith(':')) {
      found.push({ oid: record, changes: [] });
      continue;
    }
    if (found.length === 0) found.push({ oid: '', changes: [] });
    const [before = '', after = '', oldOid = '', newOid = ''] = record.slice(1).split(' ');
    at += 1;
    found.at(-1)?.changes.push({
      path: records[at] ?? '',
      before: before === ABSENT ? undefined : { mode: before, oid: oldOid },
      after: after === ABSENT ? undefined : { mode: after, oid: newOid },
    });
  }
  return found;
}
