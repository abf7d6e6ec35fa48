import type { LedgerSettings } from '../domain/settings.ts';
import { connectionOf, describeAhead } from '../ledger/connection.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import type { Oid } from '../store/port.ts';
import { findAhead } from '../sync/committed-time.ts';
import { oldInboxes } from '../sync/inbox.ts';
import type { CloneTrouble } from './examine.ts';

// What is wrong with a clone whose ledger is open, beside what its tree and its files are.

export async function examineClock(
  ledger: WorkLedger,
  tip: Oid,
  { clock_skew_s }: LedgerSettings,
): Promise<CloneTrouble[]> {
  const { clock, store } = connectionOf(ledger);
  const ahead = await findAhead(await store(), tip, clock, clock_skew_s);
  if (ahead === undefined) return [];
  return [
    {
      kind: 'clock',
      wrong: `another clock is ${describeAhead(ahead)}`,
      how: 'one of the two is wrong: compare `date -u` on both machines',
      fixed: false,
    },
  ];
}

export async function examinePending(ledger: WorkLedger, reached: boolean): Promise<CloneTrouble[]> {
  const { localRef, remote } = connectionOf(ledger);
  const { context, store } = await connectionOf(ledger).write();
  const seen = context.remote && (await store.readRef(context.remote.seenRef));
  if (!reached || remote === null || seen === (await store.readRef(localRef))) return [];
  const wrong = `this clone has transitions that ${remote.name} has not`;
  return [{ kind: 'pending', wrong, how: 'wl sync', fixed: true }];
}

/** A few go by themselves. */
const MANY_INBOXES = 10;

/** Each costs whoever fetches a little. */
export async function examineInboxes(ledger: WorkLedger): Promise<CloneTrouble[]> {
  const { context } = await connectionOf(ledger).write();
  const { remote } = context;
  const old = remote === undefined ? [] : await oldInboxes({ ...context, remote });
  if (remote === undefined || old.length < MANY_INBOXES) return [];
  const wrong = `${old.length} clones that are gone left an inbox on ${remote.name}`;
  return [{ kind: 'inboxes', wrong, how: 'wl sync takes some away, once an hour', fixed: false }];
}

export function examineIndex(ledger: WorkLedger): CloneTrouble[] {
  const index = connectionOf(ledger).projection.place;
  if (index.kind !== 'memory' || index.reason === undefined) return [];
  const wrong = `the index cannot be used: ${index.reason}`;
  return [
    { kind: 'index', wrong, how: 'answers are right and slow until its file can be written', fixed: false },
  ];
}
