import { derivedOp } from '../codec/op.ts';
import type { Command, WorkPatch } from '../domain/commands.ts';
import { LedgerError } from '../domain/errors.ts';
import { isOfflineId, type WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import type { Overlay } from '../domain/overlay.ts';
import type { LedgerView } from '../domain/view.ts';
import { tracedSync } from '../trace/channels.ts';
import { decideInto, type LedgerCommand, type Step } from './draft.ts';
import type { ReadCommit } from './pending.ts';

export interface ReplayOptions {
  /** Transitions that the tip has already, by op: whatever was lost on the wire, they are not applied again. */
  known: ReadonlyMap<string, ReadCommit>;
  /** Transitions that are taken back instead of being applied. */
  withdrawn?: ReadonlySet<string> | undefined;
  /** False where the new commits will have no signature. */
  signs?: boolean | undefined;
  /** Gives numbered ids that no one has seen yet a form that needs no one's agreement. */
  renumber?: ((command: Command, id: WorkId) => WorkId | undefined) | undefined;
}

export interface Replayed {
  /** What stands on the tip, in order, each with the commit it replaces and whose author it keeps. */
  steps: { step: Step; from: ReadCommit }[];
  unchanged: { from: ReadCommit; item: WorkItem | undefined }[];
  lost: { from: ReadCommit; error: LedgerError }[];
}

/**
 * Decides pending transitions again on another tip, which `view` shows. What is no longer legal there is lost, with the
 * reason; nothing is merged. A create whose number was taken gets the next one, and what follows in the list is told.
 */
export function replay(view: Overlay, pending: readonly ReadCommit[], options: ReplayOptions): Replayed {
  const began = () => ({ pending: pending.length });
  return tracedSync(
    'replay',
    began,
    () => replayAll(view, pending, options),
    (replayed) => ({
      outcome: 'replayed',
      stand: replayed.steps.length,
      unchanged: replayed.unchanged.length,
      lost: replayed.lost.length,
    }),
  );
}

function replayAll(view: Overlay, pending: readonly ReadCommit[], options: ReplayOptions): Replayed {
  const result: Replayed = { steps: [], unchanged: [], lost: [] };
  const renamed = new Map<WorkId, WorkId>();
  const followed = new Set<string>();
  for (const from of pending) {
    const { op } = from;
    if (op === undefined || from.command === undefined) {
      if (!isRoot(from)) result.lost.push({ from, error: unreadable(from) });
      continue;
    }
    const standing = options.known.get(op);
    if (standing?.event !== undefined && from.event !== undefined) {
      note(renamed, from.event.id, standing.event.id);
    }
    if (standing !== undefined || options.withdrawn?.has(op) || followed.has(op)) continue;
    const command = prepare(rename(from.command, renamed), view, options);
    try {
      const decided = decideInto(view, command, options.signs);
      if (decided.kind === 'unchanged') {
        result.unchanged.push({ from, item: decided.item });
        if (from.event !== undefined && decided.item !== undefined)
          note(renamed, from.event.id, decided.item.id);
        continue;
      }
      for (const step of decided.steps) {
        result.steps.push({ step, from });
        followed.add(step.op);
      }
      const id = decided.steps[0]?.transition?.event.id;
      if (id !== undefined && from.event !== undefined) note(renamed, from.event.id, id);
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      if (!isMootFollower(from, pending)) result.lost.push({ from, error });
    }
  }
  return result;
}

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

/** A number that was taken meanwhile is given up for the next; ids that someone may have seen stay. */
function prepare(command: LedgerCommand, view: LedgerView, { renumber }: ReplayOptions): LedgerCommand {
  if (command.verb !== 'create' && command.verb !== 'import') return command;
  const { id } = command;
  if (id === undefined || isOfflineId(id)) return command;
  const other = renumber?.(command, id);
  if (other !== undefined) return { ...command, id: other };
  if (!view.wasUsed(id)) return command;
  if (command.verb === 'create') return { ...command, id: undefined };
  const [prefix = '', date = ''] = id.split('-');
  const next = `${prefix}-${date}-${String(view.nextNumber(prefix, date)).padStart(4, '0')}`;
  return { ...command, id: next };
}

function note(renamed: Map<WorkId, WorkId>, before: WorkId, after: WorkId): void {
  if (before !== after) renamed.set(before, after);
}

/** A transition that only followed from another one in the list, and which that one no longer asks for. */
function isMootFollower(commit: ReadCommit, pending: readonly ReadCommit[]): boolean {
  const id = commit.event?.id;
  if (commit.event?.verb !== 'unblock' || id === undefined) return false;
  return pending.some(({ op }) => op !== undefined && derivedOp(op, id) === commit.op);
}

/** The command with ids that changed on the way replaced. */
function rename(command: LedgerCommand, renamed: ReadonlyMap<WorkId, WorkId>): LedgerCommand {
  if (renamed.size === 0 || command.verb === 'configure') return command;
  const now = (id: WorkId): WorkId => renamed.get(id) ?? id;
  const maybe = (id: WorkId | undefined): WorkId | undefined => (id === undefined ? undefined : now(id));
  switch (command.verb) {
    case 'create': {
      const { fields } = command;
      const dependencies = (fields.dependencies ?? []).map(now);
      const links = (fields.links ?? []).map((link) => ({ ...link, target: now(link.target) }));
      return { ...command, fields: { ...fields, parent_id: maybe(fields.parent_id), dependencies, links } };
    }
    case 'import': {
      const { item } = command;
      const dependencies = item.dependencies.map(now);
      const links = item.links.map((link) => ({ ...link, target: now(link.target) }));
      const block = item.block && { ...item.block, blocker_id: maybe(item.block.blocker_id) };
      return { ...command, item: { ...item, parent_id: maybe(item.parent_id), dependencies, links, block } };
    }
    case 'block':
      return { ...command, id: now(command.id), blocker_id: maybe(command.blocker_id) };
    case 'update':
      return { ...command, id: now(command.id), patch: renamePatch(command.patch, now) };
    default:
      return { ...command, id: now(command.id) };
  }
}

function renamePatch(patch: WorkPatch, now: (id: WorkId) => WorkId): WorkPatch {
  const parent = patch.set?.parent_id;
  const { add = [], remove = [] } = patch.dependencies ?? {};
  return {
    ...patch,
    ...(typeof parent === 'string' ? { set: { ...patch.set, parent_id: now(parent) } } : {}),
    dependencies: { add: add.map(now), remove: remove.map(now) },
  };
}
