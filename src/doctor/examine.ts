import type { Finding } from '../audit/rules.ts';
import { type ErrorCode, isLedgerError, type LedgerError } from '../domain/errors.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import { readMergeDriver } from '../git/client.ts';
import { removeDeadLocks, type StaleLock, staleLocks } from '../git/locks.ts';
import { connectionOf, currentTip, describeAhead } from '../ledger/connection.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import type { Oid } from '../store/port.ts';
import { findAhead } from '../sync/committed-time.ts';
import { examineTree, type TreeReport } from './broken-tree.ts';
import type { Repair } from './plan-repairs.ts';
import { findRewrite, type Rewrite } from './recover-history.ts';

/** Something about a clone, and not about what all share. */
export interface CloneTrouble {
  kind: 'rules' | 'remote' | 'pending' | 'clock' | 'lock' | 'index' | 'merging';
  wrong: string;
  /** What helps. */
  how: string;
  /** True where `wl doctor --fix` does it. */
  fixed: boolean;
}

export interface Examination {
  tip: Oid;
  commits: number;
  items: number;
  /** What is wrong with the ledger's tree, and how it would be repaired. */
  mends: Repair[];
  /** The remote no longer has what this clone saw: nothing is repaired before a person decided. */
  rewrite: Rewrite | undefined;
  clone: CloneTrouble[];
  /** Transitions of this clone that lost and are kept. */
  rejected: number;
  /** Commits that are not as they must be. History is not changed, so they stay, also where what they did is repaired. */
  past: Finding[];
}

/**
 * Says what is wrong with a ledger and with this clone of it. Asks the remote in mode `push`, takes over what others did, and
 * changes nothing else.
 */
export async function examine(
  ledger: WorkLedger,
  onProgress?: (progress: { commits: number }) => void,
): Promise<Examination> {
  const asked = ledger.clone.mode === 'push' ? await askRemote(ledger) : {};
  const tip = asked.tip ?? (await currentTip(connectionOf(ledger)));
  const { signatures } = connectionOf(ledger);
  const store = await connectionOf(ledger).store();
  const tree = await examineKnown(() => examineTree(store, tip, { onProgress, signatures }));
  const clone = [
    ...(tree.trouble ?? asked.trouble ?? []),
    ...(tree.report === undefined ? [] : await examineClock(ledger, tip, tree.report.policy)),
    ...(await examineClone(ledger, asked.reached ?? false)),
  ];
  return {
    tip,
    commits: tree.report?.verification.commits ?? 0,
    items: tree.report?.verification.items ?? 0,
    mends: tree.report?.mends ?? [],
    rewrite: asked.rewrite,
    clone,
    rejected: (await ledger.clone.rejected()).length,
    past: tree.report?.verification.findings ?? [],
  };
}

/** The tree of a ledger under newer rules is not for this program to judge, but the clone can be looked at all the same. */
async function examineKnown(
  look: () => Promise<TreeReport>,
): Promise<{ report?: TreeReport; trouble?: CloneTrouble[] }> {
  try {
    return { report: await look() };
  } catch (error) {
    if (!isLedgerError(error, 'UPGRADE_REQUIRED')) throw error;
    return { trouble: [troubleOf('rules', error)] };
  }
}

const troubleOf = (kind: CloneTrouble['kind'], { message, hint }: LedgerError): CloneTrouble => ({
  kind,
  wrong: message,
  how: hint ?? 'Ask who keeps the remote.',
  fixed: false,
});

interface Asked {
  rewrite?: Rewrite | undefined;
  trouble?: CloneTrouble[];
  reached?: boolean;
  /** The shared tip, where nothing of this clone can be brought onto it. */
  tip?: Oid | undefined;
}

/** What is wrong with the remote and not with the clone: told, and the rest is examined all the same. */
const TROUBLES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'REMOTE_UNREACHABLE',
  'REMOTE_STALE',
  'PUSH_DENIED',
  'DIFFERENT_LEDGER',
  'DIFFERENT_REMOTES',
  'UPGRADE_REQUIRED',
]);

async function askRemote(ledger: WorkLedger): Promise<Asked> {
  try {
    const rewrite = await findRewrite(ledger);
    if (rewrite === undefined) await ledger.clone.fetch();
    return { rewrite, reached: rewrite === undefined };
  } catch (error) {
    if (isLedgerError(error, 'DAMAGED_ITEM')) return { tip: await sharedTip(ledger), reached: true };
    if (!isLedgerError(error) || !TROUBLES.has(error.code)) throw error;
    return { trouble: [troubleOf(error.code === 'UPGRADE_REQUIRED' ? 'rules' : 'remote', error)] };
  }
}

async function sharedTip(ledger: WorkLedger): Promise<Oid | undefined> {
  const { context, store } = await connectionOf(ledger).write();
  return context.remote && store.readRef(context.remote.seenRef);
}

async function examineClock(
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

async function examineClone(ledger: WorkLedger, reached: boolean): Promise<CloneTrouble[]> {
  const { local, localRef, remote, projection } = connectionOf(ledger);
  const { context, store } = await connectionOf(ledger).write();
  const found: CloneTrouble[] = [];
  const seen = context.remote && (await store.readRef(context.remote.seenRef));
  if (reached && remote !== null && seen !== (await store.readRef(localRef)))
    found.push({
      kind: 'pending',
      wrong: `this clone has transitions that ${remote.name} has not`,
      how: 'wl sync',
      fixed: true,
    });
  found.push(...(local === undefined ? [] : await examineDisk(ledger)));
  const index = projection.place;
  if (index.kind === 'memory' && index.reason !== undefined)
    found.push({
      kind: 'index',
      wrong: `the index cannot be used: ${index.reason}`,
      how: 'answers are right and slow until its file can be written',
      fixed: false,
    });
  return found;
}

/** What only a repository on disk can have. */
async function examineDisk(ledger: WorkLedger): Promise<CloneTrouble[]> {
  const found = (await findLocks(ledger)).map(
    ({ path, dead }): CloneTrouble => ({
      kind: 'lock',
      wrong: dead
        ? `${path} is the lock of a process that is dead`
        : `${path} is old: whoever took it is likely dead, and cannot be told from here`,
      how: dead
        ? 'wl doctor --fix takes it away'
        : `where no git process works here (ps), remove it: rm '${path}'`,
      fixed: dead,
    }),
  );
  if ((await readMergeDriver(connectionOf(ledger).place)) === undefined)
    found.push({
      kind: 'merging',
      wrong: 'git does not know how to merge items in this clone',
      how: 'wl init',
      fixed: true,
    });
  return found;
}

/** Locks on the refs of a ledger that stand in its clone's way. */
async function findLocks(ledger: WorkLedger): Promise<StaleLock[]> {
  const { place, clock } = connectionOf(ledger);
  return staleLocks(place, await refsOf(ledger), clock.now().getTime());
}

/**
 * Takes away the locks that a process of this program left which is dead. Any other stays, however old it is: whose it is
 * cannot be told, and a ref that two write at once can lose a commit.
 *
 * @returns their paths
 */
export async function unlock(ledger: WorkLedger): Promise<string[]> {
  const { local, place } = connectionOf(ledger);
  return local === undefined ? [] : removeDeadLocks(place, await refsOf(ledger));
}

async function refsOf(ledger: WorkLedger): Promise<string[]> {
  const connection = connectionOf(ledger);
  const { context } = await connection.write();
  return [connection.localRef, ...(context.remote === undefined ? [] : [context.remote.seenRef])];
}
