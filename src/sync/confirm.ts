import { LedgerError } from '../domain/errors.ts';
import type { PushResult, WrittenTo } from '../remote/port.ts';
import type { Oid } from '../store/port.ts';
import { look, lookOrUnknown, pause } from './look.ts';
import type { CallContext, RemoteContext } from './ports.ts';
import { NAMES, readCommits } from './read-commits.ts';

/**
 * What was taken where pushes go is accepted once the branch is read with it: waits until it is.
 *
 * @throws LedgerError `REMOTE_STALE` with `details.unknown` where it is not read until the time is up; as `look`
 */
export async function confirm(context: CallContext, tip: Oid): Promise<PushResult> {
  const { store, time } = context;
  for (let tries = 1; ; tries += 1) {
    const found = await lookOrUnknown(context, 'branch').catch((error: unknown) => {
      // The last look of several, for which no time was left.
      throw tries > 1 && time.left() === 0 ? behindTheOther(context, true) : error;
    });
    if (found !== undefined && (await store.mergeBase(tip, found)) === tip) return { kind: 'accepted' };
    // What was taken there, and is not here, is decided again on what is.
    if (found !== undefined && (await store.mergeBase(tip, found)) !== found)
      return { kind: 'unknown', cause: new Error('another line is read than was written') };
    if (time.left() === 0) throw behindTheOther(context, true);
    await pause(context, tries);
  }
}

/**
 * Someone was first where pushes go, and what is read does not show it: waits until it does.
 *
 * @param tip what was read last
 * @throws LedgerError `DIFFERENT_REMOTES` where it never will; `REMOTE_STALE` where it does not until the time is up; as `look`
 */
export async function waitToRead(context: CallContext, tip: Oid | undefined): Promise<void> {
  const { remote, time } = context;
  const written = await remote.written();
  if (written === 'lacks' || written === 'parted') throw differentRemotes(context);
  for (let tries = 1; ; tries += 1) {
    await pause(context, tries);
    if (time.left() === 0) break;
    const found = await look(context, 'branch').catch((error: unknown) => {
      throw time.left() === 0 ? behindTheOther(context, false) : error;
    });
    if (found !== tip) return;
  }
  throw behindTheOther(context, false);
}

/** Transitions that were taken where pushes go, and are not read yet: nothing here takes them back. */
export async function takenOps({ store, remote }: RemoteContext): Promise<ReadonlySet<string>> {
  const { writesTo, seenRef } = remote;
  const taken = writesTo && (await store.readRef(writesTo.acceptedRef));
  if (taken === undefined) return new Set();
  const commits = await readCommits(store, await store.readRef(seenRef), taken, NAMES);
  return new Set(commits.flatMap(({ op }) => op ?? []));
}

function behindTheOther({ remote }: RemoteContext, own: boolean): LedgerError {
  const { read, written } = addressesOf(remote);
  const { name } = remote;
  return new LedgerError(
    'REMOTE_STALE',
    own
      ? `${written}, where ${name} is written, took the push; ${read}, where it is read, does not show it yet.`
      : `${written}, where ${name} is written, has more than ${read}, where it is read, shows yet.`,
    {
      hint: own
        ? 'It is neither lost nor accepted. What became of it, when the mirror has caught up: wl sync'
        : 'When the mirror has caught up: wl sync',
      details: { remote: name, read, written, unknown: own },
    },
  );
}

function differentRemotes({ remote }: RemoteContext): LedgerError {
  const { read, written } = addressesOf(remote);
  return new LedgerError(
    'DIFFERENT_REMOTES',
    `${remote.name} is read at ${read} and written at ${written}, and neither follows the other.`,
    {
      hint: 'Nothing was lost. Let both addresses be one repository, or let the one that is read mirror the one that is written; `git remote -v` shows both.',
      details: { remote: remote.name, read, written },
    },
  );
}

const addressesOf = ({
  url,
  writesTo,
}: {
  url: string;
  writesTo: WrittenTo | undefined;
}): { read: string; written: string } => ({ read: url, written: writesTo?.url ?? url });
