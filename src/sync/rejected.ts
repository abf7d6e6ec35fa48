import { readTrailers } from '../codec/message.ts';
import { ERROR_CODES, type ErrorCode, isLedgerError, LedgerError } from '../domain/errors.ts';
import { isOp, type WorkId } from '../domain/ids.ts';
import { toSafeLine } from '../domain/text.ts';
import { verbOf } from '../domain/verbs.ts';
import type { CommitDraft, Identity, LedgerStore, Oid } from '../store/port.ts';
import type { Group } from './local.ts';
import { NAMES, type ReadCommit, readCommits, readRecords } from './read-commits.ts';

const PREFIX = 'refs/work-ledger/rejected/';
export const rejectedRef = (op: string): string => PREFIX + op;

/** A transition that lost its race: nothing of it is on the shared branch, all of it is here. */
export interface RejectedTransition {
  op: string;
  ref: string;
  id: WorkId | undefined;
  verb: string;
  actor: string;
  at: string;
  error: LedgerError;
  /** What its author wrote, such as a result or a checkpoint; `undefined` where that is nothing. */
  content: unknown;
  commit: ReadCommit;
}

/**
 * Keeps a commit that cannot stand on the shared tip, under a commit that says why. Where it is kept already, the last attempt stands.
 */
export async function keepRejected(
  store: LedgerStore,
  lost: ReadCommit,
  error: unknown,
  committer: Identity,
  now: Date,
): Promise<{ op: string; ref: string; error: LedgerError }> {
  const op = lost.op !== undefined && isOp(lost.op) ? lost.op : lost.record.oid;
  const reason = isLedgerError(error) ? error : new LedgerError('INTERNAL', String(error), { cause: error });
  const ref = rejectedRef(op);
  const drafts = [wrapperOf(op, lost.record.message, reason, committer, now)];
  // A transition that was tried again and lost again is kept as it was last tried.
  await store.commit({ ref, expected: await store.readRef(ref), base: lost.record.oid, drafts });
  return { op, ref, error: reason };
}

/** Keeps a transition that was never committed: `draft` says what it would have been on `base`. */
export async function keepDraft(
  store: LedgerStore,
  { op, base, draft }: { op: string; base: Oid; draft: CommitDraft },
  error: LedgerError,
  now: Date,
): Promise<{ op: string; ref: string }> {
  const ref = rejectedRef(op);
  const drafts = [draft, wrapperOf(op, draft.message, error, draft.committer, now)];
  await store.commit({ ref, expected: await store.readRef(ref), base, drafts });
  return { op, ref };
}

/** The commit without changes that says why its parent was rejected. */
function wrapperOf(
  op: string,
  rejected: string,
  reason: LedgerError,
  committer: Identity,
  now: Date,
): CommitDraft {
  const at = Math.floor(now.getTime() / 1000);
  const subject = rejected.split('\n')[0] ?? '';
  const trailers = [
    `Work-Op: ${op}`,
    `Work-Rejected: ${reason.code}`,
    ...(reason.hint === undefined ? [] : [`Work-Hint: ${toSafeLine(reason.hint, 1000)}`]),
    `Work-Details: ${JSON.stringify(reason.details)}`,
  ];
  const message = `rejected: ${subject}\n\n${toSafeLine(reason.message, 2000)}\n\n${trailers.join('\n')}\n`;
  return { message, author: committer, authored_at: at, committer, committed_at: at, changes: [] };
}

/** Where the rejection of `op` stands now; `undefined` where there is none. */
const rejectionOf = (store: LedgerStore, op: string): Promise<Oid | undefined> =>
  store.readRef(rejectedRef(op));

/** The same of each that groups ask for. */
export async function rejectionsOf(
  store: LedgerStore,
  groups: readonly Group[],
): Promise<Map<string, Oid | undefined>> {
  const rejections = new Map<string, Oid | undefined>();
  for (const command of groups.flatMap(({ commands }) => commands))
    if (typeof command !== 'function') rejections.set(command.op, await rejectionOf(store, command.op));
  return rejections;
}

/** Why the transition `op` was rejected; `undefined` where it was not, or not since it stood at `before`. */
export async function findRejected(
  store: LedgerStore,
  op: string,
  before: Oid | undefined,
): Promise<RejectedTransition | undefined> {
  const oid = await rejectionOf(store, op);
  return oid === undefined || oid === before ? undefined : readRejected(store, rejectedRef(op), oid);
}

export async function listRejected(store: LedgerStore): Promise<RejectedTransition[]> {
  const refs = await store.listRefs(PREFIX);
  const found = await Promise.all(refs.map(({ ref, oid }) => readRejected(store, ref, oid)));
  return found.filter((entry) => entry !== undefined);
}

/** Lets go of what is kept of transitions that arrived on the shared branch after all, such as by a clone that they were offered to. */
export async function forgetArrived(store: LedgerStore, from: Oid, to: Oid): Promise<void> {
  const kept = await store.listRefs(PREFIX);
  if (kept.length === 0) return;
  const arrived = new Set((await readCommits(store, from, to, NAMES)).map(({ op }) => op && rejectedRef(op)));
  for (const { ref, oid } of kept) if (arrived.has(ref)) await store.moveRef(ref, oid, undefined);
}

async function readRejected(
  store: LedgerStore,
  ref: string,
  oid: Oid,
): Promise<RejectedTransition | undefined> {
  const [wrapper, lost] = await newest(store, oid);
  if (wrapper === undefined || lost === undefined) return undefined;
  const [commit] = await readRecords(store, [lost]);
  if (commit === undefined) return undefined;
  const { values } = readTrailers(wrapper.message);
  const code = values.get('Work-Rejected') ?? '';
  const hint = values.get('Work-Hint');
  const known = Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : 'INTERNAL';
  const error = new LedgerError(known, wrapper.message.split('\n')[2] ?? '', {
    ...(hint === undefined ? {} : { hint }),
    details: readDetails(values.get('Work-Details')),
  });
  const { event, command } = commit;
  return {
    op: ref.slice(PREFIX.length),
    ref,
    id: event?.id,
    verb: event?.verb ?? command?.verb ?? 'unknown',
    actor: command?.actor ?? lost.author.name,
    at: command?.at ?? new Date(lost.author.at * 1000).toISOString(),
    error,
    content:
      command === undefined || command.verb === 'configure'
        ? undefined
        : verbOf(command.verb).content(command),
    commit,
  };
}

function readDetails(text: string | undefined): Record<string, unknown> {
  const value: unknown = text === undefined ? {} : JSON.parse(text);
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

async function newest(store: LedgerStore, to: Oid): Promise<ReadCommit['record'][]> {
  const found: ReadCommit['record'][] = [];
  for await (const record of store.commits({ to, newest: 2 })) found.push(record);
  return found;
}
