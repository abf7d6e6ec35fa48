import type { Acknowledged, Finding } from '../audit/rules.ts';
import { type Verification, verifyLedger } from '../audit/verify.ts';
import { encodeAcknowledgeMessage } from '../codec/message.ts';
import { isLedgerError, LedgerError } from '../domain/errors.ts';
import { requireAllowed, requireNoSignature } from '../domain/policy.ts';
import { REASON_LENGTH, toSafeLine } from '../domain/text.ts';
import type { Oid } from '../store/port.ts';
import { commitOnTip, type OnTip } from '../sync/on-tip.ts';
import {
  type Connection,
  modeOf,
  onlineHint,
  requestBy,
  resolveCommit,
  type WritePath,
} from './connection.ts';
import { raced } from './giving-up.ts';
import { inTime, oneCall } from './in-time.ts';
import type { AcknowledgeOptions } from './inputs.ts';
import { refuseSecrets } from './submit.ts';

/** What was acknowledged, and by which commit: `null` where all of it was before. */
export interface Acknowledgements {
  commit: Oid | null;
  findings: (Finding | Acknowledged)[];
}

/** @see LedgerAudit.acknowledge */
export async function acknowledge(
  connection: Connection,
  typed: string,
  { rules, reason, actor, signal }: AcknowledgeOptions,
): Promise<Acknowledgements> {
  signal?.throwIfAborted();
  const line = toSafeLine(reason, REASON_LENGTH);
  if (line === '')
    throw new LedgerError('INVALID_INPUT', 'To acknowledge a finding, a reason has to be given.');
  if (modeOf(connection) === 'local')
    throw new LedgerError(
      'INVALID_INPUT',
      'An acknowledgement is made on the shared tip, so the remote has to be asked.',
      { hint: onlineHint(connection) },
    );
  const request = requestBy(connection, actor);
  await refuseSecrets(connection, [{ reason: line, actor: request.actor }]);
  return raced(make(oneCall(connection), typed, rules, line, request), signal);
}

async function make(
  connection: Connection,
  typed: string,
  rules: readonly string[] | undefined,
  reason: string,
  request: ReturnType<typeof requestBy>,
): Promise<Acknowledgements> {
  const { context, store, sync } = await connection.write();
  const { committer, clock, signs, views, remote } = context;
  // What is in question is not taken over, and is what is to be answered for.
  const isSound = remote === undefined || (await isSoundNow(connection, sync));
  const commit = await resolveCommit(connection, typed, isSound ? undefined : await sharedTip(context));
  let findings: (Finding | Acknowledged)[] = [];
  const drafted = async (tip: Oid): Promise<OnTip> => {
    const { signatures } = connection;
    // No clock is asked: what one says of the tip, another may not.
    const meant = meantIn(await verifyLedger(store, tip, { signatures }), commit, rules);
    findings = meant.findings;
    const settings = await views.peek(tip, (view) => view.settings);
    const skew_s = settings.clock_skew_s;
    if (meant.open.length === 0) return { drafts: [], skew_s };
    requireAllowed(settings, 'acknowledge', request.actor, undefined);
    if (!signs) requireNoSignature(settings, 'acknowledge', request.actor, undefined);
    const message = encodeAcknowledgeMessage({ commit, findings: meant.open, reason }, request);
    const author = { name: request.actor, email: committer.email };
    const authored_at = Math.floor(Date.parse(request.at) / 1000);
    const committed_at = Math.floor(clock.now().getTime() / 1000);
    return { drafts: [{ message, author, authored_at, committer, committed_at, changes: [] }], skew_s };
  };
  const commits = await inTime(connection, (time) => commitOnTip(context, 'acknowledgement', drafted, time));
  if (commits.length > 0 && remote !== undefined) await inTime(connection, (time) => sync.fetch(time));
  return { commit: commits[0] ?? null, findings };
}

async function isSoundNow(connection: Connection, sync: WritePath['sync']): Promise<boolean> {
  try {
    await inTime(connection, (time) => sync.fetch(time));
    return true;
  } catch (error) {
    if (isLedgerError(error, 'IN_QUESTION')) return false;
    throw error;
  }
}

const sharedTip = async ({ store, remote }: WritePath['context']): Promise<Oid | undefined> =>
  remote && store.readRef(remote.seenRef);

/** @throws LedgerError `INVALID_INPUT` where nothing of that was found there */
function meantIn(
  { findings, acknowledged }: Verification,
  commit: Oid,
  rules: readonly string[] | undefined,
): { open: { rule: string; id: string | undefined }[]; findings: (Finding | Acknowledged)[] } {
  const isMeant = (finding: Finding) =>
    finding.commit === commit && (rules === undefined || rules.includes(finding.rule));
  const open = findings.filter(isMeant);
  const all = [...open, ...acknowledged.filter(isMeant)];
  const missing = (rules ?? []).filter((rule) => !all.some((finding) => finding.rule === rule));
  if (all.length === 0 || missing.length > 0) {
    const what = missing.length > 0 ? missing.join(', ') : 'Nothing';
    throw new LedgerError(
      'INVALID_INPUT',
      `${what} ${missing.length > 1 ? 'were' : 'was'} found at ${commit.slice(0, 12)} that could be acknowledged.`,
      { hint: '`wl verify --full` tells what is found, and where.' },
    );
  }
  // Each once, however often it was found.
  const named = new Map(open.map(({ rule, id }) => [`${rule} ${id}`, { rule, id }]));
  return { open: [...named.values()], findings: all };
}
