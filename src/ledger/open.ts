import { randomSuffix } from '../codec/op.ts';
import { checkOptions, text } from '../domain/check-input.ts';
import { LedgerError } from '../domain/errors.ts';
import { Projection } from '../projection/projection.ts';
import type { LedgerRemote } from '../remote/port.ts';
import type { SharedTime } from '../sync/call.ts';
import { CloneName } from '../sync/clone-name.ts';
import type { SyncContext } from '../sync/ports.ts';
import { displayUrl } from '../trace/mask.ts';
import { type Backend, openBackend } from './backend.ts';
import {
  type Connection,
  connectionOf,
  noticeOfClock,
  noticeOfRestored,
  renamed,
  type WritePath,
} from './connection.ts';
import {
  chooseActor,
  chooseBranch,
  chooseCheck,
  chooseMode,
  choosePresence,
  chooseRemote,
  chooseSign,
  type InitOptions,
  OPEN,
  type OpenOptions,
  PATIENCE_S,
  systemMachine,
  whyLocal,
} from './options.ts';
import { WorkLedger } from './work-ledger.ts';

/**
 * Opens the ledger of the clone that `dir` is in. A clone that has none yet joins the remote's.
 *
 * @throws LedgerError `NO_REPOSITORY`, `NO_GIT`, `NO_REMOTE`, `INVALID_INPUT`; `NO_LEDGER` where neither the clone nor its
 *   remote has one; `REMOTE_UNREACHABLE` where only the remote could tell
 */
export async function openLedger(options: OpenOptions = {}): Promise<WorkLedger> {
  checkOptions('openLedger', OPEN, options);
  return untilAborted(
    options.signal,
    (ledger) => ledger.close(),
    () => open(options),
  );
}

async function open(options: OpenOptions): Promise<WorkLedger> {
  return openOn(await openBackend(options), options);
}

/**
 * As `openLedger`, on a clone that is open already.
 *
 * @param time what this ledger shares with others that are opened for the same call
 */
export async function openOn(backend: Backend, options: OpenOptions, time?: SharedTime): Promise<WorkLedger> {
  return connectFor(backend, options, async (own) => {
    const connection = time === undefined ? own : (await import('./in-time.ts')).sharing(own, time);
    const isNew = (await connection.refs.readRef(connection.localRef)) === undefined;
    if (isNew) {
      const { joinRemote } = await import('./initialize.ts');
      await joinRemote(connection, options.mode !== 'local');
      await reportActor(connection, true, options);
    }
    return new WorkLedger(connection);
  });
}

/** Puts a connection together for `use`; what cannot be opened whole is left closed. */
async function connectFor<T>(
  backend: Backend,
  options: OpenOptions,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  let opened: { close(): Promise<void> } = backend;
  try {
    const connection = await connect(backend, options);
    opened = connection;
    return await use(connection);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function reportActor(connection: Connection, isNew: boolean, { onNotice }: OpenOptions): Promise<void> {
  if (onNotice === undefined) return;
  const { noticeOfActor } = await import('./namesakes.ts');
  const notice = await noticeOfActor(connection, isNew);
  if (notice !== undefined) onNotice(notice);
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
  checkOptions('initLedger', { ...OPEN, prefix: text }, options);
  return untilAborted(
    options.signal,
    ({ ledger }) => ledger.close(),
    () => init(options),
  );
}

async function init(options: InitOptions): Promise<{ ledger: WorkLedger; created: boolean }> {
  return initOn(await openBackend(options), options);
}

/** As `initLedger`, on a clone that is open already. */
export async function initOn(
  backend: Backend,
  options: InitOptions,
): Promise<{ ledger: WorkLedger; created: boolean }> {
  return connectFor(backend, options, async (connection) => {
    const isNew = (await connection.refs.readRef(connection.localRef)) === undefined;
    const { initialize } = await import('./initialize.ts');
    const created = await initialize(connection, options.prefix);
    if (!created) await reportActor(connection, isNew, options);
    return { ledger: new WorkLedger(connection), created };
  });
}

/** Waits for what `begin` opens; what is opened for nobody is closed again. */
async function untilAborted<T>(
  signal: AbortSignal | undefined,
  close: (opened: T) => Promise<void>,
  begin: () => Promise<T>,
): Promise<T> {
  if (signal === undefined) return begin();
  signal.throwIfAborted();
  const { raced } = await import('./giving-up.ts');
  const opening = begin();
  return raced(opening, signal, async () => {
    opening.then(close).catch(() => undefined);
    return signal.reason;
  });
}

async function connect(backend: Backend, options: OpenOptions): Promise<Connection> {
  const { config, place, refs, lock, state, store } = backend;
  const machine = backend.machine ?? systemMachine;
  const { draw } = machine;
  const clock = options.clock ?? machine.clock;
  const notify = options.onNotice ?? (() => undefined);
  const clone = new CloneName(state, {
    drawName: () => randomSuffix(draw),
    place: backend.standsAt,
    onRenamed: (renaming) => notify(renamed(state, renaming)),
  });
  const branch = chooseBranch(options, config);
  const presence = choosePresence(config, branch);
  const signs = chooseSign(config);
  const localRef = `refs/heads/${branch}`;
  const own = options.connect?.({ store: await store(), state });
  const chosen = own === undefined ? chooseRemote(options, config, state) : undefined;
  const projection = new Projection({
    store,
    dir: backend.indexDir,
    lock,
    elapsed: () => clock.elapsed?.() ?? clock.now().getTime(),
    onProgress: options.onProgress,
  });
  const reach = (remote: { name: string; url: string; pushUrl: string | undefined }): Promise<LedgerRemote> =>
    backend.connect({ ...remote, branch, seenRef: `refs/work-ledger/seen/${remote.name}`, presence }, notify);
  // What others of this clone must have alike, for one to do the work of another.
  const agreed = {
    committer: config.identity,
    localRef,
    patience: (options.patience_s ?? PATIENCE_S) * 1000,
    signs,
  };
  const { patience } = agreed;
  const { signatures } = backend;
  const check = chooseCheck(config);
  const isAlike = own === undefined && clock === machine.clock;
  let toldAhead: string | undefined;
  const makeWrite = async (): Promise<WritePath> => {
    const { Synchronizer } = await import('../sync/synchronizer.ts');
    const { TracedRemote } = await import('../remote/traced.ts');
    const { Arrivals } = await import('./arrivals.ts');
    const remote = own ?? (chosen && (await reach(chosen)));
    const context: SyncContext = {
      store: await store(),
      remote: remote && new TracedRemote(remote),
      views: projection,
      judge: new Arrivals({ check, state, projection, signatures, clock, localRef, store, notify }),
      onKeptBack: options.onKeptBack,
      onRestored: (restored) => notify(noticeOfRestored(branch, restored)),
      onAhead: (ahead) => {
        if (ahead.commit !== toldAhead) notify(noticeOfClock(ahead));
        toldAhead = ahead.commit;
      },
      lock,
      requestQueue: isAlike ? await backend.openRequestQueue?.([agreed, chosen?.name]) : undefined,
      state,
      clone,
      clock,
      turn: machine.turn,
      randomSuffix: () => randomSuffix(draw),
      ...agreed,
    };
    return { store: context.store, context, sync: new Synchronizer(context) };
  };
  let write: Promise<WritePath> | undefined;
  let isClosed = false;
  return {
    projection,
    refs,
    state,
    clone,
    notify,
    clock,
    machine,
    draw,
    actor: chooseActor(options, config),
    mode: chooseMode(options, config),
    patience,
    one_call: options.one_call ?? false,
    time: undefined,
    whyLocal: whyLocal(options, config),
    branch,
    localRef,
    presence,
    allowSecrets: options.allow_secrets ?? false,
    sign: signs,
    place,
    local: backend.local,
    remote: own ?? (chosen === undefined ? null : { name: chosen.name, url: displayUrl(chosen.url) }),
    store,
    signatures,
    write() {
      write ??= makeWrite();
      return write;
    },
    get isClosed() {
      return isClosed;
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      // What other processes were promised comes first.
      await (await write?.catch(() => undefined))?.sync.close();
      projection.close();
      await backend.close();
    },
  };
}

let processWide: { options: OpenOptions; ledger: Promise<WorkLedger> } | undefined;

/**
 * The ledger of this process: opened once, and again after it was closed.
 *
 * @param options of the first call; a later one repeats them, or gives none. A `signal` is each call's own, and ends its wait alone
 * @throws LedgerError `INVALID_INPUT` where an option is another than the first call's; as `openLedger`
 */
export async function getWorkLedger(options: OpenOptions = {}): Promise<WorkLedger> {
  checkOptions('getWorkLedger', OPEN, options);
  const { signal, ...shared } = options;
  return untilAborted(
    signal,
    async () => undefined,
    () => openShared(shared),
  );
}

async function openShared(options: OpenOptions): Promise<WorkLedger> {
  if (processWide !== undefined) {
    const { options: first, ledger } = processWide;
    const open = await ledger.catch(() => undefined);
    if (open !== undefined && !connectionOf(open).isClosed) {
      const other = Object.entries(options).find(([key, value]) => first[key as keyof OpenOptions] !== value);
      if (other === undefined) return open;
      throw new LedgerError(
        'INVALID_INPUT',
        `getWorkLedger: this process has a ledger of another ${other[0]}.`,
        {
          hint: 'Close that one first, or open a second with `openLedger`.',
          details: { call: 'getWorkLedger', key: other[0] },
        },
      );
    }
  }
  processWide = { options, ledger: openLedger(options) };
  return processWide.ledger;
}
