import { hostname } from 'node:os';
import { randomSuffix } from '../codec/op.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import { type HistoryEntry, toEntry } from '../projection/history-entry.ts';
import type { WorkFilter } from '../query/filter.ts';
import { nextReadyAt } from '../query/ready.ts';
import { Patience, type SideRefs } from '../remote/port.ts';
import type { Oid } from '../store/port.ts';
import { elapsed } from '../sync/call.ts';
import { giveUpName } from '../sync/inbox.ts';
import type { SyncContext, Timer } from '../sync/ports.ts';
import { CONTACT } from '../sync/state-keys.ts';
import { type Connection, connectionOf } from './connection.ts';
import { inTime, oneCall } from './in-time.ts';
import { WorkLedger } from './work-ledger.ts';

// The seam below the façade: what those who follow a ledger for long need of it, and programs that ask or act once do not.
// `agents/` reaches the ledger by its public API, by the ports of a connection, and by these functions, and by nothing else.

/** Eight random characters that no other run has: for names of executions and sessions. */
export const newSuffix = (ledger: WorkLedger): string => randomSuffix(connectionOf(ledger).draw);

/** Which process works with the ledger, as others are told. */
export const processOf = (ledger: WorkLedger): { host: string; pid: number } =>
  connectionOf(ledger).machine.process ?? { host: hostname(), pid: process.pid };

/** The time by which a process waits, gives signs of life and watches leases. */
export const timerOf = (ledger: WorkLedger): Timer => connectionOf(ledger).machine.timer ?? machineTimer;

/**
 * Milliseconds since some moment, of a machine. What it slept through counts, as far as its clock tells: others watch the lease of
 * whoever works there meanwhile.
 *
 * @param elapsed milliseconds that only go forward, whether the machine sleeps or not
 * @param now milliseconds since 1970
 */
export function timeOf(elapsed: () => number, now: () => number): () => number {
  const began = now() - elapsed();
  let slept = 0;
  return () => {
    const passed = elapsed();
    slept = Math.max(slept, now() - passed - began);
    return passed + slept;
  };
}

/** The time of this machine. */
export const machineTime = timeOf(
  () => performance.now(),
  () => Date.now(),
);

/** A timer of Node does not count what the machine sleeps through: whoever waits longer looks at the time meanwhile. */
const LONGEST_MS = 10_000;

export const machineTimer: Timer = {
  elapsed: machineTime,
  after(ms, task) {
    const timer = setTimeout(task, Math.min(Math.max(ms, 0), LONGEST_MS));
    // Whoever works keeps the process alive; a sign of life alone does not.
    timer.unref();
    return () => clearTimeout(timer);
  },
  holdFor(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};

/** Transitions of the line `to` that the line `from` has not, oldest first, as their commits tell them. */
export async function* transitionsBetween(
  connection: Connection,
  from: Oid | undefined,
  to: Oid,
): AsyncGenerator<HistoryEntry, void, undefined> {
  const store = await connection.store();
  for await (const record of store.commits({ from, to, changes: false })) yield toEntry(record);
}

/** An item as it stood at a commit, looked at in passing. */
export const itemAt = ({ projection }: Connection, commit: Oid, id: WorkId): Promise<WorkItem | undefined> =>
  projection.peek(commit, (view) => view.find(id));

/** When the first item can be claimed that waits for nothing but its time; `undefined` where there is none. */
export async function nextReadyTime(
  { projection, clock }: Connection,
  tip: Oid,
  filter: WorkFilter,
  actor: string,
): Promise<Date | undefined> {
  const now = clock.now().toISOString();
  const at = await projection.read(tip, (view) => nextReadyAt(view, filter, { actor, now }));
  return at === undefined ? undefined : new Date(at);
}

/** When any process of this clone last heard from the remote; `undefined` where none did. */
export function lastContact({ state }: Connection): Date | undefined {
  const at = state.get(CONTACT);
  return at === undefined ? undefined : new Date(at);
}

/** This clone goes on under another name: another clone writes under this one. */
export async function renameClone({ clone, write }: Connection): Promise<void> {
  const { context } = await write();
  const { remote } = context;
  if (remote !== undefined) await giveUpName({ ...context, remote }, clone.name);
}

/** The ledger for one call of a caller's, which asks the remote more than once: all of it has one time. */
export const asOneCall = (ledger: WorkLedger): WorkLedger => new WorkLedger(oneCall(connectionOf(ledger)));

/** Where signs of life are told on the remote; each message to it has as long as a call of this clone, or what is left of one. */
export function remotePresence(connection: Connection, { remote }: SyncContext): SideRefs | undefined {
  const refs = remote?.presence;
  const { clock, patience } = connection;
  const each = <T>(task: (time: Patience) => Promise<T>): Promise<T> =>
    inTime(connection, (time) => task(time ?? new Patience(() => elapsed(clock), patience)));
  return (
    refs && {
      namespace: refs.namespace,
      mirror: refs.mirror,
      publish: (name, commit, expected) => each((time) => refs.publish(name, commit, expected, time)),
      retract: (name, expected) => each((time) => refs.retract(name, expected, time)),
      list: () => each((time) => refs.list(time)),
    }
  );
}
