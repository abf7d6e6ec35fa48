import { repairedPaths } from '../audit/check-repair.ts';
import { encodeRepairMessage } from '../codec/message.ts';
import { MAX_FILE_BYTES } from '../codec/read-yaml.ts';
import { LedgerError } from '../domain/errors.ts';
import { requireAllowed, requireNoSignature } from '../domain/policy.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import { connectionOf, onlineHint, requestBy } from '../ledger/connection.ts';
import { inTime, oneCall } from '../ledger/in-time.ts';
import { inQuestion } from '../ledger/suspects.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import type { CommitDraft, FileChange, Oid } from '../store/port.ts';
import { commitOnTip, type OnTip } from '../sync/on-tip.ts';
import type { SyncContext } from '../sync/ports.ts';
import { examineTree } from './broken-tree.ts';
import type { Repair } from './plan-repairs.ts';

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
        hint: onlineHint(connectionOf(ledger)),
      },
    );
  const connection = oneCall(connectionOf(ledger));
  const { context, sync } = await connection.write();
  let mends: readonly Repair[] = [];
  const drafted = async (tip: Oid): Promise<OnTip> => {
    const found = await examineTree(context.store, tip, {}, inQuestion(connectionOf(ledger)));
    ({ mends } = found);
    if (mends.length === 0) return { drafts: [], skew_s: 0 };
    requireMayRepair(ledger, context, found.policy);
    return { drafts: await draftsOf(ledger, context, mends), skew_s: found.policy.clock_skew_s };
  };
  const commits = await inTime(connection, (time) => commitOnTip(context, 'mend', drafted, time));
  const done = commits.length === 0 ? [] : withCommits(mends, commits);
  // What is pending here could not be decided on settings that cannot be read; now it can.
  if (done.length > 0 && context.remote !== undefined) await inTime(connection, (time) => sync.fetch(time));
  return done;
}

/** @throws LedgerError `POLICY_DENIED` */
function requireMayRepair({ actor }: WorkLedger, { signs }: SyncContext, policy: LedgerSettings): void {
  requireAllowed(policy, 'repair', actor, undefined);
  if (!signs) requireNoSignature(policy, 'repair', actor, undefined);
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
  const request = requestBy(connectionOf(ledger));
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
