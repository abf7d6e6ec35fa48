import type { Acknowledged } from '../audit/rules.ts';
import { judgeSignatures, type SignatureQuery, signersOf } from '../audit/signatures.ts';
import { replayBase, type Verification, verifyLedger } from '../audit/verify.ts';
import { isLedgerError, LedgerError } from '../domain/errors.ts';
import { type HistoryEntry, toEntry } from '../projection/history-entry.ts';
import type { LedgerStore, Oid } from '../store/port.ts';
import { type Connection, currentTip, resolveCommit } from './connection.ts';
import { raced } from './giving-up.ts';
import type { VerifyCall } from './inputs.ts';
import { readArrived } from './suspects.ts';

const SHORT = 12;
/** Local state: up to where this clone found nothing wrong. */
const VERIFIED = 'verified';
/** Raised with every rule that is added or changed: what was found good before is then replayed. */
export const RULES_VERSION = 10;

/** Verifies the branch of a clone, or a part of some history in it. @throws LedgerError `INVALID_INPUT`, `NOT_FOUND` */
export async function verify(connection: Connection, call: VerifyCall = {}): Promise<Verification> {
  const { signal, signatures } = call;
  const verification = await raced(replay(connection, stoppable(call)).catch(nameJudgeable), signal);
  if (signatures === undefined) return verification;
  return raced(withSignatures(connection, verification, call), signal);
}

/** What came before newer rules can be judged all the same. */
function nameJudgeable(error: unknown): never {
  const parent = isLedgerError(error, 'UPGRADE_REQUIRED') ? error.details.parent : undefined;
  if (!isLedgerError(error) || parent === undefined) throw error;
  throw error.with({
    hint: `${error.hint} What came before is judged by: wl verify ..${parent.slice(0, SHORT)}`,
  });
}

/** A replay looks now and then whether anyone still waits for it. */
function stoppable({ signal, onProgress, ...call }: VerifyCall): VerifyCall {
  if (signal === undefined) return { ...call, onProgress };
  return {
    ...call,
    onProgress: (progress) => {
      signal.throwIfAborted();
      onProgress?.(progress);
    },
  };
}

async function withSignatures(
  connection: Connection,
  verification: Verification,
  { range, signatures }: VerifyCall,
): Promise<Verification> {
  if (connection.signatures === undefined) {
    throw new LedgerError('NO_GIT', 'Signatures are checked by git, and this clone is used without it.');
  }
  const { tip: to } = verification;
  const from = range === undefined ? undefined : (verification.from ?? undefined);
  const entries: HistoryEntry[] = [];
  const commits: { oid: Oid; signers: Oid | undefined }[] = [];
  const store = await connection.store();
  for await (const record of store.commits({ to, from, changes: false })) {
    entries.push(toEntry(record));
    commits.push({ oid: record.oid, signers: signersOf(record) });
  }
  const found = await connection.signatures({ commits, allowedSigners: signatures?.allowed_signers });
  const { report, findings } = judgeSignatures(entries, found, signatures?.required ?? false);
  // What policy asks for was judged with the rest.
  const told = new Set(
    [...verification.findings, ...verification.acknowledged].flatMap(({ rule, commit }) =>
      rule.startsWith('signature:') ? [commit] : [],
    ),
  );
  const all = [...verification.findings, ...findings.filter(({ commit }) => !told.has(commit))];
  return { ...verification, ok: all.length === 0, findings: all, signatures: report };
}

async function replay(connection: Connection, call: VerifyCall): Promise<Verification> {
  const { range, since_last, onProgress } = call;
  const allowedSigners = call.signatures?.allowed_signers;
  const reader = connection.signatures;
  const signatures = reader && ((query: SignatureQuery) => reader({ ...query, allowedSigners }));
  const store = await connection.store();
  const now = Math.floor(connection.clock.now().getTime() / 1000);
  if (range !== undefined) {
    const { from, to } = await readRange(connection, range);
    if (from !== undefined && from !== to && (await store.mergeBase(from, to)) !== from) {
      throw new LedgerError(
        'INVALID_INPUT',
        `${to} does not build on ${from}, so there is no range between them.`,
        {
          hint: 'Leave the first commit out to replay everything: wl verify ..COMMIT',
        },
      );
    }
    const begins = from && (await replayBase(store, from, to));
    return verifyLedger(store, to, { from: begins, now, signatures, onProgress });
  }
  // Of what is in question and was not taken over for it, all is told.
  const tip = readArrived(connection.state)?.stop?.seen ?? (await currentTip(connection));
  const last = since_last ? lastGood(connection) : undefined;
  // A commit that is gone, as after a repack, is no line to go on from.
  const begins = last && (await replayBase(store, last.tip, tip).catch(() => undefined));
  if (begins !== undefined && last?.tip === tip) {
    const { items, acknowledged } = last;
    return { ok: true, from: tip, tip, commits: 0, transitions: 0, items, findings: [], acknowledged };
  }
  const verification = await verifyLedger(store, tip, {
    ...{ from: begins, resumes: begins === undefined ? undefined : last?.acknowledged, now },
    ...{ signatures, onProgress },
  });
  if (verification.ok) remember(connection, verification);
  // What was held to be good is so no longer.
  else if (verification.from === null) connection.state.delete(VERIFIED);
  return verification;
}

interface Good {
  tip: Oid;
  items: number;
  acknowledged: Acknowledged[];
}

function remember({ state }: Connection, { tip, items, acknowledged }: Verification): void {
  state.set(VERIFIED, JSON.stringify({ rules: RULES_VERSION, tip, items, acknowledged }));
}

function lastGood({ state }: Connection): Good | undefined {
  try {
    const {
      rules,
      tip,
      items,
      acknowledged = [],
    } = JSON.parse(state.get(VERIFIED) ?? '{}') as Partial<Good & { rules: number }>;
    const isWhole =
      rules === RULES_VERSION &&
      typeof tip === 'string' &&
      typeof items === 'number' &&
      Array.isArray(acknowledged);
    return isWhole ? { tip, items, acknowledged } : undefined;
  } catch {
    // Whatever stands there, replaying everything is right.
    return undefined;
  }
}

async function readRange(connection: Connection, typed: string): Promise<{ from: Oid | undefined; to: Oid }> {
  const [from, to, ...more] = typed.split('..');
  if (from === undefined || to === undefined || more.length > 0) {
    throw new LedgerError('INVALID_INPUT', `${JSON.stringify(typed)} is no range.`, {
      hint: 'It looks like A..B, A.. for all after A, or ..B for all up to B.',
    });
  }
  return {
    from: from === '' ? undefined : await resolve(connection, from),
    to: to === '' ? await currentTip(connection) : await resolve(connection, to),
  };
}

const REF = /^[A-Za-z0-9][\w./-]*$/;

/** @throws LedgerError `NOT_FOUND`, `AMBIGUOUS_ID`; `INVALID_INPUT` for what can name no commit */
async function resolve(connection: Connection, typed: string): Promise<Oid> {
  const store = await connection.store();
  if (!REF.test(typed)) throw new LedgerError('INVALID_INPUT', `${JSON.stringify(typed)} names no commit.`);
  const names = typed.startsWith('refs/') ? [typed] : [`refs/heads/${typed}`, `refs/remotes/${typed}`];
  for (const name of names) {
    const found = await store.readRef(name);
    if (found !== undefined) return found;
  }
  if (/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(typed) && (await isCommit(store, typed))) return typed;
  if (/^[0-9a-f]{4,}$/.test(typed)) return resolveCommit(connection, typed);
  throw new LedgerError('NOT_FOUND', `There is no commit and no branch ${typed} here.`);
}

async function isCommit(store: LedgerStore, oid: Oid): Promise<boolean> {
  try {
    for await (const found of store.commits({ to: oid, newest: 1, changes: false })) return found.oid === oid;
  } catch {
    // Each store says in its own way that there is no such commit.
  }
  return false;
}
