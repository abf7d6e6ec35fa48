import { parseCommit } from './commit-object.ts';
import type { CommitQuery, CommitRecord, Oid } from './port.ts';
import { parseRawDiff } from './raw-diff.ts';

type ReadGit = (args: readonly string[]) => Promise<{ stdout: Buffer }>;
type ReadObjects = (oids: readonly Oid[]) => Promise<Map<Oid, Buffer>>;

/** Commits are read as objects, so that nothing in a message can be mistaken for something else. */
const CHUNK = 2_000;

export async function* listCommits(query: CommitQuery, git: ReadGit, objects: ReadObjects): AsyncIterable<CommitRecord> {
  const { stdout } = await git([...LOG, '--reverse', ...range(query)]);
  yield* readRecords(stdout, objects);
}

export async function* listCommitsNewest(
  query: CommitQuery,
  git: ReadGit,
  objects: ReadObjects,
): AsyncIterable<CommitRecord> {
  const { stdout } = await git([...LOG, `--max-count=${query.newest ?? 0}`, ...range(query)]);
  yield* readRecords(stdout, objects);
}

const LOG = ['log', '-z', '--format=%H', '--raw', '--root', '--no-abbrev', '--no-renames', '--no-show-signature'];

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

async function* readRecords(stdout: Buffer, objects: ReadObjects): AsyncIterable<CommitRecord> {
  const found = parseRawDiff(stdout.toString().split('\0').filter((record) => record !== ''));
  for (let at = 0; at < found.length; at += CHUNK) {
    const chunk = found.slice(at, at + CHUNK);
    const raw = await objects(chunk.map(({ commit }) => commit ?? ''));
    for (const { commit = '', changes } of chunk) {
      const bytes = raw.get(commit);
      if (bytes !== undefined) yield { oid: commit, ...parseCommit(bytes), changes };
    }
  }
}
