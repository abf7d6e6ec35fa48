import { derivedOp } from '../codec/op.ts';
import { type ErrorCode, LedgerError } from '../domain/errors.ts';
import type { WorkItem } from '../domain/item.ts';
import { requireKnownRules } from '../domain/policy.ts';
import { Overlay } from '../domain/view.ts';
import { tracedSync } from '../trace/channels.ts';
import { asGroup, decideInto, type Step } from './draft.ts';
import type { Wrong } from './journal.ts';
import { type Names, prepare, type Renumber, settleNames } from './names.ts';
import type { Bar } from './ports.ts';
import { firstGroup, type ReadCommit } from './read-commits.ts';

export interface ReplayOptions {
  /** Transitions that the tip has already, by op: whatever was lost on the wire, they are not applied again. */
  known: ReadonlyMap<string, ReadCommit>;
  /** Transitions that are taken back instead of being applied. */
  withdrawn?: ReadonlySet<string> | undefined;
  /** Commits that must not be shared, whatever they ask for. */
  wrong?: Wrong | undefined;
  /** False where the new commits will have no signature. */
  signs?: boolean | undefined;
  renumber?: Renumber | undefined;
  /** What is in question on this clone. */
  bar?: Bar | undefined;
}

export interface Replayed {
  /** What stands on the tip, in order, each with the commit it replaces and whose author it keeps. */
  steps: { step: Step; from: ReadCommit }[];
  unchanged: { from: ReadCommit; item: WorkItem | undefined }[];
  lost: { from: ReadCommit; error: LedgerError }[];
}

/**
 * Decides pending transitions again on another tip, which `view` shows. What is no longer legal there is lost, with the
 * reason; nothing is merged. Of a group all is legal, or all is lost. A create whose number was taken gets the next one, and what follows in the list is told.
 */
export function replay(view: Overlay, pending: readonly ReadCommit[], options: ReplayOptions): Replayed {
  const began = () => ({ pending: pending.length });
  requireKnownRules(view.settings, 'bring onto it what is pending here', began());
  const imports = pending.some(({ command }) => command?.verb === 'import');
  return tracedSync(
    'replay',
    began,
    () => settleNames(view, imports, (on, names) => new Replay(pending, options).run(on, names)),
    (replayed) => ({
      outcome: 'replayed',
      stand: replayed.steps.length,
      unchanged: replayed.unchanged.length,
      lost: replayed.lost.length,
    }),
  );
}

/** One pass over what is pending, a group at a time. */
class Replay {
  readonly result: Replayed = { steps: [], unchanged: [], lost: [] };
  readonly #pending: readonly ReadCommit[];
  readonly #options: ReplayOptions;
  /** Ops of what followed from its cause, so that it is not decided once more by itself. */
  readonly #followed = new Set<string>();

  constructor(pending: readonly ReadCommit[], options: ReplayOptions) {
    this.#pending = pending;
    this.#options = options;
  }

  run(view: Overlay, names: Names): Replayed {
    for (let at = 0; at < this.#pending.length; ) {
      const group = firstGroup(this.#pending.slice(at));
      if (group.length === 1) this.#decideEach(group, view, names, this.result);
      else this.#decideGroup(group, view, names);
      at += group.length;
    }
    return this.result;
  }

  /** All of a group stands, or none of it does. */
  #decideGroup(group: readonly ReadCommit[], view: Overlay, names: Names): void {
    const { withdrawn } = this.#options;
    const takenBack = group.find(({ op }) => op !== undefined && withdrawn?.has(op));
    if (takenBack !== undefined) return this.#loseGroup(group, names, [], takenBackWith(takenBack));
    const [trial, trialNames] = [new Overlay(view, view.auxiliary), names.copy()];
    const result: Replayed = { steps: [], unchanged: [], lost: [] };
    this.#decideEach(group, trial, trialNames, result);
    const [cause] = result.lost;
    if (cause !== undefined) return this.#loseGroup(group, names, result.lost, lostWith(cause));
    if (result.steps.length > 0) view.apply(trial);
    names.apply(trialNames);
    const steps = asGroup(
      result.steps.map(({ step }) => step),
      group[0]?.group?.id ?? '',
    );
    this.result.steps.push(...result.steps.map(({ from }, at) => ({ from, step: steps[at] as Step })));
    this.result.unchanged.push(...result.unchanged);
  }

  /** @param lost those of the group that come to nothing by themselves */
  #loseGroup(group: readonly ReadCommit[], names: Names, lost: Replayed['lost'], error: LedgerError): void {
    const own = new Map(lost.map((one) => [one.from.record.oid, one]));
    for (const from of group) {
      noteLost(from, names);
      const isSettled = this.#options.withdrawn?.has(from.op ?? '') || isNoOpFollower(from, group);
      if (!isSettled) this.result.lost.push(own.get(from.record.oid) ?? { from, error });
    }
  }

  #decideEach(commits: readonly ReadCommit[], view: Overlay, names: Names, result: Replayed): void {
    for (const from of commits) this.#decide(from, view, names, result);
  }

  #decide(from: ReadCommit, view: Overlay, names: Names, result: Replayed): void {
    const { known, withdrawn, signs, renumber, bar } = this.#options;
    const { op } = from;
    const wrong = this.#options.wrong?.get(from.record.oid);
    if (wrong !== undefined) {
      noteLost(from, names);
      const named = isNamedTwice(from, wrong, this.#options) ? { ...from, op: undefined } : from;
      result.lost.push({ from: named, error: wrong });
      return;
    }
    if (op === undefined || from.command === undefined) {
      if (!isRoot(from)) result.lost.push({ from, error: unreadable(from) });
      return;
    }
    const standing = known.get(op);
    if (standing?.event !== undefined && from.event !== undefined)
      names.note(from.event.id, standing.event.id);
    if (withdrawn?.has(op)) noteLost(from, names);
    if (standing !== undefined || withdrawn?.has(op) || this.#followed.has(op)) return;
    try {
      const command = prepare(names.rename(from.command), view, names, renumber);
      const decided = decideInto(view, command, signs, bar);
      if (decided.kind === 'unchanged') {
        result.unchanged.push({ from, item: decided.item });
        if (from.event !== undefined && decided.item !== undefined)
          names.note(from.event.id, decided.item.id);
        return;
      }
      for (const step of decided.steps) {
        result.steps.push({ step, from });
        this.#followed.add(step.op);
      }
      const id = decided.steps[0]?.transition?.event.id;
      if (id !== undefined && from.event !== undefined) names.note(from.event.id, id);
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      noteLost(from, names);
      if (!isNoOpFollower(from, this.#pending)) result.lost.push({ from, error });
    }
  }
}

/** Why a transition comes to nothing with another one of its group. */
function lostWith({ from, error }: Replayed['lost'][number]): LedgerError {
  return new LedgerError<ErrorCode>(
    error.code,
    `It was asked for together with ${nameOf(from)}, which came to nothing: ${error.message}`,
    { hint: error.hint, details: error.details },
  );
}

const takenBackWith = (from: ReadCommit): LedgerError =>
  new LedgerError(
    'REMOTE_UNREACHABLE',
    `It was asked for together with ${nameOf(from)}, which means nothing without the remote and was taken back.`,
    { hint: 'When the remote is back, ask for it again.' },
  );

const nameOf = ({ event }: ReadCommit): string =>
  event === undefined ? 'a change of settings' : `the ${event.verb} of ${event.id}`;

function noteLost({ event }: ReadCommit, names: Names): void {
  if (event !== undefined && event.from === undefined) names.note(event.id, undefined);
}

/** Another commit stands under this one's name, so that it is kept under its own. */
const isNamedTwice = ({ op }: ReadCommit, wrong: LedgerError, { known }: ReplayOptions): boolean =>
  wrong.details.rule === 'op' || known.has(op ?? '');

const isRoot = ({ record }: ReadCommit): boolean => record.parents.length === 0;

function unreadable({ record }: ReadCommit): LedgerError {
  return new LedgerError(
    'VERIFICATION_FAILED',
    `Commit ${record.oid.slice(0, 12)} is not a transition of the ledger.`,
    {
      hint: 'It was made by hand; its changes are kept with this entry.',
      details: { commit: record.oid },
    },
  );
}

/** A transition that only followed from another one in the list, and which that one no longer asks for. */
function isNoOpFollower(commit: ReadCommit, pending: readonly ReadCommit[]): boolean {
  const id = commit.event?.id;
  if (commit.event?.verb !== 'unblock' || id === undefined) return false;
  return pending.some(({ op }) => op !== undefined && derivedOp(op, id) === commit.op);
}
