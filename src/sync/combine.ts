import { createHash } from 'node:crypto';
import { CLONE_NAME } from '../domain/values.ts';
import { Overlay } from '../domain/view.ts';
import type { Combined } from '../remote/port.ts';
import type { Oid } from '../store/port.ts';
import { commitInTime } from './committed-time.ts';
import { draftOf, readAuxiliaryFilesFor } from './draft.ts';
import { ifReadable, madeAt, OFFERS } from './inbox.ts';
import type { RemoteContext } from './ports.ts';
import { NAMES, type ReadCommit, readCommits } from './read-commits.ts';
import { emailOf, learnDeletionsFor } from './reconcile.ts';
import { replay } from './replay.ts';
import { APART } from './state-keys.ts';

const CANDIDATE = 'refs/work-ledger/candidate';

/** What another clone has pending, as it was offered when this clone last fetched. */
export interface Offered {
  clone: string;
  /** What was read in its inbox. */
  tip: Oid;
  pending: ReadCommit[];
}

/** What is pushed: a tip, and what it has of other clones. */
export interface Candidate {
  tip: Oid;
  combined: Combined[];
}

/** An offer this old has nobody waiting for it any more. */
const OFFER_MS = 120_000;

/** What this clone found out about an offer, so that it reads only what is new since. */
interface Judged {
  offered: Oid;
  /** When its newest commit was made, in milliseconds since 1970. */
  made: number;
  /** The shared tip up to which it was held against the branch, and the ops of it that were not there. */
  seen?: Oid;
  open?: readonly string[];
}

/** So long a remote is taken to be as it was found to be: it can be brought up to date. */
const KNOWN_MS = 24 * 60 * 60 * 1000;

/** Notes that a remote cannot take refs together, so that nothing is combined for it. */
export function noteApart({ state, clock, remote }: RemoteContext): void {
  state.set(APART, `${clock.now().toISOString()}\n${remote.url}`);
}

function isApart({ state, clock, remote }: RemoteContext): boolean {
  const [at = '', url] = state.get(APART)?.split('\n') ?? [];
  return url === remote.url && Math.abs(clock.now().getTime() - Date.parse(at)) < KNOWN_MS;
}

/** What a push can carry of others. @see readOffers */
export const offersFor = async (context: RemoteContext, seen: Oid | undefined): Promise<Offered[]> =>
  isApart(context) ? [] : readOffers(context, seen);

/**
 * Reads the inboxes of the other clones and leaves out what is on the shared branch already, known by `Work-Op`.
 *
 * A transition is offered on a base on which it was still pending, so only what came after that base must be looked at, and of that
 * only what came since it was last looked at. What is old is not looked at: its age is known without the branch.
 */
export async function readOffers(context: RemoteContext, seen: Oid | undefined): Promise<Offered[]> {
  const { store, remote, clock } = context;
  const { inbox } = remote;
  const offers: Offered[] = [];
  if (inbox === undefined || seen === undefined) return offers;
  const own = context.clone.name;
  for (const { ref, oid } of await store.listRefs(inbox.mirror)) {
    const clone = ref.slice(inbox.mirror.length);
    if (clone === own || !CLONE_NAME.test(clone)) continue;
    const pending = (await ifReadable(() => openIn(context, clone, oid, seen))) ?? [];
    if (pending.length > 0 && !isAhead(pending, clock.now())) offers.push({ clone, tip: oid, pending });
  }
  return offers;
}

async function openIn(context: RemoteContext, clone: string, offered: Oid, seen: Oid): Promise<ReadCommit[]> {
  const { store, state, clock } = context;
  const key = `${OFFERS}/${clone}`;
  const known = readJudged(state.get(key), offered);
  if (known?.open?.length === 0) return [];
  const made = known?.made ?? (await madeAt(store, offered)) ?? 0;
  const note = (judged: Partial<Judged>): void =>
    state.set(key, JSON.stringify({ offered, made, ...judged }));
  if (Math.abs(clock.now().getTime() - made) > OFFER_MS) {
    if (known === undefined) note({});
    return [];
  }
  const base = await store.mergeBase(offered, seen);
  const before =
    known?.open ??
    (base === undefined
      ? []
      : (await readCommits(store, base, offered, NAMES)).flatMap(({ op }) => op ?? []));
  const arrived =
    before.length === 0
      ? []
      : (await readCommits(store, known?.seen ?? base, seen, NAMES)).map(({ op }) => op);
  const shared = new Set(arrived);
  const open = before.filter((op) => !shared.has(op));
  if (known?.seen !== seen) note({ seen, open });
  if (open.length === 0) return [];
  const isOpen = new Set(open);
  return (await readCommits(store, base, offered, isOpen)).filter(({ op }) => isOpen.has(op ?? ''));
}

function readJudged(text: string | undefined, offered: Oid): Judged | undefined {
  try {
    const judged = JSON.parse(text ?? 'null') as Judged | null;
    return judged?.offered === offered && isJudged(judged) ? judged : undefined;
  } catch {
    return undefined;
  }
}

const isJudged = ({ made, seen, open }: { [Key in keyof Judged]?: unknown }): boolean =>
  Number.isFinite(made) &&
  (seen === undefined || typeof seen === 'string') &&
  (open === undefined || (Array.isArray(open) && open.every((op) => typeof op === 'string')));

/** What was asked for ahead of this machine's clock: by it, nobody could push that. */
function isAhead(open: readonly ReadCommit[], now: Date): boolean {
  const asked = Math.max(...open.map(({ command }) => Date.parse(command?.at ?? '') || 0));
  return asked - now.getTime() > OFFER_MS;
}

/** What each clone pushes itself: settings and files of the repository, and what comes from elsewhere. */
const NEVER_COMBINED: ReadonlySet<string> = new Set(['configure', 'import']);

/**
 * Puts other clones' pending transitions on top of this clone's own, each decided again and its author kept. What is not
 * legal there is left to its owner. The local branch is not touched: it takes the chain over once the remote has.
 *
 * @param local the tip of what is pending here and to be pushed: `mine`
 * @returns the tip to push, and what it has of others
 */
export async function combine(
  context: RemoteContext,
  local: Oid,
  { mine, others }: { mine: readonly ReadCommit[]; others: readonly Offered[] },
): Promise<Candidate> {
  const alone: Candidate = { tip: local, combined: [] };
  // A copy of a clone has pending, too, what its original offers.
  const own = new Set(mine.map(({ op }) => op));
  const { store, views, committer, clock, signs, judge } = context;
  const asked = others.flatMap(({ pending }) =>
    pending.filter(
      ({ op, command }) => command !== undefined && !own.has(op) && !NEVER_COMBINED.has(command.verb),
    ),
  );
  if (asked.length === 0) return alone;
  // Of what came before the base of an offer, the branch was not looked at: anyone may offer an op of then.
  const happened = await views.commitsOf(
    local,
    asked.flatMap(({ op }) => op ?? []),
  );
  const offered = asked.filter(({ op = '' }) => !happened.has(op));
  if (offered.length === 0) return alone;
  const bar = judge.bar();
  await learnDeletionsFor(context, local, offered);
  const auxiliary = await readAuxiliaryFilesFor(store, local, offered);
  const { steps, skew_s } = await views.peek(local, (view) => ({
    ...replay(new Overlay(view, auxiliary), offered, { known: new Map(), signs, bar }),
    skew_s: view.settings.clock_skew_s,
  }));
  if (steps.length === 0) return alone;
  const now = clock.now();
  const drafts = steps.map(({ step, from }) => draftOf(step, committer, now, emailOf(from)));
  const expected = await store.readRef(CANDIDATE);
  const made = await commitInTime(context, { ref: CANDIDATE, expected, base: local, drafts }, skew_s);
  if (made.kind !== 'committed') return alone;
  const combined = others.flatMap(({ clone, tip, pending }): Combined[] => {
    const ops = new Set(pending.map(({ op }) => op));
    // By the last commit that was made of it, its clone finds what became of it.
    const landed = made.oids[steps.findLastIndex(({ step }) => ops.has(step.op))];
    return landed === undefined ? [] : [{ clone, offered: tip, landed }];
  });
  return { tip: made.tip, combined };
}

/**
 * Who pushes next, settled without talking: clones that contend for the same tip rank themselves by a hash that all of them
 * can work out. The first one combines what the others offered.
 */
export function rankOf(tip: Oid, self: string, others: readonly string[]): number {
  const weigh = (clone: string): string => createHash('sha256').update(`${tip}\n${clone}`).digest('hex');
  const own = weigh(self);
  return others.filter((clone) => weigh(clone) < own).length;
}
