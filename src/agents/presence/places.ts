import type { Connection } from '../../ledger/connection.ts';
import { remotePresence } from '../../ledger/seam.ts';
import type { SideRefs } from '../../remote/port.ts';
import type { LedgerStore, Oid } from '../../store/port.ts';
import type { Clock, LocalState } from '../../sync/ports.ts';
import { readPresenceName } from './record.ts';

/** Where signs of life are found. */
export interface PresenceSource {
  where: 'remote' | 'local';
  refs: SideRefs;
  store: LedgerStore;
  /** Whether it may be asked: another machine is, and only where the ledger is in mode `push`. */
  reachable: boolean;
}

/** The remote's, where there is one, and the clone's own; none where the clone is set up to have none. */
export async function presenceSources(connection: Connection): Promise<PresenceSource[]> {
  const { presence, mode, write } = connection;
  if (presence === undefined) return [];
  const { store, context } = await write();
  const refs = remotePresence(connection, context);
  const remote = { where: 'remote', store, reachable: mode === 'push' } as const;
  return [
    ...(refs === undefined ? [] : [{ ...remote, refs }]),
    { where: 'local', store, refs: localPresence(store), reachable: true },
  ];
}

const LOCAL = 'refs/work-ledger/presence/';

/** Presence in the clone itself, where there is no remote to tell: the processes of this machine see it. */
export function localPresence(store: Pick<LedgerStore, 'listRefs' | 'moveRef'>): SideRefs {
  const move: LedgerStore['moveRef'] = (name, expected, next) =>
    store.moveRef(`${LOCAL}${name}`, expected, next);
  return {
    namespace: LOCAL,
    mirror: LOCAL,
    publish: async (name, commit, expected) => ({
      kind: (await move(name, expected, commit)) ? 'accepted' : 'behind',
    }),
    retract: async (name, expected) => ({
      kind: (await move(name, expected, undefined)) ? 'accepted' : 'behind',
    }),
    async list() {
      const found = (await store.listRefs(LOCAL)).map(
        ({ ref, oid }) => [ref.slice(LOCAL.length), oid] as const,
      );
      return { kind: 'ok', found: new Map(found) };
    },
  };
}

const SESSIONS = 'sessions';
const DAY_MS = 24 * 60 * 60 * 1000;

const sessionIn = (name: string): string | undefined => readPresenceName(name)?.session;

/** Notes which sessions are of processes of this clone, before their signs are out. */
export function notingOwn(refs: SideRefs, state: LocalState, clock: Clock): SideRefs {
  return {
    namespace: refs.namespace,
    mirror: refs.mirror,
    publish(name, commit, expected) {
      const session = sessionIn(name);
      if (session !== undefined) state.set(`${SESSIONS}/${session}`, clock.now().toISOString());
      return refs.publish(name, commit, expected);
    },
    retract: (name, expected) => refs.retract(name, expected),
    list: () => refs.list(),
  };
}

/** True for a sign that no process of this clone gave. */
export function isForeign(state: LocalState, name: string): boolean {
  const session = sessionIn(name);
  return session !== undefined && state.get(`${SESSIONS}/${session}`) === undefined;
}

/** Forgets sessions that have no sign any more, a day after they gave the last. */
export function forgetEnded(state: LocalState, clock: Clock, found: ReadonlyMap<string, Oid>): void {
  const listed = new Set([...found.keys()].map(sessionIn));
  for (const session of state.keys(SESSIONS)) {
    const at = Date.parse(state.get(`${SESSIONS}/${session}`) ?? '');
    if (!listed.has(session) && clock.now().getTime() - at > DAY_MS) state.delete(`${SESSIONS}/${session}`);
  }
}
