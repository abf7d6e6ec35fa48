import { mended } from '../audit/check-repair.ts';
import { encodeRepairMessage } from '../codec/ledger-message.ts';
import { newOp } from '../codec/op.ts';
import { MAX_FILE_BYTES } from '../codec/read-yaml.ts';
import { LedgerError } from '../domain/errors.ts';
import { currentTip } from '../ledger/connection.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import type { CommitDraft, FileChange, Oid } from '../store/port.ts';
import { unreachable } from '../sync/look.ts';
import type { SyncContext } from '../sync/ports.ts';
import { fetchAndReconcile, pushPending } from '../sync/push-cycle.ts';
import { examineTree } from './broken-tree.ts';
import type { Mend } from './plan-mends.ts';

const TRIES = 5;

/** A mend, and the commit that it is. */
export interface Mended extends Mend {
  commit: Oid;
}

/**
 * Mends the tree of the ledger by commits, one for each thing that is wrong, on the shared tip, and shares them at once. What
 * they drop stays in history. Where the remote does not take them, nothing is changed.
 *
 * @throws LedgerError `INVALID_INPUT` where the remote may not be asked; `REMOTE_UNREACHABLE`, `REMOTE_REFUSED`, `CONTENDED`,
 *   `HISTORY_REWRITTEN`
 */
export async function mendTree(ledger: WorkLedger): Promise<Mended[]> {
  if (ledger.mode === 'local')
    throw new LedgerError(
      'INVALID_INPUT',
      'A mend is made on the shared tip, so the remote has to be asked.',
      {
        hint: 'Leave out --offline, or: git config --unset ledger.mode',
      },
    );
  const { context } = await ledger.connection.write();
  const { lock, remote } = context;
  const done = await lock.run('push', async () => {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      if (remote !== undefined) {
        await fetchAndReconcile({ ...context, remote });
        await pushPending({ ...context, remote });
      }
      const mends = await lock.run('commit', () => tryMend(ledger, context));
      if (mends !== undefined) return mends;
    }
    return undefined;
  });
  if (done !== undefined) return done;
  throw new LedgerError('CONTENDED', `Others were first ${TRIES} times in a row.`, { hint: 'Try again.' });
}

/** Nobody of this clone commits meanwhile. @returns `undefined` where others were first */
async function tryMend(ledger: WorkLedger, context: SyncContext): Promise<Mended[] | undefined> {
  const { store, remote, localRef } = context;
  const tip = await currentTip(ledger.connection);
  if (remote !== undefined && (await store.readRef(remote.seenRef)) !== tip) return undefined;
  const { mends } = await examineTree(store, tip);
  if (mends.length === 0) return [];
  const drafts: CommitDraft[] = [];
  for (const mend of mends) drafts.push(await draftOf(ledger, context, mend));
  const made = await store.commit({ ref: localRef, expected: tip, base: tip, drafts });
  if (made.kind === 'moved') return undefined;
  if (remote !== undefined && !(await share(context, tip, made.tip))) return undefined;
  return mends.map((mend, index) => ({ ...mend, commit: made.oids[index] ?? '' }));
}

/** A mend is of the tip that it was made on: what the remote does not take is taken back. @returns whether it was taken */
async function share({ store, remote, localRef }: SyncContext, from: Oid, to: Oid): Promise<boolean> {
  if (remote === undefined) return true;
  const pushed = await remote.push(to);
  if (pushed.kind === 'accepted') return true;
  await store.moveRef(localRef, to, from);
  if (pushed.kind === 'behind') return false;
  if (pushed.kind === 'refused')
    throw new LedgerError('REMOTE_REFUSED', `The remote ${remote.url} refused the mend: ${pushed.reason}.`, {
      hint: 'A rule of the remote forbids it; ask who keeps the repository.',
      details: { remote: remote.name, reason: pushed.reason },
    });
  throw unreachable(remote, pushed.cause, pushed.kind === 'unknown');
}

async function draftOf(ledger: WorkLedger, context: SyncContext, mend: Mend): Promise<CommitDraft> {
  const { store, clock, committer } = context;
  const wanted = mend.files.flatMap(({ blob }) => blob ?? []);
  const blobs = await store.readBlobs(wanted, MAX_FILE_BYTES);
  const changes = mend.files.flatMap(({ path, blob }): FileChange[] => {
    if (blob === undefined) return [{ path, bytes: undefined }];
    const content = blobs.get(blob);
    // What is too large for a file of the ledger stays in history alone.
    return content?.kind === 'bytes' ? [{ path, bytes: content.bytes }] : [];
  });
  const now = clock.now();
  const request = { op: newOp(now), actor: ledger.actor, at: now.toISOString() };
  const names = mended(
    changes.map(({ path, bytes }) => ({ path, after: bytes && { mode: '100644', oid: '' } })),
  );
  const seconds = Math.floor(now.getTime() / 1000);
  return {
    message: encodeRepairMessage(names, `What was wrong: ${mend.wrong}. It is ${mend.how}.`, request),
    author: { name: ledger.actor, email: committer.email },
    authored_at: seconds,
    committer,
    committed_at: seconds,
    changes,
  };
}
