import { LedgerError } from '../domain/errors.ts';
import type { Exclusive } from '../projection/load.ts';
import { Projection } from '../projection/projection.ts';
import type { Oid } from '../store/port.ts';
import { type Connection, currentTip } from './connection.ts';

const COMMIT = /^[0-9a-f]{4,64}$/;

/** Nobody else reads into an index in memory. */
const ALONE: Exclusive = { run: (_name, task) => task() };

/**
 * The same clone as a commit of its branch has it: to ask, not to write. The index of the present tip stays as it is; the past
 * is read into one in memory, which costs what a first question in a fresh clone does.
 *
 * @param when a commit, in full or shortened, or an ISO time, which stands for the last commit that was made by then
 * @throws LedgerError `INVALID_INPUT`; `NOT_FOUND` where the branch has no such commit; `AMBIGUOUS_ID`
 */
export async function pastConnection(connection: Connection, when: string): Promise<Connection> {
  const commit = await resolvePoint(connection, when);
  const { store } = connection;
  const projection = new Projection({ store, dir: undefined, lock: ALONE });
  const at = COMMIT.test(when) ? await committedAt(connection, commit) : when;
  return {
    ...connection,
    projection,
    refs: { readRef: async () => commit },
    clock: { ...connection.clock, now: () => new Date(at) },
    write: async () => {
      throw new LedgerError('INVALID_INPUT', 'What was can be read and not be changed.');
    },
    close: async () => projection.close(),
  };
}

async function committedAt({ store }: Connection, commit: Oid): Promise<string> {
  for await (const { committer } of (await store()).commits({ to: commit, newest: 1, changes: false })) {
    return new Date(committer.at * 1000).toISOString();
  }
  throw noCommit(commit);
}

/** The commit of the branch that `when` stands for. @throws LedgerError as `pastConnection` */
async function resolvePoint(connection: Connection, when: string): Promise<Oid> {
  if (!COMMIT.test(when)) {
    const tip = await currentTip(connection);
    const commit = await connection.projection.commitBy(tip, when);
    if (commit !== undefined) return commit;
    throw new LedgerError('NOT_FOUND', `The ledger has no commit that was made by ${when}.`, {
      hint: 'It began later: wl log --limit 0 shows when.',
    });
  }
  return resolveCommit(connection, when);
}

/** The commit of the branch whose name begins with `typed`. @throws LedgerError `NOT_FOUND`, `AMBIGUOUS_ID` */
export async function resolveCommit(connection: Connection, typed: string): Promise<Oid> {
  const found = await connection.projection.commitsNamed(await currentTip(connection), typed);
  const [commit, ...others] = found;
  if (commit === undefined) throw noCommit(typed);
  if (others.length === 0) return commit;
  throw new LedgerError('AMBIGUOUS_ID', `${typed} is the beginning of several commits.`, {
    hint: `One of: ${found.slice(0, 3).join(', ')}`,
    details: { candidates: found },
  });
}

const noCommit = (typed: string): LedgerError =>
  new LedgerError('NOT_FOUND', `The ledger's branch has no commit ${typed}.`, {
    hint: 'wl log shows its commits.',
    details: { commit: typed },
  });
