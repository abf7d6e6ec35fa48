import { LedgerError } from '../domain/errors.ts';
import type { Exclusive } from '../projection/load.ts';
import { Projection } from '../projection/projection.ts';
import type { Oid } from '../store/port.ts';
import { LedgerAudit } from './audit.ts';
import { type Connection, currentTip, keepConnection, noCommit, resolveCommit } from './connection.ts';
import { LedgerQuery } from './query.ts';

const COMMIT = /^[0-9a-f]{4,64}$/;

/** Nobody else reads into an index in memory. */
const ALONE: Exclusive = { run: (_name, task) => task() };

/** What can be asked: the ledger as it is, or as it was. */
export interface ReadableLedger extends AsyncDisposable {
  readonly query: LedgerQuery;
  readonly audit: LedgerAudit;
  readonly actor: string;
  close(): Promise<void>;
}

/** The ledger as it was at one commit: to be asked, and not to be changed. `await using` closes it. */
export class PastLedger implements ReadableLedger {
  readonly query: LedgerQuery;
  readonly audit: LedgerAudit;
  /** Who asks where a call names no one. */
  readonly actor: string;
  readonly #connection: Connection;

  /** @internal Programs call `ledger.at`. */
  constructor(connection: Connection) {
    this.#connection = connection;
    this.actor = connection.actor;
    this.query = new LedgerQuery(connection);
    this.audit = new LedgerAudit(connection);
    keepConnection(this, connection);
  }

  /** Forgets what was read. */
  close(): Promise<void> {
    return this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** @see WorkLedger.at */
export const openPast = async (connection: Connection, when: string): Promise<PastLedger> =>
  new PastLedger(await pastConnection(connection, when));

/**
 * The same clone as a commit of its branch has it: to ask, not to write. The index of the present tip stays as it is; the past
 * is read into one in memory, which costs what a first question in a fresh clone does.
 *
 * @param when a commit, in full or shortened, or an ISO time, which stands for the last commit that was made by then
 * @throws LedgerError `INVALID_INPUT`; `NOT_FOUND` where the branch has no such commit; `AMBIGUOUS_ID`
 */
async function pastConnection(connection: Connection, when: string): Promise<Connection> {
  const commit = await resolvePoint(connection, when);
  const { store } = connection;
  const projection = new Projection({ store, dir: undefined, lock: ALONE });
  const at = COMMIT.test(when) ? await committedAt(connection, commit) : when;
  let isClosed = false;
  return {
    ...connection,
    projection,
    refs: { readRef: async () => commit },
    clock: { ...connection.clock, now: () => new Date(at) },
    write: async () => {
      throw new LedgerError('INVALID_INPUT', 'What was can be read and not be changed.');
    },
    get isClosed() {
      return isClosed || connection.isClosed;
    },
    close: async () => {
      isClosed = true;
      projection.close();
    },
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
