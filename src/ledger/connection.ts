import type { SignatureReader } from '../audit/signatures.ts';
import { type Draw, newOp } from '../codec/op.ts';
import { checkArgument, checkOptions, type Kind, type Table } from '../domain/check-input.ts';
import type { Request } from '../domain/commands.ts';
import { LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import { faultsOfActor, isActorName } from '../domain/values.ts';
import type { IndexView } from '../projection/index-view.ts';
import type { Need, Projection } from '../projection/projection.ts';
import { notFound } from '../query/resolve.ts';
import type { LedgerStore, Oid } from '../store/port.ts';
import type { SharedTime } from '../sync/call.ts';
import type { CloneName, Renaming } from '../sync/clone-name.ts';
import type { Ahead } from '../sync/committed-time.ts';
import type { Clock, LocalState, Machine, SyncContext } from '../sync/ports.ts';
import type { Restored } from '../sync/restore.ts';
import { RENAMED } from '../sync/state-keys.ts';
import type { Synchronizer } from '../sync/synchronizer.ts';
import type { LedgerMode, LedgerNotice } from './options.ts';
import type { ReadableLedger } from './past.ts';

/** What makes transitions, and brings them to the remote. */
export interface WritePath {
  store: LedgerStore;
  context: SyncContext;
  sync: Synchronizer;
}

/** One clone's ledger, put together: what `open.ts` makes and `WorkLedger` works with. */
export interface Connection {
  projection: Projection;
  refs: Pick<LedgerStore, 'readRef'>;
  state: LocalState;
  /** Which clone this is. */
  clone: CloneName;
  /** Tells whoever runs the program what it should know. */
  notify(notice: LedgerNotice): void;
  clock: Clock;
  machine: Machine;
  /** Chance, for names that nobody else draws. */
  draw: Draw;
  actor: string;
  mode: LedgerMode;
  /** How long a call waits for a remote that says nothing, in milliseconds. */
  patience: number;
  /** Whether all calls are one to whoever asks; then they share `time`. @see inTime */
  one_call: boolean;
  time: SharedTime | undefined;
  /** Where the mode `local` comes from. */
  whyLocal: readonly ('call' | 'setting')[];
  branch: string;
  /** `refs/heads/<branch>`. */
  localRef: string;
  /** Where on the remote it says who is at work; `undefined` where it is set up not to. */
  presence: string | undefined;
  /** True where also what looks like a key or token is written. */
  allowSecrets: boolean;
  /** True where it signs each transition. */
  sign: boolean;
  /** Where the repository is, for messages. */
  place: string;
  /** The folder of what this clone keeps outside git; `undefined` where it is in memory. */
  local: string | undefined;
  /** The remote that the ledger is shared through. */
  remote: { name: string; url: string } | null;
  store(): Promise<LedgerStore>;
  /** `undefined` where nothing here can check signatures. */
  signatures: SignatureReader | undefined;
  /** All that a transition needs and a question does not; loaded when first asked for. */
  write(): Promise<WritePath>;
  /** True once it was closed: then nothing is asked or written any more. */
  readonly isClosed: boolean;
  /** Ends what is still running. Closing twice is closing once. */
  close(): Promise<void>;
}

/** The folder of local state that has the claims which this clone made, by its name. */
export const EXECUTIONS = 'executions';

/** What is told where a clone has a new name. */
export function renamed(state: LocalState, { because, from, to }: Renaming): LedgerNotice {
  const count = new Set(state.keys(`${EXECUTIONS}/${from}`).map((name) => name.split('_')[0])).size;
  const why =
    because === 'copied'
      ? `This clone is a copy of the clone ${from}`
      : `Another clone writes under the name ${from}, which this one had`;
  const items = count === 1 ? '1 item' : `${count} items`;
  const message = `${why}, so it is ${to} from now on.`;
  if (count === 0) return { code: 'CLONE_RENAMED', message, hint: undefined };
  return {
    code: 'CLONE_RENAMED',
    message: `${message} What ${from} claimed (${items}) is kept aside.`,
    hint: `Where the work on it goes on here and nowhere else: wl adopt`,
  };
}

/** What is told where another clock is ahead of this clone's. */
export const noticeOfClock = (ahead: Ahead): LedgerNotice => ({
  code: 'CLOCK_AHEAD',
  message: `Another clock is ${describeAhead(ahead)}.`,
  hint: 'One of the two clocks is wrong: compare `date -u` on both machines.',
});

export function describeAhead({ commit, actor, machine, seconds }: Ahead): string {
  const by = seconds < 180 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`;
  return `${by} ahead of this clone's, as ${commit.slice(0, 12)} by ${actor} (${machine}) tells`;
}

/** What is told where the branch was moved away from what is pending, which was put back. */
export function noticeOfRestored(
  branch: string,
  { found, restored, transitions, kept }: Restored,
): LedgerNotice {
  const what = transitions === 1 ? '1 transition' : `${transitions} transitions`;
  const how = found === undefined ? 'deleted' : `moved to ${found.slice(0, 12)}`;
  const also = kept === undefined ? '' : ` What stood there is kept under ${kept}.`;
  return {
    code: 'BRANCH_RESTORED',
    message: `The branch ${branch} was ${how} by something else than wl, away from ${what} that the remote does not have; it is at ${restored.slice(0, 12)} again.${also}`,
    hint: 'Leave the branch to wl; `git reflog` of it shows what happened.',
  };
}

/** Notes that a remote is the one that had another name before. @returns what is told of it */
export function noticeOfRemote(state: LocalState, before: string, now: string): LedgerNotice {
  state.set(RENAMED, now);
  return {
    code: 'REMOTE_RENAMED',
    message: `The remote that this clone knew as ${before} is called ${now} now; what was seen of it is kept.`,
    hint: undefined,
  };
}

const connections = new WeakMap<ReadableLedger, Connection>();

/** Keeps the connection that `ledger` was made with, out of its users' sight. */
export const keepConnection = (ledger: ReadableLedger, connection: Connection): void => {
  connections.set(ledger, connection);
};

/** What a ledger works with: for the layers above, such as agents, review and doctor, and for no program that uses this library. */
export function connectionOf(ledger: ReadableLedger): Connection {
  const connection = connections.get(ledger);
  if (connection !== undefined) return connection;
  throw new LedgerError('INVALID_INPUT', 'This is no ledger that `openLedger` opened.');
}

/**
 * Holds a call against its arguments, and the ledger against being closed, before anything else is done.
 *
 * @param values the arguments by name
 * @throws LedgerError `INVALID_INPUT`
 */
export function checkCall(
  { isClosed }: Connection,
  call: string,
  values: Readonly<Record<string, readonly [Kind<unknown>, unknown]>>,
  ...[table, options]: [] | [table: Table, options: unknown]
): void {
  if (isClosed) {
    throw new LedgerError('INVALID_INPUT', `${call}: the ledger is closed.`, {
      hint: 'Open it again with `openLedger`.',
      details: { call },
    });
  }
  for (const [name, [kind, value]] of Object.entries(values)) checkArgument(call, name, kind, value);
  if (table !== undefined) checkOptions(call, table, options);
}

/** What helps where the remote has to be asked and may not be. */
export const onlineHint = ({ whyLocal }: Connection): string =>
  [
    ...(whyLocal.includes('call') ? ['Leave out --offline.'] : []),
    ...(whyLocal.includes('setting') ? ['Work with the remote: git config --unset ledger.mode'] : []),
  ].join(' ');

/** When a transition's call returns: `none` where there is no remote. */
export const modeOf = ({ remote, mode }: Connection): LedgerMode | 'none' =>
  remote === null ? 'none' : mode;

/** Asks the ledger as this clone has it now. @throws LedgerError `NO_LEDGER` */
export async function readNow<T>(
  connection: Connection,
  use: (view: IndexView) => T,
  need: Need = 'open',
): Promise<T> {
  return connection.projection.read(await currentTip(connection), use, need);
}

/** @throws LedgerError `NOT_FOUND` */
export function known(view: IndexView, id: WorkId): WorkItem {
  const item = view.find(id);
  if (item === undefined) throw notFound(id, []);
  return item;
}

/** Who asks, when, and the name that a transition has from now on. @throws LedgerError `INVALID_INPUT` for no actor's name */
export function requestBy({ clock, draw, actor: own }: Connection, actor: string = own): Request {
  const now = clock.now();
  return {
    op: newOp(now, draw),
    at: now.toISOString(),
    actor: actor === own ? own : toActor(actor, 'actor'),
  };
}

/** @throws LedgerError `INVALID_INPUT` */
export function toActor(name: string, what: string): string {
  if (isActorName(name)) return name;
  const problems = faultsOfActor(name);
  throw new LedgerError('INVALID_INPUT', `The ${what} is not valid: ${problems[0]}.`, {
    details: { problems },
  });
}

/** @throws LedgerError `NO_LEDGER` */
export async function currentTip({ refs, localRef, branch, place }: Connection): Promise<Oid> {
  const tip = await refs.readRef(localRef);
  if (tip !== undefined) return tip;
  throw new LedgerError('NO_LEDGER', `There is no ledger on the branch ${branch} of ${place}.`, {
    hint: 'Make one with: wl init',
  });
}

/** The commit up to `tip`, or of the branch, whose name begins with `typed`. @throws LedgerError `NOT_FOUND`, `AMBIGUOUS_ID` */
export async function resolveCommit(connection: Connection, typed: string, tip?: Oid): Promise<Oid> {
  const found = await connection.projection.commitsNamed(tip ?? (await currentTip(connection)), typed);
  const [commit, ...others] = found;
  if (commit === undefined) throw noCommit(typed);
  if (others.length === 0) return commit;
  throw new LedgerError('AMBIGUOUS_ID', `${typed} is the beginning of several commits.`, {
    hint: `One of: ${found.slice(0, 3).join(', ')}`,
    details: { candidates: found },
  });
}

/** What a name comes to that is no commit's of the branch. */
export const noCommit = (typed: string): LedgerError =>
  new LedgerError('NOT_FOUND', `The ledger's branch has no commit ${typed}.`, {
    hint: 'wl log shows its commits.',
    details: { commit: typed },
  });
