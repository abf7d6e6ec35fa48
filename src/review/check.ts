import { checkPush } from '../audit/check-push.ts';
import { LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import { isShallow } from '../git/repository.ts';
import { openNativeBackend } from '../ledger/backend.ts';
import { chooseBranch, chooseRemote } from '../ledger/options.ts';
import { Projection } from '../projection/projection.ts';
import { IncomingStore, Oversize } from '../store/incoming.ts';
import type { Oid } from '../store/port.ts';
import { baseStateOf, type Judgement, judgeProposal, type ReviewFinding } from './judge.ts';
import { itemOfBranch } from './shared.ts';

export interface CheckCall {
  dir?: string | undefined;
  /** What the proposal is to be merged into; the ledger's branch on the remote where none is given. */
  base?: string | undefined;
  /** The proposal; what is checked out where none is given. */
  head?: string | undefined;
  /** The name of the branch that is to be merged, which tells the item. */
  branch?: string | undefined;
  /** Seconds since 1970. */
  now?: number | undefined;
}

export interface CheckedReview {
  ok: boolean;
  base: Oid;
  head: Oid;
  /** The item; `null` where none could be told. */
  id: WorkId | null;
  findings: ReviewFinding[];
}

/**
 * Checks a proposal as what runs before a host merges it: that it is one commit, an approval, legal where it was made, and still the
 * same on the base. Where a host has merged it in passing, as in a queue, the merge is checked, too. Needs no ledger in the clone,
 * asks no remote, and moves no ref.
 *
 * @throws LedgerError `NOT_FOUND` for names that are no commits; `UNSUPPORTED_REPOSITORY` in a shallow clone
 */
export async function checkReview(call: CheckCall = {}): Promise<CheckedReview> {
  const backend = await openNativeBackend(call.dir ?? '.');
  const { config, place, store, lock, signatures } = backend;
  const incoming = new IncomingStore(place);
  const projection = new Projection({ store, lock, elapsed: () => performance.now() });
  try {
    refuseShallow(place);
    const base = await resolve(incoming, call.base === undefined ? defaultBases(config) : [call.base]);
    const head = await resolve(incoming, [call.head ?? 'HEAD']);
    const id = call.branch === undefined ? undefined : itemOfBranch(call.branch);
    if (call.branch !== undefined && id === undefined)
      return notOk({ base, head, id: null }, 'proposal', `${call.branch} is no review branch`);
    const now = call.now ?? Math.floor(Date.now() / 1000);
    const against = { incoming, projection, tip: base, now, signatures };
    // A branch that has a name is to be merged itself.
    const queued = id === undefined ? await mergedIn(incoming, base, head) : undefined;
    const judged = await judgeProposal(against, queued ?? head, id);
    const told = { base, head, id: id ?? (judged.kind === 'fit' ? judged.event.id : null) };
    if (judged.kind !== 'fit' || queued === undefined) return resultOf(told, judged);
    const baseState = await baseStateOf(against, base);
    const refusal = await checkPush({ incoming, baseState, tip: head, now, signatures });
    return refusal === undefined ? resultOf(told, judged) : notOk(told, refusal.rule, refusal.message);
  } finally {
    projection.close();
    incoming.close();
    await backend.close();
  }
}

function resultOf(told: Pick<CheckedReview, 'base' | 'head' | 'id'>, judged: Judgement): CheckedReview {
  switch (judged.kind) {
    case 'fit':
      return { ...told, ok: true, findings: [] };
    case 'merged':
      return notOk(told, 'count', 'the ledger has it already');
    case 'unfit':
      return { ...told, ok: false, findings: judged.findings };
    default:
      return judged satisfies never;
  }
}

const notOk = (
  told: Pick<CheckedReview, 'base' | 'head' | 'id'>,
  rule: ReviewFinding['rule'],
  message: string,
): CheckedReview => ({ ...told, ok: false, findings: [{ rule, message }] });

function refuseShallow(gitDir: string): void {
  if (!isShallow(gitDir)) return;
  throw new LedgerError('UNSUPPORTED_REPOSITORY', 'This clone is shallow: it lacks the history to check.', {
    hint: 'Fetch all of it: fetch-depth: 0 for actions/checkout, GIT_DEPTH: 0 for GitLab, or git fetch --unshallow.',
  });
}

/** Where the ledger is in a checkout of a host, which has no branch of its own. */
function defaultBases(config: Parameters<typeof chooseBranch>[1]): string[] {
  const branch = chooseBranch({}, config);
  const remote = chooseRemote({}, config)?.name;
  const local = `refs/heads/${branch}`;
  return remote === undefined ? [local] : [`refs/remotes/${remote}/${branch}`, local];
}

/** What git takes for a commit, but for paths and patterns. */
const NAME = /^(?!-)[^\s:?*[\\]+$/;

async function resolve(incoming: IncomingStore, names: readonly string[]): Promise<Oid> {
  for (const name of names) {
    const found = NAME.test(name) ? await incoming.look(`${name}^{commit}`) : undefined;
    if (found?.type === 'commit') return found.oid;
  }
  throw new LedgerError('NOT_FOUND', `There is no commit ${names[0]} here.`, {
    hint: 'A checkout may need to fetch it: git fetch origin BRANCH',
  });
}

/** The one commit that `head` merges into `base`; `undefined` where `head` is no merge of that kind. */
async function mergedIn(incoming: IncomingStore, base: Oid, head: Oid): Promise<Oid | undefined> {
  try {
    const { parents } = await incoming.readCommit(head);
    const [first, second, ...more] = parents;
    return first === base && more.length === 0 ? second : undefined;
  } catch (error) {
    // It is judged as what it is: too large.
    if (error instanceof Oversize) return undefined;
    throw error;
  }
}
