import { join, resolve } from 'node:path';
import { encodeInitMessage } from '../codec/ledger-message.ts';
import { newOp, randomSuffix } from '../codec/op.ts';
import { SETTINGS_PATH } from '../codec/path.ts';
import { encodeSettings } from '../codec/settings.ts';
import { LedgerError } from '../domain/errors.ts';
import { settingsSchema } from '../domain/settings.ts';
import { parseInput } from '../domain/validate.ts';
import { openRepository } from '../git/repository.ts';
import { Projection } from '../projection/projection.ts';
import type { LedgerRemote } from '../remote/port.ts';
import type { LedgerStore } from '../store/port.ts';
import type { SyncContext } from '../sync/ports.ts';
import { fetchAndReconcile, pushPending } from '../sync/push-cycle.ts';
import { Synchronizer } from '../sync/synchronizer.ts';
import { type Backend, cloneName } from './backend.ts';
import { branchFiles } from './branch-files.ts';
import type { Connection } from './connection.ts';
import { type InitOptions, type OpenOptions, systemClock } from './options.ts';
import { chooseActor, chooseBranch, chooseMode, chooseRemote } from './settings.ts';
import { WorkLedger } from './work-ledger.ts';

const PATIENCE_MS = 60_000;

/**
 * Opens the ledger of the clone that `dir` is in. A clone that has none yet joins the remote's.
 *
 * @throws LedgerError `NO_REPOSITORY`, `NO_GIT`, `NO_REMOTE`, `INVALID_INPUT`; `NO_LEDGER` where neither the clone nor its
 *   remote has one; `REMOTE_UNREACHABLE` where only the remote could tell
 */
export async function openLedger(options: OpenOptions = {}): Promise<WorkLedger> {
  const connection = await connect(options);
  await joinRemote(connection);
  return new WorkLedger(connection);
}

/** Joins the remote's ledger where this clone has none yet. */
async function joinRemote(connection: Connection): Promise<void> {
  const { context, branch, place } = connection;
  const { store, remote, localRef } = context;
  if ((await store.readRef(localRef)) !== undefined) return;
  if (remote !== undefined) await connection.sync.fetch();
  if ((await store.readRef(localRef)) !== undefined) return;
  const where = remote === undefined ? place : `${place} or ${remote.url}`;
  throw new LedgerError('NO_LEDGER', `There is no ledger on the branch ${branch} of ${where}.`, {
    hint: 'Make one with: wl init',
  });
}

/**
 * Opens the ledger, and makes it where neither the clone nor its remote has one. Doing it twice changes nothing; of two
 * clones that do it at once, one makes it and the other joins.
 *
 * @throws LedgerError as `openLedger`, but for `NO_LEDGER`
 */
export async function initLedger(
  options: InitOptions = {},
): Promise<{ ledger: WorkLedger; created: boolean }> {
  const connection = await connect(options);
  const created = await initialize(connection, options.prefix);
  return { ledger: new WorkLedger(connection), created };
}

async function initialize(connection: Connection, prefix: string | undefined): Promise<boolean> {
  const { context } = connection;
  const { store, remote, localRef, lock } = context;
  if (remote !== undefined) await connection.sync.fetch();
  if ((await store.readRef(localRef)) === undefined) await writeRoot(connection, prefix);
  const mine = await store.readRef(localRef);
  if (remote === undefined) return mine !== undefined && (await isRootOnly(store, mine));
  if (connection.mode === 'local') return (await store.readRef(remote.seenRef)) === undefined;
  const shared = { ...context, remote };
  const before = await store.readRef(remote.seenRef);
  await lock.run('push', async () => {
    await fetchAndReconcile(shared);
    await pushPending(shared);
  });
  return before === undefined && (await store.readRef(localRef)) === mine;
}

async function isRootOnly(store: LedgerStore, tip: string): Promise<boolean> {
  for await (const { parents } of store.commits({ to: tip, newest: 1 })) return parents.length === 0;
  return false;
}

async function writeRoot({ context, actor }: Connection, prefix: string | undefined): Promise<void> {
  const { store, clock, committer, localRef } = context;
  const now = clock.now();
  const request = { op: newOp(now), actor, at: now.toISOString() };
  const id_prefix = prefix === undefined ? {} : { id_prefix: prefix };
  const settings = parseInput(
    settingsSchema,
    { schema: 1, ledger_id: newOp(now), ...id_prefix },
    'ledger setting',
  );
  const seconds = Math.floor(now.getTime() / 1000);
  await store.commit({
    ref: localRef,
    expected: undefined,
    base: undefined,
    drafts: [
      {
        message: encodeInitMessage(settings.ledger_id, request),
        author: { name: actor, email: committer.email },
        authored_at: seconds,
        committer,
        committed_at: seconds,
        changes: [{ path: SETTINGS_PATH, bytes: encodeSettings(settings) }, ...branchFiles()],
      },
    ],
  });
}

async function connect(options: OpenOptions): Promise<Connection> {
  const { config, place, store, lock, state, connect: reach } = await openBackend(options);
  const branch = chooseBranch(options, config);
  const remote =
    options.connect?.({ store, state }) ?? reachRemote(chooseRemote(options, config), branch, reach);
  const projection = new Projection(store, state);
  const context: SyncContext = {
    store,
    remote,
    views: projection,
    lock,
    state,
    clock: options.clock ?? systemClock,
    committer: config.identity,
    localRef: `refs/heads/${branch}`,
    randomSuffix,
    patience: options.patience ?? PATIENCE_MS,
  };
  const sync = new Synchronizer(context);
  const actor = chooseActor(options, config);
  return { store, projection, context, sync, actor, mode: chooseMode(options, config), branch, place };
}

function reachRemote(
  chosen: { name: string; url: string } | undefined,
  branch: string,
  reach: Backend['connect'],
): LedgerRemote | undefined {
  return chosen && reach({ ...chosen, branch, seenRef: `refs/work-ledger/seen/${chosen.name}` });
}

function openBackend(options: OpenOptions): Promise<Backend> {
  const kind = options.backend ?? (options.fs === undefined ? 'native' : 'isomorphic');
  return kind === 'native' ? openNative(options) : openIsomorphic(options);
}

const directory = ({ dir }: OpenOptions): string => resolve(dir ?? process.env.WL_DIR ?? '.');

async function openNative(options: OpenOptions): Promise<Backend> {
  const { NativeStore } = await import('../store/native.ts');
  const { NativeRemote } = await import('../remote/native.ts');
  const { SqliteCloneLock } = await import('../store/clone-lock.ts');
  const { FileState } = await import('../store/local-state.ts');
  const { gitDir, ...config } = await openRepository(directory(options));
  const store = new NativeStore(gitDir);
  const local = join(gitDir, 'work-ledger');
  const state = new FileState(local);
  return {
    config,
    place: gitDir,
    store,
    lock: new SqliteCloneLock(local),
    state,
    connect: (remote) => new NativeRemote({ gitDir, store, clone: cloneName(state), ...remote }),
  };
}

async function openIsomorphic(options: OpenOptions): Promise<Backend> {
  const { openIsomorphicBackend } = await import('./open-isomorphic.ts');
  return openIsomorphicBackend(directory(options), options.fs);
}

let processWide: Promise<WorkLedger> | undefined;

/** The ledger of this process: opened once, with the options of the first call. */
export function getWorkLedger(options?: OpenOptions): Promise<WorkLedger> {
  processWide ??= openLedger(options).catch((error: unknown) => {
    processWide = undefined;
    throw error;
  });
  return processWide;
}
