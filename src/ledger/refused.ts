import { lastChanges, readVersions } from '../audit/diff.ts';
import { itemPath } from '../codec/path.ts';
import type { Command, Fence } from '../domain/commands.ts';
import type { ErrorDetails } from '../domain/error-details.ts';
import { isLedgerError, type LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import { type Change, conflict } from '../domain/observation.ts';
import { KNOWN_RULES } from '../domain/policy.ts';
import { verbOf } from '../domain/verbs.ts';
import { type LedgerView, Overlay } from '../domain/view.ts';
import type { CommitDraft } from '../store/port.ts';
import { decideInto, draftOf, type LedgerCommand } from '../sync/draft.ts';
import type { Planned } from '../sync/local.ts';
import type { Outcome } from '../sync/outcome.ts';
import type { SyncContext } from '../sync/ports.ts';
import { keepDraft } from '../sync/rejected.ts';
import { type Connection, currentTip } from './connection.ts';
import type { Won } from './results.ts';

/** A command of an item, with the proof of a holder where one gave it. */
type Saying = Command & { id: WorkId } & Fence;

/**
 * Keeps what a holder wrote who is no longer one, as if it still were, and what someone wrote on something else than it is now or in a
 * ledger under newer rules than this program knows: a
 * result, an error, a checkpoint or a change is then listed by `wl rejected`, as one is that lost its race.
 *
 * @returns the outcomes, the errors of those that are kept saying so
 */
export function keepRefused(
  context: SyncContext,
  commands: readonly Planned[],
  outcomes: readonly Outcome[],
): Promise<Outcome[]> {
  return Promise.all(
    outcomes.map(async (outcome, index): Promise<Outcome> => {
      const command = commands[index];
      if (outcome.kind !== 'refused' || command === undefined || typeof command === 'function')
        return outcome;
      if (!says(command)) return outcome;
      if (!SPOKEN.has(outcome.error.code) && !wasHolder(command, outcome.error)) return outcome;
      return { kind: 'refused', error: await keep(context, command, outcome.error) };
    }),
  );
}

/** Says of what changed under a caller's eyes who changed it, as the item's history tells. */
export function nameChangers(connection: Connection, outcomes: readonly Outcome[]): Promise<Outcome[]> {
  return Promise.all(
    outcomes.map(async (outcome): Promise<Outcome> => {
      if (outcome.kind !== 'lost' && outcome.kind !== 'refused') return outcome;
      const { error } = outcome;
      if (!isLedgerError(error, 'CONFLICT') || error.details.id === undefined) return outcome;
      const { id, rev, verb, changed } = error.details;
      const versions = await readVersions(await connection.store(), await currentTip(connection), id);
      const last = lastChanges(versions);
      const told = changed.map((change): Change => {
        const entry = change.field === 'rev' ? versions.at(-1)?.entry : last.get(change.field)?.by;
        return entry === undefined
          ? change
          : { ...change, by: { actor: entry.actor, at: entry.at, commit: entry.commit } };
      });
      const named = conflict(id, verb, told, { id, rev });
      const { changed: _, ...others } = error.details;
      return { ...outcome, error: named.with({ details: others }) };
    }),
  );
}

/**
 * What was made before under the same key by a request for the same, where that was deleted since: as it last was, so that whoever asks again
 * knows that it is done, and nobody makes it twice.
 *
 * @returns `undefined` where the key was used for something else
 */
export async function madeBefore(
  connection: Connection,
  { details: { id, same, deleted } }: LedgerError<'KEY_USED', ErrorDetails<'KEY_USED'>>,
): Promise<Won | undefined> {
  if (!same || !deleted) return undefined;
  const versions = await readVersions(await connection.store(), await currentTip(connection), id);
  const item = versions.findLast((version) => version.item !== undefined)?.item;
  return item && { ok: true, item, commit: undefined, where: 'remote' };
}

/** Whether it has something in it that would be lost if it were only refused. */
const says = (command: LedgerCommand): command is Saying =>
  command.verb !== 'configure' && verbOf(command.verb).content(command) !== undefined;

/** Refusals that are no holder's fault: something else than was seen, and rules that only a newer program may decide by. */
const SPOKEN: ReadonlySet<string> = new Set(['CONFLICT', 'UPGRADE_REQUIRED']);

/** True where the refusal is of someone who had the item: whose claim is outdated, or was given back. */
function wasHolder({ epoch, execution_id }: Fence, { code, details }: LedgerError): boolean {
  if (code === 'STALE_EPOCH') return true;
  const isFree = code === 'ILLEGAL_TRANSITION' && details.status === 'pending';
  return (epoch !== undefined || execution_id !== undefined) && (isFree || code === 'NOT_OWNER');
}

async function keep(context: SyncContext, command: Saying, error: LedgerError): Promise<LedgerError> {
  const { store, views, localRef, committer, clock } = context;
  const base = await store.readRef(localRef);
  if (base === undefined) return error;
  const now = clock.now();
  const asHolder = (view: LedgerView): CommitDraft => {
    const overlay = new Overlay(view);
    const item = view.find(command.id);
    if (item === undefined) throw error;
    // What is kept changes nothing of the ledger; whoever applies it decides it by the rules there.
    overlay.settings = {
      ...view.settings,
      rules_version: Math.min(view.settings.rules_version, KNOWN_RULES),
    };
    if (!SPOKEN.has(error.code)) overlay.set(item.id, heldBy(item, command));
    const decided = decideInto(overlay, { ...command, observed: undefined, if_rev: undefined } as Command);
    const [step] = decided.kind === 'steps' ? decided.steps : [];
    if (step === undefined) throw error;
    const written = step.changes.filter(({ bytes }) => bytes !== undefined);
    const path = itemPath(item.id, item.status);
    const gone = written.some((change) => change.path === path) ? [] : [{ path, bytes: undefined }];
    return draftOf({ ...step, changes: [...gone, ...written] }, committer, now);
  };
  try {
    const draft = await views.read(base, asHolder);
    const kept = await keepDraft(store, { op: command.op, base, draft }, error, now);
    return error.with({ details: { kept } });
  } catch (other) {
    // What would not have been legal for a holder either, such as a text that is too long, is refused as it was.
    if (isLedgerError(other)) return error;
    throw other;
  }
}

/** The item as it would stand, were the one who asks still its holder. */
function heldBy(item: WorkItem, { actor, at, epoch, execution_id }: Saying): WorkItem {
  const claim = {
    epoch: epoch ?? item.claim?.epoch ?? 1,
    execution_id: execution_id ?? item.claim?.execution_id ?? actor,
    claimed_at: item.claim?.claimed_at ?? at,
    ttl_s: item.claim?.ttl_s ?? 1,
  };
  return {
    ...item,
    status: 'in_progress',
    owner: actor,
    execution_id: claim.execution_id,
    claim,
    block: undefined,
    completed_at: undefined,
  };
}
