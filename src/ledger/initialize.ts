import { encodeInitMessage } from '../codec/message.ts';
import { newOp } from '../codec/op.ts';
import { SETTINGS_PATH } from '../codec/path.ts';
import { encodeSettings } from '../codec/settings.ts';
import { LedgerError } from '../domain/errors.ts';
import { parseInput } from '../domain/schema.ts';
import { settingsSchema } from '../domain/settings.ts';
import type { LedgerStore } from '../store/port.ts';
import { journalNow, localTip, markDecided } from '../sync/journal.ts';
import { branchFiles } from './branch-files.ts';
import type { Connection, WritePath } from './connection.ts';
import { inTime, oneCall } from './in-time.ts';

/**
 * Makes the ledger where neither the clone nor its remote has one, and shares it.
 *
 * @returns whether this call made it
 */
export async function initialize(asking: Connection, prefix: string | undefined): Promise<boolean> {
  const connection = oneCall(asking);
  const { refuseSecrets } = await import('./submit.ts');
  await refuseSecrets(connection, [{ actor: connection.actor, prefix }]);
  const path = await connection.write();
  const { store, context, sync } = path;
  const { remote, localRef } = context;
  if (remote !== undefined) await inTime(connection, (time) => sync.fetch(time));
  if ((await localTip(context)) === undefined) await writeRoot(path, connection, prefix);
  const mine = await store.readRef(localRef);
  if (remote === undefined) return mine !== undefined && (await isRootOnly(store, mine));
  if (connection.mode === 'local') return (await store.readRef(remote.seenRef)) === undefined;
  const before = await store.readRef(remote.seenRef);
  await inTime(connection, (time) => sync.sync(time));
  return before === undefined && (await store.readRef(localRef)) === mine;
}

/**
 * Joins the remote's ledger, since this clone has none yet.
 *
 * @param asks false where the caller wants nobody to be asked: what the clone was set up to be in asks all the same, once
 * @throws LedgerError `NO_LEDGER`, `REMOTE_UNREACHABLE`
 */
export async function joinRemote(connection: Connection, asks: boolean): Promise<void> {
  const { refs, localRef, remote, branch, place } = connection;
  if (remote !== null && asks) {
    const { sync } = await connection.write();
    await inTime(connection, (time) => sync.fetch(time));
  }
  if ((await refs.readRef(localRef)) !== undefined) return;
  const where = remote === null || !asks ? place : `${place} or ${remote.url}`;
  throw new LedgerError('NO_LEDGER', `There is no ledger on the branch ${branch} of ${where}.`, {
    hint: remote === null || asks ? 'Make one with: wl init' : `Ask ${remote.name} for one: wl sync`,
  });
}

async function isRootOnly(store: LedgerStore, tip: string): Promise<boolean> {
  for await (const { parents } of store.commits({ to: tip, newest: 1 })) return parents.length === 0;
  return false;
}

async function writeRoot(
  { context }: WritePath,
  { actor, draw }: Connection,
  prefix: string | undefined,
): Promise<void> {
  const { store, clock, committer, localRef } = context;
  const now = clock.now();
  const request = { op: newOp(now, draw), actor, at: now.toISOString() };
  const id_prefix = prefix === undefined ? {} : { id_prefix: prefix };
  const settings = parseInput(
    settingsSchema,
    { schema: 1, ledger_id: newOp(now, draw), ...id_prefix },
    'ledger setting',
  );
  const seconds = Math.floor(now.getTime() / 1000);
  const made = await store.commit({
    ref: localRef,
    expected: undefined,
    base: undefined,
    drafts: [
      {
        message: encodeInitMessage(settings.ledger_id, request),
        author: { name: actor, email: committer.email },
        authored_at: seconds,
        committer,
        committed_at: seconds,
        changes: [{ path: SETTINGS_PATH, bytes: encodeSettings(settings) }, ...branchFiles()],
      },
    ],
  });
  if (made.kind === 'committed') await markDecided(context, undefined, made.tip, await journalNow(context));
}
