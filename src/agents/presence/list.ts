import { LedgerError } from '../../domain/errors.ts';
import { type Connection, connectionOf } from '../../ledger/connection.ts';
import type { Acting } from '../../ledger/inputs.ts';
import type { Liveness, OrphanedWork } from '../../ledger/orphans.ts';
import type { RecoveredWork } from '../../ledger/recover.ts';
import { asOneCall, renameClone } from '../../ledger/seam.ts';
import type { WorkLedger } from '../../ledger/work-ledger.ts';
import type { BlobContent, LedgerStore, Oid } from '../../store/port.ts';
import type { Clock, LocalState } from '../../sync/ports.ts';
import { forgetEnded, isForeign, type PresenceSource, presenceSources } from './places.ts';
import {
  decodePresence,
  encodeAgent,
  MAX_PRESENCE_BYTES,
  type PresenceRecord,
  presenceName,
  type ReadPresence,
  readPresenceName,
} from './record.ts';

/** One session's sign of life as it was found. */
export type PresenceEntry = {
  /** The ref's name, below where presence is kept. */
  name: string;
  /** `local`: of this clone alone. */
  where: 'remote' | 'local';
  /** Another one with each sign. */
  oid: Oid;
  /** For how many seconds this clone has seen it unchanged, by its own clock. */
  silent_s: number;
} & (
  | { kind: 'present'; record: PresenceRecord }
  /** Anyone may write there: it cannot be read, and stops nothing else. */
  | { kind: 'damaged'; reason: string }
);

export interface PresenceReport {
  /** False where this clone is set up to have no presence. */
  enabled: boolean;
  entries: PresenceEntry[];
  /** False where the remote was not asked: what is listed is what was last seen of it. */
  fresh: boolean;
  /** Why it did not answer, where it was asked. */
  problem: Error | undefined;
}

export interface ListPresenceOptions {
  /** False asks no one. Default true; in mode `local` nobody is asked. */
  fetch?: boolean | undefined;
}

/** @see docs/presence.md */
export async function listPresence(
  ledger: WorkLedger,
  { fetch = true }: ListPresenceOptions = {},
): Promise<PresenceReport> {
  const connection = connectionOf(ledger);
  const observations = new Observations(connection.state, connection.clock);
  const enabled = connection.presence !== undefined;
  const report: PresenceReport = { enabled, entries: [], fresh: true, problem: undefined };
  for (const source of await presenceSources(connection)) {
    const { where, refs, store } = source;
    const asks = source.reachable && (fetch || where === 'local');
    const asked = asks ? await refs.list() : undefined;
    const looked = asked?.kind === 'ok';
    if (!looked) report.fresh = false;
    if (asked?.kind === 'unreachable') report.problem = asked.cause;
    const found = asked?.kind === 'ok' ? asked.found : await mirrored(source);
    for (const [name, oid] of found) {
      const silent_s = observations.note(`${where} ${name}`, oid, looked) / 1000;
      report.entries.push({ name, where, oid, silent_s, ...(await readOne(store, name, oid)) });
    }
    if (where === 'remote' && asked?.kind === 'ok') {
      forgetEnded(connection.state, connection.clock, asked.found);
      await checkOwn(connection, report.entries);
    }
  }
  observations.save();
  report.entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return report;
}

/** Signs under this clone's name that none of its processes gave are of another clone, such as a copy of it. */
async function checkOwn(connection: Connection, entries: readonly PresenceEntry[]): Promise<void> {
  const { clone, state } = connection;
  const { name } = clone;
  const isOther = (entry: PresenceEntry): boolean =>
    entry.kind === 'present' && entry.record.clone === name && isForeign(state, entry.name);
  if (entries.some(isOther)) await renameClone(connection);
}

/** What is older is of agents that are gone; each that works gives a sign at a third of its lease. */
const PRUNE_S = 24 * 60 * 60;

/**
 * Takes away what this clone has seen unchanged for a day, each only as it was seen.
 *
 * @returns what was taken away
 * @throws LedgerError `REMOTE_UNREACHABLE`, `REMOTE_REFUSED`
 */
export async function prunePresence(ledger: WorkLedger, report?: PresenceReport): Promise<PresenceEntry[]> {
  const connection = connectionOf(ledger);
  const { entries, problem } = report ?? (await listPresence(ledger));
  if (problem !== undefined) throw notAnswered(ledger, problem);
  const removed: PresenceEntry[] = [];
  for (const { where, refs, reachable } of await presenceSources(connection)) {
    if (!reachable) continue;
    for (const entry of entries) {
      if (entry.where !== where || entry.silent_s < PRUNE_S) continue;
      const result = await refs.retract(entry.name, entry.oid);
      if (result.kind === 'accepted') removed.push(entry);
      if (result.kind === 'unreachable' || result.kind === 'unknown') throw notAnswered(ledger, result.cause);
      if (result.kind === 'refused') {
        throw new LedgerError('REMOTE_REFUSED', `The remote takes no presence away: ${result.reason}.`);
      }
    }
  }
  return removed;
}

function notAnswered({ clone }: WorkLedger, cause: Error): LedgerError {
  const message = `The remote ${clone.remote?.url} cannot be reached: ${cause.message}`;
  return new LedgerError('REMOTE_UNREACHABLE', message, { hint: 'Try again when it is back.', cause });
}

async function mirrored({ refs, store }: PresenceSource): Promise<ReadonlyMap<string, Oid>> {
  const found = await store.listRefs(refs.mirror);
  return new Map(found.map(({ ref, oid }) => [ref.slice(refs.mirror.length), oid]));
}

async function readOne(
  store: LedgerStore,
  name: string,
  oid: Oid,
): Promise<{ kind: 'present'; record: PresenceRecord } | Extract<ReadPresence, { kind: 'damaged' }>> {
  const own = readPresenceName(name);
  if (own === undefined) return damaged('its name is none that this program gives');
  let content: BlobContent | undefined;
  try {
    content = (await store.readBlobs([oid], MAX_PRESENCE_BYTES, 'commit')).get(oid);
  } catch (error) {
    return damaged(error instanceof Error ? error.message : String(error));
  }
  if (content === undefined) return damaged('it is no commit');
  if (content.kind === 'too_large') return damaged(`it is of ${content.size} bytes`);
  const read = decodePresence(content.bytes);
  if (read.kind === 'damaged') return read;
  const { agent, session } = read.record;
  if (encodeAgent(agent) === own.agent && session === own.session)
    return { kind: 'present', record: read.record };
  return damaged(`it is of ${presenceName(agent, session)}`);
}

const damaged = (reason: string) => ({ kind: 'damaged', reason }) as const;

/** What this clone saw of one sign, in milliseconds since 1970 by its own clock. */
interface Observation {
  oid: Oid;
  /** When it first saw the sign as it is, and when it last looked. */
  first: number;
  last: number;
}

const KEY = 'presence.seen';

/**
 * For how long this clone itself has seen each sign unchanged: nobody else's clock is asked. Kept in local state, since one who
 * looks is often a process that lives for a moment.
 */
export class Observations {
  readonly #state: LocalState;
  readonly #clock: Clock;
  readonly #known: Map<string, Observation>;
  readonly #seen = new Map<string, Observation>();

  constructor(state: LocalState, clock: Clock) {
    this.#state = state;
    this.#clock = clock;
    this.#known = new Map(parse(state.get(KEY)));
  }

  /**
   * @param looked whether its source was asked just now: what is only remembered grows no older
   * @returns milliseconds from the first look at it as it is to the last
   */
  note(key: string, oid: Oid, looked: boolean): number {
    const now = this.#clock.now().getTime();
    const known = this.#known.get(key);
    // A clock that was set back has seen nothing yet.
    const same = known?.oid === oid && known.first <= now ? known : { oid, first: now, last: now };
    const noted = looked ? { ...same, last: now } : same;
    this.#seen.set(key, noted);
    return Math.max(0, noted.last - noted.first);
  }

  /** Remembers what was noted, and forgets the rest. */
  save(): void {
    this.#state.set(KEY, JSON.stringify([...this.#seen]));
  }
}

function parse(text: string | undefined): [string, Observation][] {
  try {
    const value: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(value) ? value.filter(isEntry) : [];
  } catch {
    // Losing it costs time: what is silent is silent again from now on.
    return [];
  }
}

function isEntry(value: unknown): value is [string, Observation] {
  const [key, seen] = Array.isArray(value) ? (value as unknown[]) : [];
  const { oid, first, last } =
    typeof seen === 'object' && seen !== null ? (seen as Partial<Observation>) : {};
  return (
    typeof key === 'string' && typeof oid === 'string' && Number.isFinite(first) && Number.isFinite(last)
  );
}

/** Work in progress whose holder gives no sign of life, in the ledger or by presence. Asks the remote. */
export async function findSilent(asked: WorkLedger): Promise<OrphanedWork[]> {
  const ledger = asOneCall(asked);
  if (ledger.clone.mode === 'push') await ledger.clone.fetch();
  return ledger.query.orphaned({ liveness: await livenessFor(ledger) });
}

export interface RecoverSilentOptions extends Acting {
  /** True for executions that run for certain, whatever others can see of them: those of this process. */
  runs?: ((execution_id: string) => boolean) | undefined;
}

/** Gives back work whose holder gives no sign of life, in the ledger or by presence. */
export async function recoverSilent(
  asked: WorkLedger,
  { actor, runs }: RecoverSilentOptions = {},
): Promise<RecoveredWork[]> {
  const ledger = asOneCall(asked);
  // What this clone has not seen yet has holders, too.
  if (ledger.clone.mode === 'push' && !(await isAnyoneAtWork(ledger))) {
    await ledger.clone.fetch();
    if (!(await isAnyoneAtWork(ledger))) return [];
  }
  const listed = await livenessFor(ledger, true);
  const liveness: Liveness = (id, execution_id) =>
    runs?.(execution_id) ? 'alive' : (listed?.(id, execution_id) ?? 'silent');
  return ledger.recoverOrphanedWork({ actor, liveness });
}

const isAnyoneAtWork = async (ledger: WorkLedger): Promise<boolean> =>
  (await ledger.query.count({ status: ['in_progress'] })) > 0;

/** Nobody needs to be asked where nobody works. */
async function livenessFor(ledger: WorkLedger, prunes = false): Promise<Liveness | undefined> {
  if (!(await isAnyoneAtWork(ledger))) return undefined;
  const report = await listPresence(ledger);
  const { entries, problem } = report;
  // What was last seen of it tells nothing of who is silent now.
  if (problem !== undefined) throw notAnswered(ledger, problem);
  // Of those who are gone for good: what the remote does not take away stays.
  if (prunes && entries.some(({ silent_s }) => silent_s >= PRUNE_S))
    await prunePresence(ledger, report).catch(() => []);
  return livenessIn(entries);
}

/**
 * The signs of life in a list of presence. Nothing in it is certain: that someone is listed only says that they were once.
 * What is damaged is no sign.
 */
export function livenessIn(entries: readonly PresenceEntry[]): Liveness {
  const signs = new Map<string, { seen: string; at: string }>();
  for (const entry of entries) {
    if (entry.kind === 'damaged') continue;
    const { seq, at, executions } = entry.record;
    const seen = `${entry.name} ${seq} ${entry.oid}`;
    for (const { id, execution_id } of executions) {
      const key = `${id} ${execution_id}`;
      const other = signs.get(key);
      signs.set(
        key,
        other === undefined
          ? { seen, at }
          : { seen: `${other.seen}\n${seen}`, at: at > other.at ? at : other.at },
      );
    }
  }
  return (id, execution_id) => signs.get(`${id} ${execution_id}`) ?? 'silent';
}
