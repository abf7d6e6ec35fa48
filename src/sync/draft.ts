import {
  conflictOf,
  isKnownFile,
  MAX_AUXILIARY_BYTES,
  problemOfFiles,
  readAuxiliaryText,
} from '../codec/auxiliary-files.ts';
import { encodeItem } from '../codec/item.ts';
import { addPlace, encodeConfigureMessage, encodeMessage } from '../codec/message.ts';
import { derivedOp } from '../codec/op.ts';
import { itemPath, SETTINGS_PATH } from '../codec/path.ts';
import { encodeSettings } from '../codec/settings.ts';
import type { Command, Observation } from '../domain/commands.ts';
import { type AuxiliaryFile, type ConfigureCommand, decideSettings } from '../domain/configure.ts';
import { decide, type Transition } from '../domain/decide.ts';
import { isLedgerError, LedgerError } from '../domain/errors.ts';
import type { WorkItem } from '../domain/item.ts';
import { requireUnchanged } from '../domain/observation.ts';
import { requireNoSignature } from '../domain/policy.ts';
import { consequences, isOverdue } from '../domain/verbs/unblock.ts';
import type { AuxiliaryContent, Overlay } from '../domain/view.ts';
import type { BlobContent, CommitDraft, FileChange, Identity, LedgerStore, Oid } from '../store/port.ts';
import { type DecideTrace, failed, tracedSync } from '../trace/channels.ts';
import type { Planned } from './local.ts';
import type { Bar } from './ports.ts';
import type { ReadCommit } from './read-commits.ts';

/** Anything that becomes a commit of the ledger. */
export type LedgerCommand = Command | ConfigureCommand;

/** A decided command, ready to be committed. */
export interface Step {
  op: string;
  message: string;
  actor: string;
  at: string;
  changes: readonly FileChange[];
  /** `undefined` for `configure`. */
  transition: Transition | undefined;
}

export type Decided = { kind: 'steps'; steps: Step[] } | { kind: 'unchanged'; item: WorkItem | undefined };

/**
 * Decides a command on `view` and everything that follows from it by itself, and leaves the changes in `view`. The first
 * step is the command's own.
 *
 * @param signs false where the commit will have no signature, for which policy may ask
 * @param bar says what is in question on this clone, and is therefore not decided
 * @throws LedgerError as `decide` and `bar`; `view` is then as before
 */
export function decideInto(view: Overlay, command: LedgerCommand, signs = true, bar?: Bar): Decided {
  return tracedSync(
    'decide',
    () => begun(command),
    () => {
      const barred = bar?.(command, view);
      if (barred !== undefined) throw barred;
      return decideAll(view, command, signs);
    },
    decided,
    refused,
  );
}

function begun(command: LedgerCommand): Omit<DecideTrace, 'kind'> {
  const { verb, op, actor } = command;
  return { verb, op, actor, id: 'id' in command ? (command.id ?? null) : null };
}

function decided(decision: Decided): Partial<DecideTrace> {
  if (decision.kind === 'unchanged') return { outcome: 'unchanged', id: decision.item?.id ?? null };
  return { outcome: 'decided', id: decision.steps[0]?.transition?.event.id ?? null };
}

const refused = (error: unknown): Partial<DecideTrace> =>
  isLedgerError(error) ? { outcome: 'refused', code: error.code, reason: error.message } : failed(error);

function decideAll(view: Overlay, command: LedgerCommand, signs: boolean): Decided {
  if (command.verb === 'configure') return configureInto(view, command, signs);
  const decision = decide(view, command);
  if (decision.kind === 'unchanged') return decision;
  const { before, after } = decision;
  const follows = command.verb === 'unblock' && before !== undefined && isOverdue(view, before);
  if (!signs && !follows) requireNoSignature(view.settings, command.verb, command.actor, before ?? after);
  const steps = [stepOf(decision)];
  view.set(decision.event.id, decision.after);
  for (const next of consequences(view, decision)) {
    const following = decide(view, { ...next, op: derivedOp(command.op, next.id) });
    if (following.kind === 'unchanged') continue;
    view.set(following.event.id, following.after);
    steps.push(stepOf(following));
  }
  return { kind: 'steps', steps };
}

function configureInto(view: Overlay, command: ConfigureCommand, signs: boolean): Decided {
  const { op, actor, at } = command;
  const { after, keys } = decideSettings(view.settings, command);
  const files = changedFiles(view, command.files ?? []);
  requireUnchanged('A file', 'configure', command.observed, {
    shown: overwrittenFiles(view.auxiliary, files),
    written: {},
  });
  if (keys.length + files.length === 0) return { kind: 'unchanged', item: undefined };
  if (!signs) requireNoSignature(view.settings, 'configure', actor, undefined);
  const changes: FileChange[] = files.map(({ path, text }) => ({
    path,
    bytes: text === undefined ? undefined : Buffer.from(text),
  }));
  if (keys.length > 0) changes.push({ path: SETTINGS_PATH, bytes: encodeSettings(after) });
  view.settings = after;
  for (const { path, text } of files) view.auxiliary.set(path, text === undefined ? undefined : { text });
  const paths = files.map(({ path }) => path);
  const message = encodeConfigureMessage(keys, paths, command);
  return { kind: 'steps', steps: [{ op, actor, at, message, changes, transition: undefined }] };
}

/** The files that a change of settings sets or removes, as they stand, by path. */
export const overwrittenFiles = (
  auxiliary: ReadonlyMap<string, AuxiliaryContent>,
  files: readonly AuxiliaryFile[],
): Observation =>
  Object.fromEntries(
    files.map(({ path }) => {
      const now = auxiliary.get(path);
      return [path, typeof now === 'object' ? now.text : now];
    }),
  );

/** Those of `files` that do not stand as they are to be. */
function changedFiles({ auxiliary }: Overlay, files: readonly AuxiliaryFile[]): AuxiliaryFile[] {
  const problem = problemOfFiles(files) ?? obstacleOf(auxiliary, files);
  if (problem !== undefined) {
    throw new LedgerError('INVALID_INPUT', `The files cannot be set: ${problem}.`, {
      hint: 'docs/format.md, "Tree", says what may stand beside items.',
      details: { paths: files.map(({ path }) => path) },
    });
  }
  return files.filter(({ path, text }) => {
    const now = auxiliary.get(path);
    return now === 'other' || now?.text !== text;
  });
}

/** What stands on the tip where a file would have to go, or where its folder would. */
function obstacleOf(auxiliary: Overlay['auxiliary'], files: readonly AuxiliaryFile[]): string | undefined {
  const set = files.filter(({ text }) => text !== undefined).map(({ path }) => path);
  const present = [...auxiliary].filter(([, content]) => content !== undefined).map(([path]) => path);
  const [path, other] = conflictOf(set, present) ?? [];
  return path && `${path}: ${other} stands in its way`;
}

function stepOf(transition: Transition): Step {
  const { before, after, event } = transition;
  const from = before && itemPath(before.id, before.status);
  const to = after && itemPath(after.id, after.status);
  const changes: FileChange[] = [];
  if (from !== undefined && from !== to) changes.push({ path: from, bytes: undefined });
  if (to !== undefined && after !== undefined) changes.push({ path: to, bytes: encodeItem(after) });
  return {
    op: event.op,
    actor: event.actor,
    at: event.at,
    message: encodeMessage(event),
    changes,
    transition,
  };
}

/** Steps that stand together or not at all say so; one alone says nothing. */
export function asGroup(steps: readonly Step[], id: string): Step[] {
  if (steps.length < 2) return [...steps];
  return steps.map((step, at) => {
    const group = { id, index: at + 1, size: steps.length };
    const { transition } = step;
    return {
      ...step,
      message: addPlace(step.message, group),
      transition: transition && { ...transition, event: { ...transition.event, group } },
    };
  });
}

/**
 * The commit of a step. The author is who acts, at the time it was asked for; the committer is this machine, now.
 *
 * @param email the author's, where another machine asked for it
 */
export function draftOf(step: Step, committer: Identity, now: Date, email = committer.email): CommitDraft {
  return {
    message: step.message,
    author: { name: step.actor, email },
    authored_at: Math.floor(Date.parse(step.at) / 1000),
    committer,
    committed_at: Math.floor(now.getTime() / 1000),
    changes: step.changes,
  };
}

/** Auxiliary files as they stand, by path. */
export type AuxiliaryFiles = ReadonlyMap<string, AuxiliaryContent>;

const PLAIN_FILE = '100644';

/** Reads the auxiliary files that commands are about to set; nothing where none does. */
export function readAuxiliaryFiles(
  store: LedgerStore,
  tip: Oid,
  commands: readonly (Planned | undefined)[],
): Promise<AuxiliaryFiles> {
  const files = commands.flatMap((command) =>
    typeof command === 'object' && command.verb === 'configure' ? (command.files ?? []) : [],
  );
  return readFiles(
    store,
    tip,
    files.map(({ path }) => path),
  );
}

/** Reads files of a tree, as far as they are there, and what stands in the way of them. */
export async function readFiles(
  store: LedgerStore,
  tip: Oid,
  paths: readonly string[],
): Promise<AuxiliaryFiles> {
  if (paths.length === 0) return new Map();
  const named = new Set(paths);
  const entries = (await store.readTree(tip)).filter(
    ({ path }) => named.has(path) || (isKnownFile(path) && conflictOf([path], paths) !== undefined),
  );
  const plain = entries.filter(({ mode }) => mode === PLAIN_FILE);
  const blobs = await store.readBlobs(
    plain.map(({ oid }) => oid),
    MAX_AUXILIARY_BYTES,
  );
  return new Map(
    entries.map(({ path, mode, oid }) => [path, mode === PLAIN_FILE ? contentOf(blobs.get(oid)) : 'other']),
  );
}

/** As `readAuxiliaryFiles`, for commits that are decided again. */
export const readAuxiliaryFilesFor = (
  store: LedgerStore,
  tip: Oid,
  commits: readonly ReadCommit[],
): Promise<AuxiliaryFiles> =>
  readAuxiliaryFiles(
    store,
    tip,
    commits.map(({ command }) => command),
  );

function contentOf(blob: BlobContent | undefined): AuxiliaryContent {
  const text = blob?.kind === 'bytes' ? readAuxiliaryText(blob.bytes) : undefined;
  return text === undefined ? 'other' : { text };
}
