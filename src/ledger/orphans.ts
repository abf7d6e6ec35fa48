import { recordedAt } from '../codec/message.ts';
import { attemptsAllowed, isExhausted, leaseOf } from '../domain/holding.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import { isTime } from '../domain/values.ts';
import type { HistoryEntry } from '../projection/history-entry.ts';
import { listItems } from '../query/filter.ts';
import type { LedgerStore, Oid } from '../store/port.ts';
import { CONTACT } from '../sync/state-keys.ts';
import { type Connection, currentTip } from './connection.ts';

/**
 * What is known of an execution beside the ledger's own history.
 *
 * - `alive`: it runs, for certain. It is never recovered.
 * - `silent`: nothing lists it.
 * - otherwise it is listed. `seen` is another text whenever its holder published a new sign; `at` is when the holder says it
 *   did, by its own clock. Without `at` only watching can tell that it stopped.
 */
export type LivenessReading = 'alive' | 'silent' | { seen: string; at?: string | undefined };

/** Asked once for each execution that holds an item in progress. */
export type Liveness = (id: WorkId, execution_id: string) => LivenessReading;

/** What this clone has itself seen of one claim. */
export interface Observation {
  epoch: number | null;
  execution_id: string | null;
  /** The revision up to which nothing more came from the holder. */
  rev: number;
  /** The last sign that the holder published beside the ledger; `null` where none was seen. */
  seen: string | null;
  /** Since when all of this stands, by this machine's clock, and when that was by the time that it was awake; `null` where nobody tells. */
  since: string;
  awake: number | null;
  /** True where it came while this clone was looking. Then it is no older than that, whatever its stamps say. */
  witnessed: boolean;
}

/** Everything in progress, as this clone saw it last. */
export interface Observations {
  /** When it looked; `null` where it never did. */
  looked: string | null;
  items: Readonly<Record<WorkId, Observation>>;
}

/** Why an item is taken for abandoned. */
export interface Evidence {
  owner: string | null;
  epoch: number | null;
  execution_id: string | null;
  /** The holder's last sign that anyone dated, by the holder's clock. */
  last_sign: string;
  /** Since when this clone has seen no sign, by its own clock, and for how many seconds. */
  watched_since: string;
  watched_s: number;
  lease_s: number;
  /** `watched`: no sign for a whole lease. `dated`: the last sign is older than lease and allowance, and not by one clock alone. */
  by: 'watched' | 'dated';
  attempts: number;
  max_attempts: number;
  /** True where it is the last attempt: recovered, the item fails. */
  exhausted: boolean;
}

export type OrphanedWork = WorkItem & { evidence: Evidence };

export interface Watch {
  items: readonly WorkItem[];
  settings: LedgerSettings;
  /** As of when the items stand so, by this machine's clock. */
  now: Date;
  /** For how long the machine was awake by then, in milliseconds since it started; `undefined` where nobody tells. */
  awake: number | undefined;
  observations: Observations;
  /** When another machine last wrote in the ledger, in milliseconds since 1970 by its clock; `undefined` where none did lately. */
  elsewhere(): Promise<number | undefined>;
  /** By how much the clock of who gave a sign is behind at least, in milliseconds: it builds on what others dated later. */
  lag(sign: HistoryEntry): Promise<number>;
  liveness: Liveness | undefined;
  history(id: WorkId): Promise<readonly HistoryEntry[]>;
}

/** Local state: what this clone saw of work in progress. */
const OBSERVED = 'observed';

/** What is orphaned as of the last contact with the remote. What was seen is remembered, so looking again later knows more. */
export async function findOrphans(connection: Connection, liveness?: Liveness): Promise<OrphanedWork[]> {
  const { state, projection } = connection;
  const tip = await currentTip(connection);
  const { orphans, observations } = await watch({
    items: await projection.read(tip, (view) => listItems(view, { status: ['in_progress'] })),
    settings: await projection.read(tip, (view) => view.settings),
    ...observedAt(connection),
    observations: readObservations(state.get(OBSERVED)),
    elsewhere: () => lastElsewhere(connection, tip),
    lag: async (sign) => lagOf(await connection.store(), sign),
    liveness,
    history: (id) => projection.history(tip, id),
  });
  state.set(OBSERVED, JSON.stringify(observations));
  return orphans;
}

/** What this clone sees is as old as its last contact; where it decides alone, it is what there is. */
function observedAt({ clock, remote, mode, state }: Connection): Pick<Watch, 'now' | 'awake'> {
  const now = clock.now();
  const contact = remote === null || mode === 'local' ? Number.NaN : Date.parse(state.get(CONTACT) ?? '');
  return { now: contact < now.getTime() ? new Date(contact) : now, awake: clock.awake?.() };
}

/** How far back another machine is looked for. */
const FAR = 100;

/** Machines are told apart by who commits on them; one that cannot be told from this one counts as this one. */
async function lastElsewhere(connection: Connection, tip: Oid): Promise<number | undefined> {
  const { store, context } = await connection.write();
  for await (const { committer } of store.commits({ to: tip, newest: FAR, changes: false }))
    if (committer.email !== context.committer.email) return committer.at * 1000;
  return undefined;
}

/** What it builds on, up to what another machine made, records when it cannot have been given yet. */
async function lagOf(store: LedgerStore, { commit, machine, at }: HistoryEntry): Promise<number> {
  let least = Date.parse(at);
  for await (const record of store.commits({ to: commit, newest: FAR, changes: false })) {
    if (record.oid !== commit) least = Math.max(least, recordedAt(record) * 1000);
    if (record.committer.email !== machine) break;
  }
  return least - Date.parse(at);
}

/**
 * Looks at everything in progress, and notes what it saw.
 *
 * An item is orphaned where this observer has seen no sign of its holder for a whole lease, by its clock and by the time that the machine
 * was awake. Or where the last sign is older than lease and allowance, and nothing says that it came only just now: by this clock, and as
 * another machine dates what it did since; where none did, by more than clocks are ever off. A holder whose clock is behind has as much
 * longer. Of those one at a time, so that a clock which is wrong all the same does little. No stamp alone keeps an item from being recovered.
 *
 * @see docs/guarantees.md, "No clock decides safety"
 */
export async function watch(all: Watch): Promise<{ orphans: OrphanedWork[]; observations: Observations }> {
  const noted: [WorkId, Observation][] = [];
  const orphans: OrphanedWork[] = [];
  for (const item of all.items) {
    const reading =
      item.execution_id === undefined ? 'silent' : (all.liveness?.(item.id, item.execution_id) ?? 'silent');
    const observation = await observe(all, item, reading);
    noted.push([item.id, observation]);
    const evidence = reading === 'alive' ? undefined : await judge(all, item, reading, observation);
    const isSecond = evidence?.by === 'dated' && orphans.some((one) => one.evidence.by === 'dated');
    if (evidence !== undefined && !isSecond) orphans.push({ ...item, evidence });
  }
  return { orphans, observations: { looked: all.now.toISOString(), items: Object.fromEntries(noted) } };
}

async function observe(all: Watch, item: WorkItem, reading: LivenessReading): Promise<Observation> {
  const { observations, settings, now, awake = null } = all;
  const known = observations.items[item.id];
  const [epoch, execution_id] = [item.claim?.epoch ?? null, item.execution_id ?? null];
  const published = typeof reading === 'object' ? reading.seen : null;
  // A sign that is gone is no new sign, nor is it when it is listed again.
  const seen = published ?? known?.seen ?? null;
  if (
    known !== undefined &&
    reading !== 'alive' &&
    known.epoch === epoch &&
    known.execution_id === execution_id &&
    known.seen === seen &&
    // A clock that was set back has seen nothing yet.
    Date.parse(known.since) <= now.getTime() &&
    !(await movedSince(all, item, known.rev))
  ) {
    return { ...known, rev: item.rev };
  }
  const ago = observations.looked === null ? Number.NaN : now.getTime() - Date.parse(observations.looked);
  const witnessed = reading === 'alive' || (ago >= 0 && ago < leaseOf(item, settings).ttl_ms);
  return { epoch, execution_id, rev: item.rev, seen, since: now.toISOString(), awake, witnessed };
}

/** True where the holder did something after the revision `rev`, as far as history tells. */
async function movedSince({ history }: Watch, item: WorkItem, rev: number): Promise<boolean> {
  if (rev === item.rev) return false;
  const later = (await history(item.id)).filter((entry) => (entry.rev ?? 0) > rev);
  return later.length !== item.rev - rev || later.some((entry) => isSignOfLife(item, entry));
}

/** What the holder did, and what put the item in its hands: taking, unblocking, a review that sent it back. */
const isSignOfLife = ({ owner }: WorkItem, { actor, from, to }: HistoryEntry): boolean =>
  actor === owner || from !== to;

async function judge(
  all: Watch,
  item: WorkItem,
  reading: Exclude<LivenessReading, 'alive'>,
  observation: Observation,
): Promise<Evidence | undefined> {
  const { settings, now } = all;
  const { since, witnessed } = observation;
  const { ttl_ms } = leaseOf(item, settings);
  const allowed = ttl_ms + settings.clock_skew_s * 1000;
  const watched_ms = watchedFor(all, observation);
  const isOld = (at: string, by = now.getTime()): boolean => Date.parse(at) + allowed < by;
  const last_sign = latest(
    await lastSign(all, item, isOld),
    typeof reading === 'object' ? reading.at : undefined,
  );
  const isDated = !witnessed && isOld(last_sign) && (reading === 'silent' || reading.at !== undefined);
  if (watched_ms < ttl_ms) {
    // One clock is no evidence: a clone whose own is ahead would take all that others work on.
    if (!isDated) return undefined;
    const sign = (await all.history(item.id)).findLast((entry) => isSignOfLife(item, entry));
    const lag = sign === undefined ? 0 : await all.lag(sign);
    const isLongAgo = isOld(last_sign, now.getTime() - lag - NEVER_OFF_MS);
    const least = Math.min(now.getTime(), (await all.elsewhere()) ?? 0);
    if (!isLongAgo && !isOld(last_sign, least - lag)) return undefined;
  }
  return {
    owner: item.owner ?? null,
    epoch: item.claim?.epoch ?? null,
    execution_id: item.execution_id ?? null,
    last_sign,
    watched_since: since,
    watched_s: Math.floor(watched_ms / 1000),
    lease_s: ttl_ms / 1000,
    by: watched_ms < ttl_ms ? 'dated' : 'watched',
    attempts: item.attempts,
    max_attempts: attemptsAllowed(item, settings),
    exhausted: isExhausted(item, settings),
  };
}

/** By more than this no clock is off that anyone works with. */
const NEVER_OFF_MS = 24 * 60 * 60 * 1000;

/** For how long nothing came from a holder, in milliseconds. A clock that was set, and a machine that slept, saw nothing. */
function watchedFor({ now, awake }: Watch, { since, awake: before }: Observation): number {
  const passed = now.getTime() - Date.parse(since);
  if (awake === undefined || before === null) return passed;
  // A machine that started anew has been awake for so long at least.
  return Math.min(passed, awake < before ? awake : awake - before);
}

/** When the holder last did something. What the item shows is enough where it is not old; else history tells. */
async function lastSign({ history }: Watch, item: WorkItem, isOld: (at: string) => boolean): Promise<string> {
  const { claim, checkpoint, attempts, updated_at, id } = item;
  const shown = latest(claim?.claimed_at ?? '', checkpoint?.attempt === attempts ? checkpoint.at : undefined);
  if (shown !== '' && (shown >= updated_at || !isOld(shown))) return shown;
  return (await history(id)).findLast((entry) => isSignOfLife(item, entry))?.at ?? updated_at;
}

const latest = (one: string, other: string | undefined): string =>
  other !== undefined && other > one ? other : one;

/** The evidence in a line, as the commit keeps it. */
export function describeEvidence(evidence: Evidence): string {
  const { owner, epoch, execution_id, last_sign, watched_s, lease_s, by, attempts, max_attempts } = evidence;
  const seen =
    by === 'watched' ? `and none was seen for ${watched_s} s` : 'which is older than lease and allowance';
  return [
    `lease of ${lease_s} s expired: ${owner ?? 'nobody'} gave its last sign of life at ${last_sign}, ${seen}`,
    `epoch ${epoch ?? 'none'}, ${execution_id ?? 'no execution'}, attempt ${attempts} of ${max_attempts}`,
  ].join('; ');
}

/** Reads what was noted. What cannot be read was never seen: that delays, and harms nothing. */
export function readObservations(text: string | undefined): Observations {
  const { looked, items } = mapIn(parse(text));
  const entries = Object.entries(mapIn(items)).filter(isEntry);
  return { looked: isTimeText(looked) ? looked : null, items: Object.fromEntries(entries) };
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '{}');
  } catch {
    return {};
  }
}

const mapIn = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const isTimeText = (value: unknown): value is string => typeof value === 'string' && isTime(value);

function isEntry(entry: [string, unknown]): entry is [string, Observation] {
  const { epoch, execution_id, rev, seen, since, awake, witnessed } = mapIn(entry[1]);
  return (
    (epoch === null || typeof epoch === 'number') &&
    (execution_id === null || typeof execution_id === 'string') &&
    typeof rev === 'number' &&
    (seen === null || typeof seen === 'string') &&
    isTimeText(since) &&
    (awake === null || typeof awake === 'number') &&
    typeof witnessed === 'boolean'
  );
}
