import type { CommitQuery, CommitRecord, Oid, TreeChange } from './port.ts';
import { parseRawDiff } from './raw-diff.ts';

type ReadGit = (args: readonly string[]) => Promise<{ stdout: Buffer }>;
/** Commits are read as objects, so that nothing in a message can be mistaken for something else. */
type ReadRecord = (oid: Oid, changes: readonly TreeChange[]) => Promise<CommitRecord>;

const AT_ONCE = 500;
const LOG = [
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

export async function* listCommits(
  query: CommitQuery,
  git: ReadGit,
  read: ReadRecord,
): AsyncIterable<CommitRecord> {
  const { stdout } = await git([...LOG, '--date-order', '--reverse', ...range(query)]);
  yield* readRecords(stdout, read);
}

export async function* listCommitsNewest(
  query: CommitQuery,
  git: ReadGit,
  read: ReadRecord,
): AsyncIterable<CommitRecord> {
  const { stdout } = await git([...LOG, `--max-count=${query.newest ?? 0}`, ...range(query)]);
  yield* readRecords(stdout, read);
}

function range({ to, from, paths, since }: CommitQuery): string[] {
  return [
    ...(since === undefined ? [] : [`--since=@${since}`]),
    ...(paths === undefined ? [] : ['--full-diff']),
    '--end-of-options',
    to,
    ...(from === undefined ? [] : [`^${from}`]),
    '--',
    ...(paths ?? []),
  ];
}

async function* readRecords(stdout: Buffer, read: ReadRecord): AsyncIterable<CommitRecord> {
  const found = parseRawDiff(
    stdout
      .toString()
      .split('\0')
      .filter((record) => record !== ''),
  );
  for (let at = 0; at < found.length; at += AT_ONCE) {
    const some = found.slice(at, at + AT_ONCE);
    yield* await Promise.all(some.map(({ commit = '', changes }) => read(commit, changes)));
  }
}
