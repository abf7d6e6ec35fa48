import type { Asked, ToldCall } from '../told.ts';
import type { History, ItemFile } from './history.ts';
import { appliedAgain, type Oracle } from './oracle.ts';
import { isReached } from './reached.ts';

/** What of an item the caller of a verb must have seen as it is when the verb takes effect. */
const SEEN: Readonly<Record<string, (item: ItemFile, asked: Asked) => unknown>> = {
  approve: submission,
  reject: submission,
  reopen: ending,
  retry: ending,
  delete: ending,
  cancel: holding,
  release: holding,
  checkpoint: holding,
  submit: holding,
  withdraw: holding,
  complete: holding,
  fail: holding,
  unblock: ({ block }) => {
    const { reason, since, blocker_id } = (block ?? {}) as Record<string, unknown>;
    return [reason, since, blocker_id];
  },
  assign: ({ owner }) => owner,
  update: (item, { command }) => {
    const { set = {} } = (command as { patch: { set?: Record<string, unknown> } }).patch;
    return Object.keys(set).map((key) => item[key]);
  },
};

/**
 * A command takes effect on a state that agrees with what its caller can have seen: what the clone showed when the call began, or until it
 * was decided there.
 */
export const intent: Oracle = {
  name: 'intent',
  promise: 'The state that a command was decided on agrees with what its caller saw.',
  *check({ branch, history, calls }) {
    const landed = new Map(branch.map((commit) => [commit.op, commit]));
    // Whoever applies again what was rejected sees it, and what became of the item.
    const applied = appliedAgain(calls);
    for (const { asked, tips, process } of calls) {
      for (const one of asked) {
        const [commit, seen] = [landed.get(one.op), SEEN[one.verb]];
        // What an earlier command of the same call did, its caller knows of.
        const isFirst = asked.find(({ id }) => id === one.id) === one;
        if (commit === undefined || seen === undefined || one.id === undefined || !isFirst) continue;
        if (applied.has(one.op)) continue;
        // A number that was provisional can have become another one.
        const before = history.item(commit.parent, commit.id ?? one.id);
        const now = before && seen(before, one);
        if (before === undefined || isReached(one, before)) continue;
        const shown = shownBefore(one, tips, history).map((item) => seen(item, one));
        if (shown.length === 0 || shown.some((was) => same(was, now))) continue;
        yield {
          kind: one.verb,
          text: `${process} asked to ${one.verb} ${one.id} where it saw ${JSON.stringify(shown[0])}; it was done where there is ${JSON.stringify(now)}`,
        };
      }
    }
  },
};

/** The item at each tip that the clone had before it had the transition. */
function shownBefore({ id, op }: Asked, tips: ToldCall['tips'], history: History): ItemFile[] {
  const own = tips.findIndex((tip, at) => at > 0 && history.lineTo(tip).some((commit) => commit.op === op));
  const before = own < 0 ? tips.slice(0, 1) : tips.slice(0, own);
  return before.map((tip) => history.item(tip, id ?? '')).filter((item) => item !== undefined);
}

function submission({ status, result, review }: ItemFile): unknown {
  const { requested_at, requested_by } = (review ?? {}) as Record<string, unknown>;
  return [status, result, requested_at, requested_by];
}

function ending({ status, result, error, completed_at }: ItemFile): unknown {
  return [status, result, error, completed_at];
}

/** Who has it, by which claim: its epoch is settled only once it is shared. */
function holding({ status, owner, claim, block }: ItemFile): unknown {
  const isBlockedWork =
    status === 'blocked' && (block as { from?: string } | undefined)?.from === 'in_progress';
  const isHeld = owner !== undefined && (status === 'in_progress' || status === 'in_review' || isBlockedWork);
  return isHeld ? [owner, (claim as { execution_id?: string } | undefined)?.execution_id] : null;
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
