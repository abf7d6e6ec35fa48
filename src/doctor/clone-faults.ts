import { join, resolve } from 'node:path';
import { isLedgerError, type LedgerError } from '../domain/errors.ts';
import { overwritingFetches } from '../git/branch-dangers.ts';
import { mergeDriverFault, readMergeDriver, setMergeDriver } from '../git/client.ts';
import { damagedPacks } from '../git/damaged-objects.ts';
import { damagedRefs, type LedgerRefs } from '../git/damaged-refs.ts';
import {
  closedParts,
  damagedRepository,
  fullDisk,
  type LockInTheWay,
  locksInTheWay,
  removeDeadLock,
} from '../git/damaged-repository.ts';
import type { Fault } from '../git/fault.ts';
import { treesAt } from '../git/refs.ts';
import { openRepository } from '../git/repository.ts';
import { bringUpToDate, lookAtTree, treesOf } from '../git/work-tree.ts';
import {
  chooseBranch,
  chooseMode,
  choosePresence,
  chooseRemote,
  type OpenOptions,
} from '../ledger/options.ts';
import { heldLocks } from '../store/clone-lock.ts';
import { damagedState, notedCommits } from '../store/damaged-state.ts';
import { FileState } from '../store/local-state.ts';
import type { LockName } from '../sync/ports.ts';
import * as STATE_KEYS from '../sync/state-keys.ts';
import { renamedRemotes } from './moved.ts';

// What is wrong with a clone, as far as it can be told without opening its ledger: in any state, and without waiting for anyone.

/** Of a clone on disk: where it has what a ledger needs. */
export interface ClonePlace {
  gitDir: string;
  fileRefs: boolean;
  groupShared: boolean;
  /** The folder of local state. */
  local: string;
  branch: string;
  localRef: string;
  remote: string | undefined;
  remotes: readonly string[];
}

export interface Looking {
  now: number;
  /** How git is to merge items by this program; without it that is told, and not mended. */
  program?: readonly string[] | undefined;
}

/** Under which the write path keeps small facts. */
const KEYS = Object.values(STATE_KEYS).filter((key) => typeof key === 'string');

/** Locks of one clone under which a process does what others wait for. */
const LOCKS: readonly LockName[] = ['serve', 'commit', 'index'];

/**
 * @returns the place where there is one, and what is wrong with it
 * @throws LedgerError `NO_REPOSITORY`, `NO_GIT`, `UNSUPPORTED_REPOSITORY`
 */
export async function findPlace(
  options: OpenOptions,
  { now }: Looking,
): Promise<{ place: ClonePlace | undefined; faults: Fault[] }> {
  const dir = resolve(options.dir ?? process.env.WL_DIR ?? '.');
  try {
    return await placeAt(dir, options);
  } catch (error) {
    // What is not the program's own word for it comes from the disk.
    if (isLedgerError(error, 'NO_GIT') || isLedgerError(error, 'UNSUPPORTED_REPOSITORY')) throw error;
    const fault = await damagedRepository(dir, options.branch ?? 'work-ledger', now);
    if (fault === undefined) throw error;
    return { place: undefined, faults: [fault] };
  }
}

async function placeAt(
  dir: string,
  options: OpenOptions,
): Promise<{ place: ClonePlace | undefined; faults: Fault[] }> {
  const { gitDir, traits, ...config } = await openRepository(dir);
  const faults: Fault[] = [];
  const chosen = <T>(choose: () => T): T | undefined => {
    try {
      return choose();
    } catch (error) {
      if (!isLedgerError(error)) throw error;
      faults.push(configFault(error));
      return undefined;
    }
  };
  const branch = chosen(() => chooseBranch(options, config));
  const remote = chosen(() =>
    chooseRemote(options, config, new FileState(join(gitDir, 'work-ledger'))),
  )?.name;
  chosen(() => chooseMode(options, config));
  if (branch === undefined) return { place: undefined, faults };
  chosen(() => choosePresence(config, branch));
  const place: ClonePlace = {
    gitDir,
    fileRefs: traits.fileRefs,
    groupShared: traits.groupShared,
    local: join(gitDir, 'work-ledger'),
    branch,
    localRef: `refs/heads/${branch}`,
    remote,
    remotes: [...config.remotes.keys()],
  };
  return { place, faults };
}

const configFault = (error: LedgerError): Fault => ({
  kind: 'config',
  wrong: sentenceOf(error),
  how: hintOf(error) ?? 'set it with git config',
});

/** What an error says, to be said within another sentence. */
export const sentenceOf = ({ message }: LedgerError): string => message.replace(/\.$/, '');
export const hintOf = ({ hint }: LedgerError): string | undefined =>
  hint?.replace(/\.$/, '').replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());

/** Refs of a ledger that a look at the remote moves. */
export const refsOf = ({ localRef, remote, branch }: ClonePlace): string[] => [
  localRef,
  ...(remote === undefined ? [] : [`refs/work-ledger/seen/${remote}`, `refs/remotes/${remote}/${branch}`]),
];

/** What is wrong with a clone on disk. */
export async function cloneFaults(place: ClonePlace, looking: Looking): Promise<Fault[]> {
  const { gitDir, local, localRef, groupShared } = place;
  const { now } = looking;
  const closed = closedParts(gitDir, refsOf(place));
  // Past what cannot be read, nothing more can be told.
  if (closed.some(({ repair }) => repair !== undefined)) return closed;
  const [, seen, shown] = refsOf(place);
  const known = notedCommits(local, [STATE_KEYS.JOURNAL, STATE_KEYS.EXPOSED]);
  return [
    ...closed,
    ...fullDisk(gitDir),
    ...damagedState(
      local,
      KEYS.filter((key) => typeof key === 'string'),
      now,
      groupShared,
    ),
    ...locksInTheWay(gitDir, refsOf(place), now).flatMap((lock) => lockFault(gitDir, lock) ?? []),
    ...(await stoppedHolders(local)),
    ...(await refFaults(place, {
      gitDir,
      local: localRef,
      seen,
      shown,
      kept: STATE_KEYS.journalRef(localRef),
      known,
      now,
    })),
    ...(await renamedRemotes(place)),
    ...(await overwritingFetches(gitDir, localRef)),
    ...(await checkedOutFaults(place)),
    ...(await mergingFaults(place, looking)),
  ];
}

/** Where a ref names what is not here, a pack that has it may only have lost its index. */
async function refFaults({ fileRefs }: ClonePlace, refs: LedgerRefs): Promise<Fault[]> {
  const found = fileRefs ? await damagedRefs(refs) : [];
  return found.length === 0 ? [] : [...damagedPacks(refs), ...found];
}

/** One that was taken a moment ago is told where it is still there at the end. */
function lockFault(gitDir: string, lock: LockInTheWay): Fault | undefined {
  const { path, state } = lock;
  if (state === 'taken') return undefined;
  if (state === 'dead')
    return {
      kind: 'lock',
      wrong: `${path} is the lock of a process that is dead`,
      how: 'wl doctor --fix takes it away',
      repair: async () => (removeDeadLock(gitDir, lock) ? `removed ${path}` : `${path} is gone already`),
    };
  return {
    kind: 'lock',
    wrong: `${path} is old: whoever took it is likely dead, and cannot be told from here`,
    how: `where no git process works here (ps), remove it: rm '${path}'`,
  };
}

async function stoppedHolders(local: string): Promise<Fault[]> {
  const stopped = (await heldLocks(local, LOCKS)).filter(({ holder }) => holder?.state === 'stopped');
  const pids = new Set(stopped.flatMap(({ holder }) => holder?.pid ?? []));
  return [...pids].map((pid) => ({
    kind: 'lock',
    wrong: `process ${pid} is stopped, and whoever writes in this clone waits for it`,
    how: `let it go on: kill -CONT ${pid}`,
  }));
}

/** Where the branch is checked out, its work tree follows; unless something is under way there, or a process died as it moved the branch. */
async function checkedOutFaults({ gitDir, fileRefs, localRef, branch }: ClonePlace): Promise<Fault[]> {
  const faults: Fault[] = [];
  for (const dir of fileRefs ? await treesAt(gitDir, localRef) : await treesOf(gitDir, localRef)) {
    const tree = await lookAtTree({ gitDir, dir, ref: localRef });
    if (tree === undefined) continue;
    const { top, busy, left } = tree;
    if (busy !== undefined)
      faults.push({
        kind: 'branch',
        wrong: `${branch} is checked out in ${top}, and ${busy} is under way there: until that ends, nothing is written here`,
        how: busy === 'a merge' ? 'end it: wl resolve' : `end it: git -C '${top}' status`,
      });
    else if (left !== undefined)
      faults.push({
        kind: 'branch',
        wrong: `${branch} is checked out in ${top}, and its files did not follow as it moved on from ${left.slice(0, 12)}: a commit there would take back what came since`,
        how: 'wl doctor --fix brings them up to date',
        repair: async () => {
          await bringUpToDate({ gitDir, dir, ref: localRef });
          return `brought ${top} up to date`;
        },
      });
  }
  return faults;
}

async function mergingFaults({ gitDir }: ClonePlace, { program }: Looking): Promise<Fault[]> {
  const wrong = mergeDriverFault(await readMergeDriver(gitDir));
  if (wrong === undefined) return [];
  const repair =
    program &&
    (async () => {
      await setMergeDriver(gitDir, program);
      return 'told git how to merge items here';
    });
  return [{ kind: 'merging', wrong, how: 'wl doctor --fix sets it up', repair }];
}
