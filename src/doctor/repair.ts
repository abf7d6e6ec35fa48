import { randomUUID } from 'node:crypto';
import { repairedPaths } from '../audit/check-repair.ts';
import { encodeRepairMessage } from '../codec/message.ts';
import { newOp } from '../codec/op.ts';
import { MAX_FILE_BYTES } from '../codec/read-yaml.ts';
import { LedgerError } from '../domain/errors.ts';
import { requireAllowed, requireNoSignature } from '../domain/policy.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import { connectionOf, currentTip } from '../ledger/connection.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import type { CommitDraft, FileChange, Oid } from '../store/port.ts';
import { commitInTime } from '../sync/committed-time.ts';
import { push, waitToRead } from '../sync/confirm.ts';
import { look, unreachable } from '../sync/look.ts';
import type { RemoteContext, SyncContext } from '../sync/ports.ts';
import { examineTree } from './broken-tree.ts';
import type { Repair } from './plan-repairs.ts';

const TRIES = 5;

/** A repair that was made, and its commit. */
export interface Repaired extends Repair {
  commit: Oid;
}

/**
 * Repairs the tree of the ledger by commits, one for each thing that is wrong, on the shared tip, and shares them at once. What
 * they drop stays in history. Where the remote does not take them, nothing is changed.
 *
 * @throws LedgerError `INVALID_INPUT` where the remote may not be asked; `REMOTE_UNREACHABLE`, `REMOTE_REFUSED`, `CONTENDED`,
 *   `HISTORY_REWRITTEN`; `REMOTE_STALE` and `DIFFERENT_REMOTES` where it is read elsewhere than it is written
 */
export async function repairTree(ledger: WorkLedger): Promise<Repaired[]> {
  if (ledger.clone.mode === 'local')
    throw new LedgerError(
      'INVALID_INPUT',
      'A mend is made on the shared tip, so the remote has to be asked.',
      {
        hint: 'Leave out --offline, or: git config --unset ledger.mode',
      },
    );
  const { context } = await connectionOf(ledger).write();
  const { lock, remote } = context;
  if (remote === undefined) return repairHere(ledger, context);
  const shared = { ...context, remote };
  const done = await lock.run('push', async () => {
    // One for all tries: a remote that lags, or that others are always first at, is not waited for once for each.
    const deadline = context.clock.now().getTime() + context.patience;
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const mended = await tryRepair(ledger, shared, deadline);
      if (mended !== undefined) return mended;
    }
    return undefined;
  });
  if (done === undefined) throw contended();
  // What is pending here could not be decided on settings that cannot be read; now it can.
  if (done.length > 0) await ledger.clone.fetch();
  return done;
}

const contended = (): LedgerError =>
  new LedgerError('CONTENDED', `Others were first ${TRIES} times in a row.`, { hint: 'Try again.' });

async function repairHere(ledger: WorkLedger, context: SyncContext): Promise<Repaired[]> {
  const { store, localRef } = context;
  const tip = await currentTip(connectionOf(ledger));
  const { mends, policy } = await examineTree(store, tip);
  if (mends.length === 0) return [];
  requireMayRepair(ledger, context, policy);
  const drafts = await draftsOf(ledger, context, mends);
  const request = { ref: localRef, expected: tip, base: tip, drafts };
  const made = await commitInTime(context, request, policy.clock_skew_s);
  if (made.kind === 'moved') throw contended();
  return withCommits(mends, made.oids);
}

/** @throws LedgerError `POLICY_DENIED` */
function requireMayRepair({ actor }: WorkLedger, { signs }: SyncContext, policy: LedgerSettings): void {
  requireAllowed(policy, 'repair', actor, undefined);
  if (!signs) requireNoSignature(policy, 'repair', actor, undefined);
}

/**
 * A repair is of the tip that it was made on, and is not decided again: it becomes the shared tip, or nothing.
 *
 * @returns `undefined` where others were first
 */
async function tryRepair(
  ledger: WorkLedger,
  context: RemoteContext,
  deadline: number,
): Promise<Repaired[] | undefined> {
  const { store } = context;
  const tip = await look(context, 'branch', deadline);
  if (tip === undefined) return [];
  const { mends, policy } = await examineTree(store, tip);
  if (mends.length === 0) return [];
  requireMayRepair(ledger, context, policy);
  const ref = `refs/work-ledger/tmp/${randomUUID()}`;
  const drafts = await draftsOf(ledger, context, mends);
  const request = { ref, expected: undefined, base: tip, drafts };
  const made = await commitInTime(context, request, policy.clock_skew_s);
  if (made.kind === 'moved') return undefined;
  try {
    return (await share(context, tip, made.tip, deadline)) ? withCommits(mends, made.oids) : undefined;
  } finally {
    await store.moveRef(ref, made.tip, undefined);
  }
}

/** @returns whether it was taken; false where others were first */
async function share(context: RemoteContext, base: Oid, tip: Oid, deadline: number): Promise<boolean> {
  const { remote } = context;
  const pushed = await push(context, tip, { deadline });
  if (pushed.kind === 'accepted') return true;
  if (pushed.kind === 'behind') {
    // Where it is written has something else than where it is read, for now or for good.
    if (remote.writesTo !== undefined && (await look(context, 'branch', deadline)) === base)
      await waitToRead(context, base, deadline);
    return false;
  }
  if (pushed.kind === 'refused')
    throw new LedgerError('REMOTE_REFUSED', `The remote ${remote.url} refused the mend: ${pushed.reason}.`, {
      hint: 'A rule of the remote forbids it; ask who keeps the repository.',
      details: { remote: remote.name, reason: pushed.reason },
    });
  throw unreachable(remote, pushed.cause, pushed.kind === 'unknown');
}

const withCommits = (mends: readonly Repair[], oids: readonly Oid[]): Repaired[] =>
  mends.map((repair, index) => ({ ...repair, commit: oids[index] ?? '' }));

async function draftsOf(
  ledger: WorkLedger,
  context: SyncContext,
  mends: readonly Repair[],
): Promise<CommitDraft[]> {
  const drafts: CommitDraft[] = [];
  for (const repair of mends) drafts.push(await draftOf(ledger, context, repair));
  return drafts;
}

async function draftOf(ledger: WorkLedger, context: SyncContext, repair: Repair): Promise<CommitDraft> {
  const { store, clock, committer } = context;
  const wanted = repair.files.flatMap(({ blob }) => blob ?? []);
  const blobs = await store.readBlobs(wanted, MAX_FILE_BYTES);
  const changes = repair.files.flatMap(({ path, blob }): FileChange[] => {
    if (blob === undefined) return [{ path, bytes: undefined }];
    const content = blobs.get(blob);
    // What is too large for a file of the ledger stays in history alone.
    return content?.kind === 'bytes' ? [{ path, bytes: content.bytes }] : [];
  });
  const now = clock.now();
  const request = { op: newOp(now), actor: ledger.actor, at: now.toISOString() };
  const modes = new Map(repair.files.map(({ path, mode }) => [path, mode]));
  const names = repairedPaths(
    changes.map(({ path, bytes }) => {
      const mode = modes.get(path);
      const before = mode === undefined ? undefined : { mode, oid: '' };
      return { path, before, after: bytes && { mode: '100644', oid: '' } };
    }),
  );
  const seconds = Math.floor(now.getTime() / 1000);
  return {
    message: encodeRepairMessage(names, `What was wrong: ${repair.wrong}. It is ${repair.how}.`, request),
    author: { name: ledger.actor, email: committer.email },
    authored_at: seconds,
    committer,
    committed_at: seconds,
    changes,
    tidied: repair.tidied,
  };
}
