import { isDeepStrictEqual } from 'node:util';
import { type BaseState, commitsOf, readSettingsIn } from '../audit/base-state.ts';
import { findPolicyChange } from '../audit/check-merge.ts';
import { checkPush } from '../audit/check-push.ts';
import type { PushRule } from '../audit/rules.ts';
import { judgeKept, type SignatureReader } from '../audit/signatures.ts';
import { decodeMessage, recordedAt } from '../codec/message.ts';
import { SETTINGS_PATH, SIGNERS_PATH } from '../codec/path.ts';
import type { TransitionEvent } from '../domain/commands.ts';
import { decide } from '../domain/decide.ts';
import { isLedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import { PULL_REQUEST } from '../domain/verbs/approve.ts';
import type { LedgerView } from '../domain/view.ts';
import type { Projection } from '../projection/projection.ts';
import { type IncomingStore, Oversize } from '../store/incoming.ts';
import type { CommitRecord, Oid } from '../store/port.ts';
import { branchOf } from './shared.ts';

/** The ledger that a proposal is held against. */
export interface Against {
  incoming: IncomingStore;
  projection: Pick<Projection, 'peek' | 'commitsOf' | 'ledgerCommits'>;
  /** What a host would merge it into. */
  tip: Oid;
  /** Seconds since 1970. */
  now: number;
  /** Reads the signatures that policy may ask for. */
  signatures: SignatureReader | undefined;
}

export type Judgement =
  /** It is an approval of the item as it stands, and nothing else. */
  | { kind: 'fit'; base: Oid; before: WorkItem; after: WorkItem; event: TransitionEvent }
  /** The ledger has it already, as this commit or as another with the same name. */
  | { kind: 'merged' }
  | { kind: 'unfit'; findings: ReviewFinding[] };

/** Enough to tell that there is more than one. */
const FEW = 2;

/**
 * Judges a commit that anyone may have made: whether it is one commit on top of the ledger, the approval of `id` by the constant
 * actor, legal where it was made by every rule of the audit, and of the same effect on the present tip. What is larger than a
 * ledger needs is not read.
 *
 * @param id the item that the branch is named after; where there is no branch, any item will do
 */
export async function judgeProposal(against: Against, head: Oid, id: WorkId | undefined): Promise<Judgement> {
  try {
    return await judge(against, head, id);
  } catch (error) {
    if (error instanceof Oversize) return unfit('size', error.message);
    if (isLedgerError(error, 'STORAGE_FAILED')) return unfit('size', `it cannot be read: ${error.message}`);
    throw error;
  }
}

async function judge(against: Against, head: Oid, id: WorkId | undefined): Promise<Judgement> {
  const { incoming, projection, tip, now, signatures } = against;
  const records: CommitRecord[] = [];
  for await (const record of incoming.commits({ from: tip, to: head, newest: FEW })) records.push(record);
  const [record, ...more] = records;
  if (record === undefined) return { kind: 'merged' };
  const [base, ...others] = record.parents;
  if (more.length > 0 || base === undefined || others.length > 0)
    return unfit('count', 'it is not exactly one commit on top of the ledger');
  const decoded = decodeMessage(record.message);
  if (decoded.kind === 'problem') return unfit('proposal', decoded.message);
  const { event } = decoded;
  const wrong = wrongIn(event, id) ?? wrongAuthor(record);
  if (wrong !== undefined) return unfit('proposal', wrong);
  const made = await projection.commitsOf(tip, [event.op]);
  if (made.has(event.op)) return { kind: 'merged' };
  const baseState = await baseStateOf(against, base);
  const refusal = await checkPush({ incoming, baseState, tip: head, now, signatures });
  if (refusal !== undefined) return unfit(refusal.rule, refusal.message);
  const there = await projection.peek(base, (view) => effectOn(view, event));
  const here = await projection.peek(tip, (view) => effectOn(view, event));
  if (there.kind === 'refused') return unfit('illegal', there.message);
  if (here.kind === 'refused') return unfit(here.rule, here.message);
  if (!isDeepStrictEqual(there.before, here.before))
    return unfit('moved', `${event.id} was changed since: it is at rev ${here.before.rev} now`);
  if ((await isAnotherPolicy(against, record, baseState)) || !isDeepStrictEqual(there.after, here.after))
    return unfit('moved', 'what an approval means was changed since');
  if (here.after.status !== 'completed')
    return unfit('illegal', 'others have to approve first: it is not the last approval');
  return {
    kind: 'fit',
    base,
    before: here.before,
    after: here.after,
    event: { ...event, title: here.before.title },
  };
}

/** Whether the ledger went on in a way that a merge with what was done before is refused for, whatever stands there now. */
async function isAnotherPolicy(
  { incoming, tip, signatures }: Against,
  { oid, parents: [base] }: CommitRecord,
  { settings }: BaseState,
): Promise<boolean> {
  const since: CommitRecord[] = [];
  for await (const record of incoming.commits({ from: base, to: tip })) since.push(record);
  const touching = (path: string) =>
    since.filter(({ changes }) => changes.some((change) => change.path === path));
  const settingsAt = async (commit: Oid): Promise<LedgerSettings | undefined> => {
    const file = await readSettingsIn(incoming, commit);
    return file?.kind === 'settings' ? file.settings : undefined;
  };
  if ((await findPolicyChange(touching(SETTINGS_PATH), settingsAt)) !== undefined) return true;
  if (settings?.signatures !== 'required' || touching(SIGNERS_PATH).length === 0) return false;
  const proof = { commit: oid, signers: base, actor: PULL_REQUEST, merge: tip };
  return (await judgeKept([proof], signatures)).length > 0;
}

const unfit = (rule: ReviewRule, message: string): Judgement => ({
  kind: 'unfit',
  findings: [{ rule, message }],
});

function wrongIn(
  { verb, id, actor, reason }: TransitionEvent,
  wanted: WorkId | undefined,
): string | undefined {
  if (verb !== 'approve') return `it is the verb ${verb}, not an approval`;
  if (wanted !== undefined && id !== wanted) return `it is of ${id}, and the branch is ${branchOf(wanted)}`;
  if (actor !== PULL_REQUEST) return `its actor is ${actor}, not ${PULL_REQUEST}`;
  // Whoever could push would speak for whoever merges.
  return reason === undefined ? undefined : 'it gives a reason, which a proposal has none of';
}

/** A host may put another name there when it squashes; nobody has any business to do so before. */
const wrongAuthor = ({ author }: CommitRecord): string | undefined =>
  author.name === PULL_REQUEST ? undefined : `its author is ${author.name}, not ${PULL_REQUEST}`;

/** The ledger at a commit that is not the tip; the index stays where it is. What was made up to the tip is not made again. */
export async function baseStateOf({ incoming, projection, tip }: Against, base: Oid): Promise<BaseState> {
  return {
    tip: base,
    settings: await projection.peek(base, ({ settings }) => settings),
    verify: undefined,
    recordedAt: recordedAt(await incoming.readCommit(base)),
    read: (use) => projection.peek(base, use),
    commitsOf: (ops) => commitsOf(tip, ops, projection, incoming),
  };
}

type Effect =
  | { kind: 'done'; before: WorkItem; after: WorkItem }
  | { kind: 'refused'; rule: ReviewRule; message: string };

/** What the approval does to the item where `view` shows it. */
function effectOn(view: LedgerView, { id, op, actor, at, reason }: TransitionEvent): Effect {
  try {
    const before = view.find(id);
    if (before === undefined) return { kind: 'refused', rule: 'gone', message: `there is no item ${id}` };
    if (before.status !== 'in_review')
      return { kind: 'refused', rule: 'gone', message: `${id} is ${before.status}, not in review` };
    const decision = decide(view, { verb: 'approve', id, op, actor, at, reason });
    if (decision.kind === 'transition' && decision.after !== undefined)
      return { kind: 'done', before, after: decision.after };
    return { kind: 'refused', rule: 'illegal', message: 'it changes nothing' };
  } catch (error) {
    if (!isLedgerError(error)) throw error;
    return { kind: 'refused', rule: 'illegal', message: error.message };
  }
}

/** What a proposal is held against beside the rules of a push. Names are API. */
export const REVIEW_RULES = {
  count: 'A proposal is exactly one commit on top of the ledger.',
  proposal: 'It is the approval of the item that its branch is named after, by the actor pull-request.',
  gone: 'The item is in review.',
  moved: 'The item is as it was when the proposal was made, and approving it still means the same.',
  illegal: 'Who approves may do so, and what it leads to is legal.',
  missing: 'There is a proposal.',
} as const;

export type ReviewRule = keyof typeof REVIEW_RULES | PushRule;

/** What is wrong with a proposal. */
export interface ReviewFinding {
  rule: ReviewRule;
  message: string;
}
