import type { SideRefs } from '../../remote/port.ts';
import type { Oid } from '../../store/port.ts';
import type { Clock, LocalState } from '../../sync/ports.ts';
import { readPresenceName } from './name.ts';

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
