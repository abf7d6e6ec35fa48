import type { CommandOf } from '../domain/commands.ts';
import { isLedgerError, LedgerError } from '../domain/errors.ts';
import { verbsThat } from '../domain/verbs.ts';
import { Overlay } from '../domain/view.ts';
import type { Oid } from '../store/port.ts';
import { elapsed } from './call.ts';
import { commitInTime } from './committed-time.ts';
import { asGroup, decideInto, draftOf, type LedgerCommand, readAuxiliaryFiles, type Step } from './draft.ts';
import { acceptedBy, checkedTip, journalNow, localTip, markChecked, markDecided } from './journal.ts';
import { type Names, prepare, settleNames } from './names.ts';
import type { Accepted, Outcome } from './outcome.ts';
import { overdueUnblocks } from './overdue-unblocks.ts';
import type { Bar, CloneLock, SyncContext } from './ports.ts';
import { readCommits } from './read-commits.ts';

/** A command, or one that is known only once earlier ones of its group are decided. */
export type Planned = LedgerCommand | ((earlier: readonly Outcome[]) => LedgerCommand);

/** Commands of one caller. An atomic group is written whole or not at all. */
export interface Group {
  commands: readonly Planned[];
  atomic: boolean;
  /** True where numbers of new items are provisional: one that is taken is given up for the next, as in a replay. */
  provisional?: boolean | undefined;
  /** Kept up to date for a caller that may give up. */
  progress?: Progress | undefined;
  /** True where nothing is asked of a remote before it is committed, or after. */
  offline?: boolean | undefined;
  /** Another process may have committed some of it since the branch and the shared one were there: what stands is not made again. */
  begun?: { local: Oid | undefined; seen: Oid | undefined } | undefined;
}

/** How far a group has come. `elsewhere`: another process of this clone has it. */
export interface Progress {
  stage: 'waiting' | 'elsewhere' | 'committing' | 'committed';
  /** Once it is aborted, a group that waits is not committed any more. */
  readonly signal: AbortSignal | undefined;
  /** True once another process of this clone does it instead: nothing of it is committed here any more. */
  isWithdrawn?(): boolean;
}

const TRIES = 50;

/**
 * Decides groups on the local tip and commits what is legal, a commit for each transition, in one move of the ref. What
 * followed from earlier ones and was not made by anyone comes first; without groups, it alone.
 *
 * @returns for each group its outcomes, in the order of its commands; accepted ones are in this clone alone
 */
export async function commitLocally(context: SyncContext, groups: readonly Group[]): Promise<Outcome[][]> {
  return inOrder(context, async () => {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const done = await tryCommit(context, groups);
      if (done !== undefined) return done;
    }
    throw new LedgerError(
      'CONTENDED',
      'Other processes of this clone kept moving the ledger; nothing was written.',
      {
        hint: 'Try again.',
      },
    );
  });
}

/** The branch is moved in a moment: who has the lock longer stands still, as after Ctrl-Z. */
const PATIENCE_MS = 3_000;

/** Holders that this process waited for in vain, by lock. A call moves the branch several times, and waits for such a one once. */
const standingStill = new WeakMap<CloneLock, { pid: number | undefined }>();

/**
 * Moves the local branch under the lock `commit`, which orders the processes of a clone. Nobody waits for one that stands still: the branch
 * is compared and swapped in any case.
 */
export async function inOrder<T>(
  { lock, clock }: Pick<SyncContext, 'lock' | 'clock'>,
  move: () => Promise<T>,
): Promise<T> {
  const since = elapsed(clock);
  const holder = async (): Promise<number | undefined> => (await lock.holder?.('commit'))?.pid;
  const isSilent = async (): Promise<boolean> => {
    const known = standingStill.get(lock);
    if (known !== undefined && known.pid === (await holder())) return true;
    if (elapsed(clock) - since <= PATIENCE_MS) return false;
    standingStill.set(lock, { pid: await holder() });
    return true;
  };
  const inTurn = async (): Promise<{ value: T }> => {
    standingStill.delete(lock);
    return { value: await move() };
  };
  const moved = await lock.run('commit', inTurn, isSilent);
  return moved === undefined ? move() : moved.value;
}

async function tryCommit(context: SyncContext, asked: readonly Group[]): Promise<Outcome[][] | undefined> {
  const { store, views, localRef, committer, clock, signs } = context;
  const groups = asked.map((group) => (group.progress?.isWithdrawn?.() ? { ...group, commands: [] } : group));
  const tip = await requireTip(context);
  const bar = await barAt(context, tip, groups);
  const left = await journalNow(context);
  await learnDeletions(context, groups, tip);
  const auxiliary = await readAuxiliaryFiles(
    store,
    tip,
    groups.flatMap(({ commands }) => commands),
  );
  const overdue: Group = { commands: await overdueUnblocks(context, tip), atomic: false };
  const standing = await standingOf(context, groups, tip);
  const { steps, outcomes, changes, own, skew_s } = await views.read(tip, (view) => ({
    ...decideGroups(new Overlay(view, auxiliary), { signs, standing, bar }, overdue, groups),
    skew_s: view.settings.clock_skew_s,
  }));
  // A call that changes nothing leaves what is overdue to the next one: nobody would push it.
  if (steps.length === 0 || (own === 0 && groups.length > 0)) return outcomes;
  const now = clock.now();
  const drafts = steps.map((step) => draftOf(step, committer, now));
  const request = { ref: localRef, expected: tip, base: tip, drafts };
  const result = await commitInTime(context, request, skew_s);
  if (result.kind === 'moved') return undefined;
  await markDecided(context, tip, result.tip, left);
  await views.advance(tip, result.tip, changes);
  const commits = new Map(steps.map((step, index) => [step.op, result.oids[index] ?? '']));
  for (const outcome of outcomes.flat()) {
    if (outcome.kind === 'accepted') outcome.commit ||= commits.get(outcome.op) ?? '';
  }
  return outcomes;
}

/**
 * What is in question. Commits that something else put on the branch are judged by an exchange before any is shared; where none follows,
 * before they are built on.
 */
async function barAt(context: SyncContext, tip: Oid, groups: readonly Group[]): Promise<Bar | undefined> {
  const { judge } = context;
  const bar = judge.bar();
  const gained = groups.some(({ offline }) => offline) ? await gainedSince(context, tip) : undefined;
  if (bar === undefined || gained === undefined) return bar ?? gained;
  return (command, view) => bar(command, view) ?? gained(command, view);
}

async function gainedSince(context: SyncContext, tip: Oid): Promise<Bar | undefined> {
  const { store, judge } = context;
  const checked = checkedTip(context);
  if (checked === tip) return undefined;
  const left = await journalNow(context);
  // A branch that was there before this program is trusted as it was found.
  const from = checked === undefined ? tip : await store.mergeBase(checked, tip);
  const gained = from === undefined || from === tip ? undefined : await judge.gained(from, tip);
  if (gained === undefined) await markChecked(context, tip, left);
  return gained;
}

/** @throws LedgerError `NO_LEDGER` */
async function requireTip(context: SyncContext): Promise<Oid> {
  const tip = await localTip(context);
  if (tip !== undefined) return tip;
  throw new LedgerError('NO_LEDGER', 'There is no ledger here yet.', { hint: 'Make one with: wl init' });
}

/** Numbers are given once: before one is given, deleted items must be known. */
async function learnDeletions({ views }: SyncContext, groups: readonly Group[], tip: Oid): Promise<void> {
  const giving = groups.some(({ commands }) =>
    commands.some((command) => typeof command === 'function' || isEntering(command)),
  );
  if (giving) await views.knowDeletions(tip);
}

/** How commands are decided: whether their commits are signed, what is in question, and what of them stands already, by op. */
interface Terms {
  signs: boolean;
  bar: Bar | undefined;
  standing: ReadonlyMap<string, Accepted>;
}

/** What of the groups another process has committed meanwhile. */
async function standingOf(
  { store }: SyncContext,
  groups: readonly Group[],
  tip: Oid,
): Promise<Map<string, Accepted>> {
  const standing = new Map<string, Accepted>();
  for (const { begun, commands } of groups) {
    if (begun === undefined) continue;
    const ops = new Set(commands.flatMap((one) => (typeof one === 'function' ? [] : [one.op])));
    const from = begun.local && (await store.mergeBase(begun.local, tip));
    for (const commit of await readCommits(store, from, tip, ops))
      if (ops.has(commit.op ?? '')) standing.set(commit.op ?? '', { ...acceptedBy(commit), where: 'local' });
  }
  return standing;
}

function decideGroups(
  changes: Overlay,
  terms: Terms,
  overdue: Group,
  groups: readonly Group[],
): { steps: Step[]; outcomes: Outcome[][]; changes: Overlay; own: number } {
  const steps: Step[] = [];
  decideGroup(changes, terms, overdue, steps);
  const followed = steps.length;
  const outcomes = groups.map((group) => decideGroup(changes, terms, group, steps));
  return { steps, outcomes, changes, own: steps.length - followed };
}

function decideGroup(view: Overlay, terms: Terms, group: Group, steps: Step[]): Outcome[] {
  const { made, outcomes } = settleNames(view, group.provisional ?? false, (on, names) => {
    const scratch = group.atomic ? new Overlay(on, on.auxiliary) : on;
    const decided = decideEach(scratch, terms, group, names);
    if (scratch === on) return decided;
    if (decided.made.length > 0) on.apply(scratch);
    return { ...decided, made: asGroup(decided.made, decided.made[0]?.op ?? '') };
  });
  steps.push(...made);
  return outcomes;
}

function decideEach(
  view: Overlay,
  terms: Terms,
  { commands, atomic, provisional }: Group,
  names: Names,
): { made: Step[]; outcomes: Outcome[] } {
  const made: Step[] = [];
  const outcomes: Outcome[] = [];
  for (const planned of commands) {
    const settle = (command: LedgerCommand): LedgerCommand =>
      provisional ? prepare(names.rename(command), view, names) : command;
    const stands = typeof planned === 'function' ? undefined : terms.standing.get(planned.op);
    const outcome = stands ?? decideOne(view, planned, settle, terms, outcomes, made);
    outcomes.push(outcome);
    if (atomic && outcome.kind === 'refused') return { made: [], outcomes: commands.map(() => outcome) };
    if (provisional && typeof planned !== 'function') noteId(planned, outcome, names);
  }
  return { made, outcomes };
}

/** Verbs that mean nothing until the remote has taken them, and whose race is worth a look at the remote first. */
export const TAKING: ReadonlySet<string> = verbsThat(({ contended }) => contended);

/** True for a command that makes an item, or is answered by one that stands already. */
export const isEntering = (command: Planned): command is CommandOf<'create' | 'import'> =>
  typeof command !== 'function' && (command.verb === 'create' || command.verb === 'import');

/** What the item of a command is called by what came of it. */
export function noteId(command: LedgerCommand, outcome: Outcome, names: Names): void {
  if (!isEntering(command) || command.id === undefined) return;
  const item = outcome.kind === 'accepted' || outcome.kind === 'unchanged' ? outcome.item : undefined;
  names.note(command.id, item?.id);
}

function decideOne(
  view: Overlay,
  planned: Planned,
  settle: (command: LedgerCommand) => LedgerCommand,
  { signs, bar }: Terms,
  earlier: readonly Outcome[],
  made: Step[],
): Outcome {
  try {
    const command = settle(typeof planned === 'function' ? planned(earlier) : planned);
    const decided = decideInto(view, command, signs, bar);
    if (decided.kind === 'unchanged') return { kind: 'unchanged', item: decided.item };
    made.push(...decided.steps);
    const [first] = decided.steps;
    return {
      kind: 'accepted',
      op: command.op,
      item: first?.transition?.after ?? first?.transition?.before,
      event: first?.transition?.event,
      commit: '',
      where: 'local',
    };
  } catch (error) {
    if (!isLedgerError(error)) throw error;
    return { kind: 'refused', error };
  }
}
