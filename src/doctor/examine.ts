import type { Finding } from '../audit/rules.ts';
import { type ErrorCode, isLedgerError, messageOf } from '../domain/errors.ts';
import { damagedObjects, MISSING } from '../git/damaged-objects.ts';
import { locksInTheWay } from '../git/damaged-repository.ts';
import type { Fault, FaultKind } from '../git/fault.ts';
import type { Waiting } from '../git/transport.ts';
import { connectionOf, currentTip } from '../ledger/connection.ts';
import { inQuestion } from '../ledger/suspects.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import type { Oid } from '../store/port.ts';
import { SharedTime } from '../sync/call.ts';
import { examineTree, type TreeReport } from './broken-tree.ts';
import {
  type ClonePlace,
  cloneFaults,
  findPlace,
  hintOf,
  type Looking,
  refsOf,
  sentenceOf,
} from './clone-faults.ts';
import { examineClock, examineInboxes, examineIndex, examinePending } from './clone-troubles.ts';
import { movedBranch } from './moved.ts';
import type { Repair } from './plan-repairs.ts';
import { findRewrite, type Rewrite } from './recover-history.ts';

/** Something about a clone, and not about what all share. */
export interface CloneTrouble {
  kind: FaultKind | 'pending' | 'clock' | 'inboxes';
  wrong: string;
  /** What helps. */
  how: string;
  /** True where `wl doctor --fix` does it. */
  fixed: boolean;
}

export interface Examination {
  /** `null` where the ledger could not be opened: then nothing but the clone was examined. */
  tip: Oid | null;
  commits: number;
  items: number;
  /** What is wrong with the ledger's tree, and how it would be repaired. */
  mends: Repair[];
  /** The remote no longer has what this clone saw: nothing is repaired before a person decided. */
  rewrite: Rewrite | undefined;
  clone: CloneTrouble[];
  /** Why something was not looked at, where that is no trouble: somebody is at work. */
  skipped: string[];
  /** Transitions of this clone that lost and are kept. */
  rejected: number;
  /** Commits that are not as they must be. History is not changed, so they stay, also where what they did is repaired. */
  past: Finding[];
}

export interface ExamineOptions extends Partial<Looking> {
  onProgress?: ((progress: { commits: number }) => void) | undefined;
  /** Opens the ledger anew for what it takes to mend; without it that is told, and not mended. */
  reopen?: (() => Promise<WorkLedger>) | undefined;
  /** How long the remote may say nothing while what is missing is fetched again. */
  fetching?: SharedTime | undefined;
}

/**
 * Says what is wrong with a ledger and with this clone of it. Asks the remote in mode `push`, takes over what others did, and
 * changes nothing else.
 */
export async function examine(
  ledger: WorkLedger,
  onProgress?: (progress: { commits: number }) => void,
): Promise<Examination> {
  return (await examineWhole(ledger, { onProgress })).examination;
}

/** As `examine`, with the faults of the clone as they can be mended. */
export async function examineWhole(
  ledger: WorkLedger,
  options: ExamineOptions,
): Promise<{ examination: Examination; faults: Fault[] }> {
  const connection = connectionOf(ledger);
  const now = options.now ?? connection.clock.now().getTime();
  const place = await placeOf(ledger, now);
  const before = place === undefined ? [] : await cloneFaults(place, { now, program: options.program });
  const taken = place === undefined ? [] : locksInTheWay(place.gitDir, refsOf(place), now);
  const asked = await askRemote(
    ledger,
    before,
    taken.map(({ path }) => path).filter((path) => !NOT_OF_REFS.test(path)),
  );
  const tip = asked.tip ?? (await currentTip(connection));
  const { tree, faults: objects } = await examineObjects(ledger, tip, { ...options, now }, place);
  const told = new Set(before.map(({ wrong }) => wrong));
  const faults = [...before, ...objects.filter(({ wrong }) => !told.has(wrong))];
  if (tree !== undefined) faults.push(...(await movedBranch(ledger, options.reopen)));
  // What git holds for a moment is gone by now.
  const still = place === undefined ? [] : locksInTheWay(place.gitDir, refsOf(place), now);
  faults.push(
    ...still
      .filter(({ path, state }) => state === 'taken' && taken.some((one) => one.path === path))
      .map(stays),
  );
  const clone = [
    ...(asked.trouble ?? []).filter(({ wrong }) => !faults.some((fault) => fault.wrong === wrong)),
    ...(tree === undefined ? [] : await examineClock(ledger, tip, tree.policy)),
    ...(await examinePending(ledger, (asked.reached ?? false) || asked.skipped !== undefined)),
    ...(await examineInboxes(ledger)),
    ...faults.map(toTrouble),
    ...examineIndex(ledger),
  ];
  const examination = {
    tip,
    commits: tree?.verification.commits ?? 0,
    items: tree?.verification.items ?? 0,
    mends: tree?.mends ?? [],
    rewrite: asked.rewrite,
    clone,
    skipped: asked.skipped ?? [],
    rejected: (await (await connection.store()).listRefs('refs/work-ledger/rejected/')).length,
    past: tree?.verification.findings ?? [],
  };
  return { examination, faults };
}

/** What is mended by steps of its own, and not as one fault. */
const BY_STEPS: ReadonlySet<string> = new Set(['merging']);

export const toTrouble = ({ kind, wrong, how, repair }: Fault): CloneTrouble => ({
  kind,
  wrong,
  how,
  fixed: repair !== undefined || BY_STEPS.has(kind),
});

const stays = ({ path }: { path: string }): Fault => ({
  kind: 'lock',
  wrong: `${path} is in the way: another process works here, or died a moment ago`,
  how: 'ask again in some minutes: wl doctor',
});

/** Where the clone is; `undefined` where it is not on a disk. */
async function placeOf(ledger: WorkLedger, now: number): Promise<ClonePlace | undefined> {
  const { place: dir, local, branch, remote } = connectionOf(ledger);
  if (local === undefined) return undefined;
  const options = { dir, branch, remote: remote?.name ?? null };
  return (await findPlace(options, { now })).place;
}

interface Asked {
  rewrite?: Rewrite | undefined;
  trouble?: CloneTrouble[];
  skipped?: string[];
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

/** Locks that a look at the remote does not need. */
const NOT_OF_REFS = /\/(?:config|HEAD|shallow)\.lock$/;

/** What keeps git from fetching, and is told by itself. */
const IN_THE_WAY: ReadonlySet<string> = new Set(['repository', 'state', 'ref', 'lock', 'objects']);

async function askRemote(
  ledger: WorkLedger,
  faults: readonly Fault[],
  locks: readonly string[],
): Promise<Asked> {
  if (ledger.clone.mode !== 'push') return {};
  const broken = faults.find(({ kind }) => kind === 'ref');
  if (broken !== undefined) return { skipped: [`the remote was not asked: ${broken.wrong}`] };
  const [lock] = locks;
  if (lock !== undefined) return { skipped: [`the remote was not asked: ${lock} is in the way`] };
  try {
    const rewrite = await findRewrite(ledger);
    if (rewrite === undefined) await ledger.clone.fetch();
    return { rewrite, reached: rewrite === undefined };
  } catch (error) {
    if (isLedgerError(error, 'DAMAGED_ITEM') || isLedgerError(error, 'IN_QUESTION'))
      return { tip: await sharedTip(ledger), reached: true };
    if (isLedgerError(error, 'CONTENDED') || isLedgerError(error, 'CHECKED_OUT'))
      return { skipped: [`what others did was not taken over: ${error.message}`] };
    if (faults.some(({ kind }) => IN_THE_WAY.has(kind)))
      return { skipped: [`what others did was not taken over: ${messageOf(error)}`] };
    if (isLedgerError(error, 'STORAGE_FAILED')) return {};
    if (!isLedgerError(error) || !TROUBLES.has(error.code)) throw error;
    const kind = error.code === 'UPGRADE_REQUIRED' ? 'rules' : 'remote';
    const how = error.hint ?? 'Ask who keeps the remote.';
    return { trouble: [{ kind, wrong: error.message, how, fixed: false }] };
  }
}

async function sharedTip(ledger: WorkLedger): Promise<Oid | undefined> {
  const { context, store } = await connectionOf(ledger).write();
  return context.remote && store.readRef(context.remote.seenRef);
}

/** Replays the ledger; where something of it cannot be read, or its bytes are gone, finds out what. */
async function examineObjects(
  ledger: WorkLedger,
  tip: Oid,
  { onProgress, now, reopen, fetching }: ExamineOptions & { now: number },
  place: ClonePlace | undefined,
): Promise<{ tree: TreeReport | undefined; faults: Fault[] }> {
  const connection = connectionOf(ledger);
  const { signatures, remote, branch, clock, patience } = connection;
  const store = await connection.store();
  const lookAt = async (): Promise<Fault[]> => {
    if (place === undefined) return [];
    const shared = await sharedTip(ledger);
    const tips = [...new Set([tip, shared ?? tip])];
    const ask = <T>(task: (waiting: Waiting) => Promise<T>): Promise<T> =>
      (fetching ?? new SharedTime(clock, patience)).spend(task);
    const from = remote === null ? undefined : { name: remote.name, branch, ask };
    const faults = await damagedObjects({ gitDir: place.gitDir, tips, remote: from, now });
    if (faults.length === 0 || shared === undefined || reopen === undefined) return faults;
    const ofShared = await damagedObjects({ gitDir: place.gitDir, tips: [shared], remote: from, now });
    return ofShared.length > 0 ? faults : faults.map((fault) => ofPending(fault, reopen, place, now));
  };
  try {
    const suspects = inQuestion(connection);
    const tree = await examineTree(store, tip, { onProgress, signatures }, suspects);
    return { tree, faults: tree.verification.findings.length === 0 ? [] : await lookAt() };
  } catch (error) {
    // The tree of a ledger under newer rules is not for this program to judge, but the clone can be looked at all the same.
    if (isLedgerError(error, 'UPGRADE_REQUIRED'))
      return { tree: undefined, faults: [{ kind: 'rules', wrong: error.message, how: error.hint ?? '' }] };
    const faults = await lookAt();
    if (faults.length > 0) return { tree: undefined, faults };
    if (!isLedgerError(error)) throw error;
    const how = hintOf(error) ?? 'ask git: git fsck';
    return { tree: undefined, faults: [{ kind: 'objects', wrong: sentenceOf(error), how }] };
  }
}

/** All that was shared is here. What is gone is nowhere, unless the remote took it and this clone was never told. */
const ofPending = (fault: Fault, reopen: () => Promise<WorkLedger>, place: ClonePlace, now: number): Fault =>
  fault.wrong.startsWith(MISSING)
    ? {
        ...fault,
        how: 'wl doctor --fix fetches them again, and leaves out the transitions that cannot be read then; all others stay',
        async repair() {
          const fetched = await fault.repair?.().catch(() => undefined);
          const { stepBack } = await import('./step-back.ts');
          return [fetched, await stepBack(reopen, place, now)].filter(Boolean).join('; ');
        },
      }
    : fault;
