import { LedgerError } from '../../domain/errors.ts';
import { isActorName } from '../../domain/values.ts';
import { connectionOf } from '../../ledger/connection.ts';
import { newSuffix, processOf, remotePresence, timerOf } from '../../ledger/seam.ts';
import type { WorkLedger } from '../../ledger/work-ledger.ts';
import type { Clock, LocalState } from '../../sync/ports.ts';
import { localPresence, notingOwn } from './places.ts';
import { Presence, type PresenceEvents } from './presence.ts';
import { lineOf } from './record.ts';
import type { PresenceTimer } from './running.ts';
import type { PresencePlace, Refusals } from './session.ts';

export interface PresenceOptions extends PresenceEvents {
  ledger: WorkLedger;
  /** Under whose name; the ledger's actor where none is given. */
  agent?: string | undefined;
  /** What people read as the program that runs. */
  program?: string | undefined;
  timer?: PresenceTimer | undefined;
}

/**
 * Presence of this process: on the remote in mode `push`; in the clone where there is no remote, or none may be asked; nowhere
 * where `ledger.presence` is `none`.
 *
 * @throws LedgerError `INVALID_INPUT` where the agent's name cannot be one
 */
export async function openPresence(options: PresenceOptions): Promise<Presence> {
  const { ledger, agent = ledger.actor, program = 'work-ledger', timer = timerOf(ledger) } = options;
  if (!isActorName(agent)) {
    throw new LedgerError('INVALID_INPUT', `${JSON.stringify(agent)} cannot be an agent's name.`);
  }
  const connection = connectionOf(ledger);
  const { presence, mode, remote, state, clock, clone, write } = connection;
  const { store, context } = await write();
  const { host, pid } = processOf(ledger);
  const shared = remote !== null && mode === 'push';
  const refs = shared ? remotePresence(connection, context) : localPresence(store);
  const place: PresencePlace | undefined =
    presence !== undefined && refs !== undefined
      ? { store, refs: notingOwn(refs, state, clock), committer: context.committer }
      : undefined;
  return new Presence({
    place,
    counts: shared ? 'remote' : 'local',
    refusals: rememberRefusals(state, clock, `${shared ? remote.url : 'here'} ${refs?.namespace}`),
    self: {
      agent,
      host: lineOf(host) ?? 'unknown',
      pid,
      program: lineOf(program) ?? 'unknown',
      get clone() {
        return clone.name;
      },
    },
    clock,
    timer,
    newSession: () => newSuffix(ledger),
    onNotice: options.onNotice,
    onLost: options.onLost,
  });
}

const KEY = 'presence.refused';
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * What this clone remembers of a refusal, for a day.
 *
 * @param where the remote, and the place for presence there: another one is tried at once
 */
export function rememberRefusals(state: LocalState, clock: Clock, where: string): Refusals {
  const known = (): { at: number } | undefined => {
    const [place, at] = (state.get(KEY) ?? '').split('\n');
    return place === where ? { at: Number(at) } : undefined;
  };
  return {
    isRecent() {
      const at = known()?.at;
      return at !== undefined && Math.abs(clock.now().getTime() - at) < DAY_MS;
    },
    note() {
      const isNews = known() === undefined;
      state.set(KEY, `${where}\n${clock.now().getTime()}`);
      return isNews;
    },
    forget() {
      if (known() !== undefined) state.delete(KEY);
    },
  };
}
