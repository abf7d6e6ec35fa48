import { readFileSync } from 'node:fs';
import type { ThemeName } from '../plan.ts';

/** A rule of the protocol left out, by a replacement in a source, and which oracle has to notice. */
export interface Mutant {
  name: string;
  /** From `src` on. */
  file: string;
  from: string;
  to: string;
  /** The oracle that is to find it. `undefined` where nothing that is promised rests on it: it must not be found. */
  oracle: string | undefined;
  /** Of which runs are made, where few others could find it. */
  theme?: ThemeName;
  /** A small race that shows it in one of its orders, where chance comes to it too seldom. */
  scenario?: string;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'replay applies again what the shared branch has',
    file: 'sync/reconcile.ts',
    from: 'const known = request.known ?? (await knownAt(store, { expected, base, ops }));',
    to: 'const known = ops.size >= 0 ? new Map() : request.known;',
    oracle: 'once',
  },
  {
    name: 'a push that broke off is told as not made, without a look',
    file: 'sync/exchange.ts',
    from: "return doing(exchange, { do: 'look', why: 'in doubt' });",
    to: "return end(exchange, { why: 'unreachable', cause: result.cause });",
    // It is noted as exposed all the same, and told as unknown.
    oracle: undefined,
  },
  {
    name: 'what is lost is not kept',
    file: 'sync/reconcile.ts',
    from: 'for (const { from, error } of lost) {',
    to: 'for (const { from, error } of lost.slice(0, 0)) {',
    oracle: 'words',
  },
  {
    name: 'the local branch is set on the shared tip, whatever is pending',
    file: 'sync/reconcile.ts',
    from: 'if (base === local) return',
    to: 'if (base !== seen) return',
    oracle: 'words',
  },
  {
    name: 'what may be out is not noted as exposed',
    file: 'sync/journal.ts',
    from: "state.set(EXPOSED, [...tips].slice(-EXPOSED_KEPT).join(' '));",
    to: 'void tip;',
    oracle: 'words',
  },
  {
    name: 'giving up says for certain what it cannot know',
    file: 'sync/answers.ts',
    from: 'unknown: (inDoubt && taken.length > 0) || waiting.some(({ op }) => exposed.has(op) || sent.has(op)),',
    to: 'unknown: false,',
    oracle: 'words',
  },
  {
    name: 'a carrier combines what has arrived',
    file: 'sync/combine.ts',
    from: 'const open = before.filter((op) => !shared.has(op));',
    to: 'const open = before.filter(() => shared.size >= 0);',
    oracle: 'once',
  },
  {
    name: 'a copy carries what it has pending itself',
    file: 'sync/combine.ts',
    from: '!own.has(op) && ',
    to: '(own.size >= 0) && ',
    oracle: 'words',
    theme: 'copied',
  },
  {
    name: 'a carrier does not ask whether what it read is still offered',
    file: 'sync/combine.ts',
    from: 'return { tip: made.tip, combined };',
    to: 'return { tip: made.tip, combined: [] };',
    oracle: 'words',
    scenario: 'an offer that is refused, and a carrier',
  },
  {
    name: 'a date by one clock alone tells that a holder is silent',
    file: 'ledger/orphans.ts',
    from: 'if (!isLongAgo && !isOld(last_sign, least - lag)) return undefined;',
    to: 'void [isLongAgo, least];',
    oracle: 'leases',
    theme: 'watched',
  },
  {
    name: 'what a machine sleeps through was watched',
    file: 'ledger/orphans.ts',
    from: 'return Math.min(passed, awake < before ? awake : awake - before);',
    to: 'return passed;',
    oracle: 'leases',
    theme: 'asleep',
  },
  {
    name: 'a holder does not count the time that its machine sleeps',
    file: 'ledger/seam.ts',
    from: 'slept = Math.max(slept, now() - passed - began);',
    to: 'void [now, began];',
    oracle: 'workers',
    theme: 'asleep',
  },
  {
    name: 'what a moved branch lost is not put back',
    file: 'sync/restore.ts',
    from: 'if (missing === 0) return local;',
    to: 'if (missing >= 0) return local;',
    oracle: 'words',
    theme: 'moved',
  },
  {
    name: 'a claim keeps the epoch',
    file: 'domain/verbs/shared.ts',
    from: 'epoch: (item.claim?.epoch ?? 0) + 1,',
    to: 'epoch: item.claim?.epoch ?? 1,',
    oracle: 'holders',
  },
  {
    name: 'held work can be claimed',
    file: 'domain/verbs/claim.ts',
    from: "from: ['pending'],",
    to: "from: ['pending', 'in_progress'],",
    oracle: 'holders',
  },
  {
    name: 'a superseded epoch is no obstacle',
    file: 'domain/holding.ts',
    from: 'if (!staleEpoch && !staleExecution) return;',
    to: 'if (fence !== undefined) return;',
    oracle: 'intent',
    theme: 'namesakes',
  },
  {
    name: 'a command does not say what its caller saw',
    file: 'domain/decide.ts',
    from: 'requireSeen(verb, item, command, after);',
    to: 'void requireSeen;',
    oracle: 'intent',
  },
  {
    name: 'a request that was taken by a dead leader is begun anew',
    file: 'sync/leader.ts',
    from: 'const isMine = queue.withdraw(name);',
    to: 'const isMine = queue.withdraw(name) || true;',
    oracle: 'once',
    theme: 'beside',
  },
  {
    name: 'ids and keys of deleted items are free again',
    file: 'sync/local.ts',
    from: 'if (giving) await views.knowDeletions(tip);',
    to: 'void giving;',
    oracle: 'keys',
    theme: 'apart',
  },
  {
    name: 'a new item keeps its number where the remote cannot be asked',
    file: 'sync/withdraw.ts',
    from: 'const renumber = new Set(created.map(({ op }) => op));',
    to: 'const renumber = new Set(created.slice(0, 0).map(({ op }) => op));',
    oracle: 'ids',
    theme: 'apart',
  },
  {
    name: 'what was seen of the remote goes back',
    file: 'remote/clone-refs.ts',
    from: 'if (now !== undefined && (await store.mergeBase(now, tip)) !== now) return now;',
    to: '',
    // A fetch is held against what was seen before it moves it: two fetches of one clone at once would have to meet in between.
    oracle: undefined,
  },
  {
    name: 'what had nothing left to do is forgotten',
    file: 'sync/journal.ts',
    from: "state.set(NO_OPS, [...before, ...ops].slice(-NO_OPS_KEPT).join(' '));",
    to: 'void before;',
    oracle: 'words',
    theme: 'beside',
  },
  {
    name: 'nothing is offered with a push',
    file: 'sync/perform-exchange.ts',
    from: 'const offer = offers ? await prepareOffer(context, own) : undefined;',
    to: 'const offer = undefined;',
    oracle: undefined,
  },
  {
    name: 'what a verb goes by is not held against what its caller saw',
    file: 'domain/observation.ts',
    from: 'const went = changesOf(verb.sees(before), observed);',
    to: 'const went: Change[] = [];',
    oracle: 'intent',
  },
  {
    name: 'a group falls apart where it is decided again',
    file: 'sync/replay.ts',
    from: 'if (group.length === 1) this.#decideEach',
    to: 'if (group.length > 0) this.#decideEach',
    oracle: 'groups',
  },
  {
    name: 'a key that was used is free again',
    file: 'domain/graph.ts',
    from: 'const used = key === undefined ? undefined : view.usedKey(key);',
    to: 'const used = undefined as UsedKey | undefined;',
    oracle: 'keys',
  },
  {
    name: 'whoever asks under a key is answered with its item',
    file: 'domain/verbs/create.ts',
    from: 'const same = used.digest === contentDigest(item);',
    to: 'const same = true;',
    oracle: 'keys',
  },
  {
    name: 'an item whose place is taken is not kept',
    file: 'sync/reconcile.ts',
    from: 'const replaced = result.unchanged.flatMap(({ from, item }) => replacedBy(from, item));',
    to: "const replaced: Replayed['lost'] = [];",
    oracle: 'ids',
    theme: 'apart',
  },
  {
    name: 'a commit is dated by its own clock, whatever its parent records',
    file: 'sync/committed-time.ts',
    from: 'const committed_at = latest - own > skew_s ? own : Math.max(own, latest);',
    to: 'const committed_at = latest < 0 ? skew_s : own;',
    oracle: 'dates',
    theme: 'clocks',
  },
  {
    name: 'a parent is followed however far ahead it is',
    file: 'sync/committed-time.ts',
    from: 'const committed_at = latest - own > skew_s ? own : Math.max(own, latest);',
    to: 'const committed_at = skew_s < 0 ? own : Math.max(own, latest);',
    oracle: 'dates',
    theme: 'clocks',
  },
  {
    name: 'acknowledging one commit acknowledges all that are wrong in the same way',
    file: 'audit/acknowledge.ts',
    from: 'finding.commit === commit && finding.rule === rule && finding.id === id;',
    to: 'commit !== undefined && finding.rule === rule && finding.id === id;',
    oracle: 'found',
    theme: 'audited',
  },
  {
    name: 'a refusal is taken for a lost race',
    file: 'sync/exchange.ts',
    from: "return doing(exchange, { do: 'refuse', reason: result.reason });",
    to: "return doing({ ...exchange, reason: result.reason }, { do: 'look', why: 'behind' });",
    // A branch that stands where it was seen shows that nobody was first; it does not show why.
    oracle: 'reasons',
    theme: 'refused',
  },
  {
    name: 'missing rights are taken for a lost race',
    file: 'sync/exchange.ts',
    from: "return end(exchange, { why: 'denied', reason: result.reason });",
    to: "return doing({ ...exchange, reason: result.reason }, { do: 'look', why: 'behind' });",
    oracle: 'reasons',
    theme: 'refused',
  },
  {
    name: 'the time of a call does not go by',
    file: 'remote/port.ts',
    from: 'Math.max(0, this.#until - this.#now());',
    to: 'this.#until > 0 ? 60_000 : this.#now();',
    oracle: 'patience',
    theme: 'broken',
  },
  {
    name: 'a finished parent takes parts',
    file: 'domain/graph.ts',
    from: "if (from === 'here' && !isTerminal(item.status)) requireOpenParent(view, item, isTerminal);",
    to: 'void from;',
    oracle: 'parents',
    theme: 'parts',
  },
  {
    name: 'work is completed before its parts',
    file: 'domain/verbs/complete.ts',
    from: 'requireNoOpenParts(view, item);',
    to: 'void requireNoOpenParts;',
    oracle: 'parents',
    theme: 'parts',
  },
  {
    name: 'parts of what failed or was cancelled can be taken',
    file: 'domain/readiness.ts',
    from: "if (item.parent_id !== undefined && (parent === 'failed' || parent === 'cancelled'))",
    to: 'if (item.parent_id !== undefined && (parent as string) === "")',
    oracle: 'parents',
    theme: 'parts',
  },
  {
    name: 'the policy is not asked who may',
    file: 'domain/decide.ts',
    from: 'if (!verb.follows(view, item)) requireAllowed(view.settings, command.verb, command.actor, item);',
    to: 'void verb;',
    oracle: 'policy',
    theme: 'ruled',
  },
  {
    name: 'work that needs a review is completed without one',
    file: 'domain/verbs/complete.ts',
    from: 'requireNoReview(view.settings, item);',
    to: 'void requireNoReview;',
    oracle: 'policy',
    theme: 'ruled',
  },
  {
    name: 'whoever gives work back does not ask who is at work',
    file: 'agents/presence/list.ts',
    from: 'const listed = await livenessFor(ledger, true);',
    to: 'const listed = undefined as Liveness | undefined;',
    oracle: 'workers',
    theme: 'workers',
  },
];

/** The source that a mutant is put in, and what it is then. @throws Error where it has not exactly one place there */
export function mutate({ file, from, to }: Mutant): { url: string; source: string } {
  const url = new URL(`../../../src/${file}`, import.meta.url);
  const parts = readFileSync(url, 'utf8').split(from);
  if (parts.length !== 2) throw new Error(`src/${file} has ${parts.length - 1} places with: ${from}`);
  return { url: url.href, source: parts.join(to) };
}
