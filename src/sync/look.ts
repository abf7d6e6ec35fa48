import { isLedgerError, isPassing, LedgerError } from '../domain/errors.ts';
import type { FetchResult, FetchScope, LedgerRemote } from '../remote/port.ts';
import type { Oid } from '../store/port.ts';
import { traced, type WaitTrace } from '../trace/channels.ts';
import { maskUrls } from '../trace/mask.ts';
import { checkInbox } from './inbox.ts';
import type { CallContext, RemoteContext } from './ports.ts';
import { CONTACT, FETCHED, REMOTE } from './state-keys.ts';

/** What the remote has, once it is known that it is no older than what this clone has seen. */
export type Reading = Exclude<FetchResult, { kind: 'unreachable' }>;

/**
 * Looks at the remote.
 *
 * An answer that is older than what this clone has seen is asked for again, until the time of the call is up.
 *
 * @returns the shared tip; `undefined` where the remote has no ledger yet
 * @throws LedgerError as `ask`; `HISTORY_REWRITTEN` where what this clone has seen is no longer there: nothing moves then
 */
export async function look(context: CallContext, scope: FetchScope = 'all'): Promise<Oid | undefined> {
  const { remote, state, clock } = context;
  const fetched = await ask(context, scope);
  if (fetched.kind === 'rewritten') throw rewritten(remote, fetched.seen, fetched.found);
  const now = clock.now().toISOString();
  state.set(CONTACT, now);
  const reached = `${remote.name}\n${remote.url}`;
  if (state.get(REMOTE) !== reached) state.set(REMOTE, reached);
  if (scope === 'all') {
    state.set(FETCHED, now);
    await checkInbox(context);
  }
  return fetched.tip;
}

/**
 * Looks for what was sent, of which nobody knows whether it was taken.
 *
 * @throws LedgerError as `look`; what says nothing of the remote tells by `details.unknown` that it may have been
 */
export async function lookOrUnknown(context: CallContext, scope: FetchScope): Promise<Oid | undefined> {
  try {
    return await look(context, scope);
  } catch (error) {
    const saysNothing =
      isPassing(error) || isLedgerError(error, 'STORAGE_FAILED') || isLedgerError(error, 'PERMISSION_DENIED');
    throw saysNothing ? (error as LedgerError).with({ details: { unknown: true } }) : error;
  }
}

/**
 * Asks the remote what it has. A reading that is older than what this clone has seen is no rewrite where pushes still go on top of
 * that: a replica or a mirror answered. It is asked again.
 *
 * @throws LedgerError `REMOTE_UNREACHABLE`; `REMOTE_STALE` where it answers with something older until the time is up
 */
export async function ask(
  context: CallContext,
  scope: FetchScope,
  asked?: Extract<Reading, { kind: 'rewritten' }>,
): Promise<Reading> {
  const { remote, time } = context;
  for (let [tries, last] = [asked === undefined ? 1 : 2, asked]; ; tries += 1) {
    const answer = await remote.fetch(scope);
    // The last look of several, for which no time was left.
    const fetched = answer.kind === 'unreachable' && last && time.left() === 0 ? last : answer;
    if (fetched.kind === 'unreachable') throw unreachable(remote, fetched.cause);
    if (fetched.kind === 'ok') return fetched;
    const age = await ageOf(context, fetched);
    if (age === 'rewritten') return fetched;
    if (time.left() === 0) {
      // With one address and nothing that tells otherwise, what was read all the time is what there is.
      if (age === 'perhaps' && remote.writesTo === undefined) return fetched;
      throw stale(remote, fetched.seen, fetched.found);
    }
    last = fetched;
    await pause(context, tries);
    if (tries === 1) return awaited(context, 'newer reading', () => ask(context, scope, fetched));
  }
}

/** Whether a reading that lacks what was seen is of a branch that was rewritten, or only an old one. */
async function ageOf(
  { remote, store }: RemoteContext,
  { seen, found }: { seen: Oid; found: Oid | undefined },
): Promise<'rewritten' | 'stale' | 'perhaps'> {
  if (found !== undefined && (await store.mergeBase(seen, found)) !== found) return 'rewritten';
  const written = await remote.written();
  switch (written) {
    case 'holds':
    // What cannot be asked for now is no proof of anything.
    case 'unreachable':
      return 'stale';
    case 'lacks':
    case 'parted':
      return 'rewritten';
    case 'unknown':
      return 'perhaps';
    default:
      return written satisfies never;
  }
}

/** Publishes what `task` waits for as one step: each pause alone is too short to be told. */
export function awaited<T>(
  { remote }: RemoteContext,
  until: WaitTrace['until'],
  task: () => Promise<T>,
): Promise<T> {
  const began = () => ({ remote: remote.name, url: maskUrls(remote.url), until });
  return traced('wait', began, task, () => ({ outcome: 'over' }));
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/** Between two readings of a remote that lags: longer each time, and not beyond the time of the call. */
export async function pause({ clock, time }: CallContext, tries: number): Promise<void> {
  const ms = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1)) * (0.75 + 0.5 * clock.random());
  await clock.sleep(Math.max(1, Math.min(ms, time.left())));
}

function stale(remote: LedgerRemote, seen: Oid, found: Oid | undefined): LedgerError {
  const now = found === undefined ? 'no branch' : found.slice(0, 12);
  return new LedgerError(
    'REMOTE_STALE',
    `The remote ${remote.url} answers with ${now}; this clone saw ${seen.slice(0, 12)} there, which is newer.`,
    {
      hint: 'Nothing here was lost. A mirror may lag; when it has caught up: wl sync',
      details: { remote: remote.name, seen, found: found ?? null, unknown: false },
    },
  );
}

export function unreachable(remote: LedgerRemote, cause: Error, unknown = false): LedgerError {
  return new LedgerError(
    'REMOTE_UNREACHABLE',
    `The remote ${remote.url} cannot be reached: ${cause.message}`,
    {
      hint: 'When it is back: wl sync',
      details: { remote: remote.name, unknown },
      cause,
    },
  );
}

/** The remote takes nothing from here; what is pending stays so. */
export function denied(remote: LedgerRemote, reason: string): LedgerError {
  return new LedgerError('PUSH_DENIED', `The remote ${remote.url} takes no push from here: ${reason}`, {
    hint: `Check the key or token, whether its owner may write there, and the push settings of git; \`git push --dry-run ${remote.name}\` asks as well. Then: wl sync`,
    details: { remote: remote.name, reason },
  });
}

function rewritten(remote: LedgerRemote, seen: Oid, found: Oid | undefined): LedgerError {
  const now = found === undefined ? 'the branch is gone' : `it is at ${found.slice(0, 12)} now`;
  return new LedgerError(
    'HISTORY_REWRITTEN',
    `The ledger on ${remote.url} was rewritten: it no longer has ${seen.slice(0, 12)}, which this clone saw; ${now}.`,
    {
      hint: `Nothing was pushed and nothing here was lost. Ask who rewrote it; wl doctor shows both lines.`,
      details: { remote: remote.name, seen, found: found ?? null },
    },
  );
}
