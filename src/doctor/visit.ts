import { isLedgerError, LedgerError, messageOf } from '../domain/errors.ts';
import type { Fault } from '../git/fault.ts';
import { type Backend, openBackend } from '../ledger/backend.ts';
import { openOn } from '../ledger/open.ts';
import { type OpenOptions, PATIENCE_S, systemClock } from '../ledger/options.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import { SharedTime } from '../sync/call.ts';
import type { CloneLock, LockName } from '../sync/ports.ts';
import { cloneFaults, findPlace, hintOf, type Looking, sentenceOf } from './clone-faults.ts';
import { type Examination, type ExamineOptions, examineWhole, toTrouble } from './examine.ts';
import { type Repaired, repairTree } from './repair.ts';

export interface VisitOptions extends Looking {
  /** Whether what is wrong is mended, as far as that can lose nothing. */
  fix: boolean;
  onProgress?: ExamineOptions['onProgress'];
}

export interface Visit {
  /** As it is at the end. */
  examination: Examination;
  /** What was done to this clone. */
  done: string[];
  /** Commits that mended the ledger. */
  mended: Repaired[];
}

/** One fault can hide the next. */
const ROUNDS = 12;
/** Who mends waits a moment for a process that is at work; who looks, for none. */
const PATIENCE_MS = 3_000;
/** How long a remote is asked again that answers with less than was seen. */
const REMOTE_PATIENCE_S = 5;

/**
 * Examines a clone and its ledger, in whatever state they are, and mends what can be mended. Opens the ledger for itself: without its
 * index, which may be broken, and waiting for no lock.
 *
 * @throws LedgerError `NO_REPOSITORY`, `NO_GIT`, `UNSUPPORTED_REPOSITORY`, `NO_LEDGER`; with `fix`, as `repairTree` and `sync`
 */
export async function visit(asked: OpenOptions, visiting: VisitOptions): Promise<Visit> {
  const { patience_s = REMOTE_PATIENCE_S, clock = systemClock } = asked;
  // The ledger is opened again for each step, and a remote that says nothing is waited for once.
  const time = new SharedTime(clock, patience_s * 1000);
  const options = { ...asked, patience_s, time };
  // To fetch all of a ledger again is no look.
  const fetching = asked.patience_s === undefined ? new SharedTime(clock, PATIENCE_S * 1000) : time;
  const treatment = new Treatment();
  const mended: Repaired[] = [];
  let stepsLeft = visiting.fix;
  for (let round = 1; ; round += 1) {
    const { examination, faults } = await look(options, { ...visiting, fetching });
    const todo = visiting.fix && round < ROUNDS ? treatment.left(faults) : [];
    if (todo.length > 0) await treatment.repair(todo);
    else if (stepsLeft && needsSteps(examination)) {
      stepsLeft = false;
      mended.push(
        ...(await unlessTaken(() =>
          withLedger(options, PATIENCE_MS, (ledger) => repair(ledger, examination)),
        )),
      );
    } else return { examination: treatment.applied(examination), done: treatment.done, mended };
  }
}

/** What was mended, and what could not be. */
class Treatment {
  readonly done: string[] = [];
  readonly #tried = new Map<string, string | undefined>();

  left(faults: readonly Fault[]): Fault[] {
    const left = faults.filter(({ repair, wrong }) => repair !== undefined && !this.#tried.has(wrong));
    // A ref that names what is missing is right again once that is there.
    const objects = left.filter(({ kind }) => kind === 'objects');
    return objects.length > 0 ? objects : left;
  }

  async repair(faults: readonly Fault[]): Promise<void> {
    for (const { repair, wrong } of faults) {
      this.#tried.set(wrong, undefined);
      try {
        const done = await repair?.();
        if (done !== undefined) this.done.push(done);
      } catch (error) {
        this.#tried.set(wrong, messageOf(error));
      }
    }
  }

  /** What was tried and is still there is not mended by trying again. */
  applied(examination: Examination): Examination {
    const clone = examination.clone.map((trouble) => {
      if (!this.#tried.has(trouble.wrong)) return trouble;
      const why = this.#tried.get(trouble.wrong);
      const how = why === undefined ? 'it is still so after it was mended' : `it could not be mended: ${why}`;
      return { ...trouble, how, fixed: false };
    });
    return { ...examination, clone };
  }
}

/** Not where the remote was not asked: what keeps from that keeps from these as well. */
const needsSteps = ({ tip, rewrite, mends, clone, skipped }: Examination): boolean =>
  tip !== null &&
  skipped.length === 0 &&
  rewrite === undefined &&
  (mends.length > 0 || clone.some(({ kind }) => kind === 'pending' || kind === 'rules'));

/** Where somebody is at work, in a work tree of the branch as well, or a lock is in the way, what is left to do is told. */
async function unlessTaken(steps: () => Promise<Repaired[]>): Promise<Repaired[]> {
  try {
    return await steps();
  } catch (error) {
    if (!isLedgerError(error, 'CONTENDED') && !isLedgerError(error, 'CHECKED_OUT')) throw error;
    return [];
  }
}

async function repair(ledger: WorkLedger, { mends, clone }: Examination): Promise<Repaired[]> {
  // Under newer rules nothing is mended by this program; it says so as it refuses to.
  const isForeign = clone.some(({ kind }) => kind === 'rules');
  const tree = async (): Promise<Repaired[]> => (mends.length === 0 && !isForeign ? [] : repairTree(ledger));
  const mended = await tree();
  if (!clone.some(({ kind }) => kind === 'pending')) return mended;
  await ledger.clone.sync();
  // What was broken in this clone alone is shared by now.
  return [...mended, ...(await tree())];
}

type Opening = OpenOptions & { time: SharedTime };

async function look(
  options: Opening,
  visiting: VisitOptions & { fetching: SharedTime },
): Promise<{ examination: Examination; faults: Fault[] }> {
  const { place, faults } = await findPlace(options, visiting);
  if (place === undefined || faults.length > 0) return { examination: closed(faults), faults };
  const patience = visiting.fix ? PATIENCE_MS : 0;
  const reopen = (): Promise<WorkLedger> => openToExamine(options, PATIENCE_MS);
  try {
    return await withLedger(options, patience, (ledger) => examineWhole(ledger, { ...visiting, reopen }));
  } catch (error) {
    const found = await cloneFaults(place, visiting);
    if (found.length === 0) throw error;
    const isExplained = isLedgerError(error) && EXPLAINED.has(error.code);
    const others = isLedgerError(error) && !isExplained && !found.some(isOfRefs) ? [remoteFault(error)] : [];
    const all = [...found, ...others];
    return { examination: closed(all), faults: all };
  }
}

/** What follows from the faults that were found. */
const EXPLAINED: ReadonlySet<string> = new Set([
  'STORAGE_FAILED',
  'PERMISSION_DENIED',
  'CONTENDED',
  'INVALID_INPUT',
]);

/** With one of these, git asks no remote. */
const isOfRefs = ({ kind }: Fault): boolean => kind === 'ref';

const remoteFault = (error: LedgerError): Fault => ({
  kind: 'remote',
  wrong: sentenceOf(error),
  how: hintOf(error) ?? 'ask who keeps the remote',
});

/** Of a ledger that could not be opened. */
const closed = (faults: readonly Fault[]): Examination => ({
  tip: null,
  commits: 0,
  items: 0,
  mends: [],
  rewrite: undefined,
  clone: faults.map(toTrouble),
  skipped: [],
  rejected: 0,
  past: [],
});

async function withLedger<T>(
  options: Opening,
  patience: number,
  use: (ledger: WorkLedger) => Promise<T>,
): Promise<T> {
  const ledger = await openToExamine(options, patience);
  try {
    return await use(ledger);
  } finally {
    await ledger.close();
  }
}

async function openToExamine({ time, ...options }: Opening, patience: number): Promise<WorkLedger> {
  // A request that is left for another process is waited for.
  const { openRequestQueue: _, ...backend } = await openBackend(options);
  const lock = impatient(backend, patience);
  return openOn({ ...backend, lock, indexDir: undefined }, options, time);
}

/** Locks for which nobody waits longer than so many milliseconds. */
function impatient({ lock }: Pick<Backend, 'lock'>, patience: number): CloneLock {
  return {
    holder: (name) => lock.holder?.(name) ?? Promise.resolve(undefined),
    async run(name, task, giveUp, ...rest) {
      const end = performance.now() + patience;
      let isOver = false;
      const done = await lock.run(
        name,
        task,
        async () => {
          if (await giveUp?.()) return true;
          isOver = performance.now() >= end;
          return isOver;
        },
        ...rest,
      );
      if (isOver) throw await taken(lock, name);
      return done;
    },
  };
}

async function taken(lock: CloneLock, name: LockName): Promise<LedgerError> {
  const holder = await lock.holder?.(name);
  const who = holder === undefined ? 'Another process of this clone' : `Process ${holder.pid}`;
  return new LedgerError('CONTENDED', `${who} is at work, and has the clone's lock ${name}.`, {
    hint: 'Ask again when it is done: wl doctor',
    details: { lock: name },
  });
}
