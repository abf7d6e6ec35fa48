import type { Asked } from '../told.ts';
import type { ItemFile } from './history.ts';
import type { Oracle } from './oracle.ts';

/** What of an item the caller of a verb must have seen as it is when the verb takes effect. */
const SEEN: Readonly<Record<string, (item: ItemFile, asked: Asked) => unknown>> = {
  approve: submission,
  reject: submission,
  reopen: ending,
  retry: ending,
  delete: ending,
  cancel: (item) => epochOf(item),
  unblock: ({ block }) => block,
  assign: ({ owner }) => owner,
  update: (item, { command }) => {
    const { set = {} } = (command as { patch: { set?: Record<string, unknown> } }).patch;
    return Object.keys(set).map((key) => item[key]);
  },
};

/** A command takes effect on a state that agrees with what its caller saw when the call began. */
export const intent: Oracle = {
  name: 'intent',
  promise: 'The state that a command was decided on agrees with what its caller saw.',
  *check({ branch, history, calls }) {
    const landed = new Map(branch.map((commit) => [commit.op, commit]));
    for (const { asked, saw, process, what } of calls) {
      if (what.startsWith('applies')) continue;
      for (const one of asked) {
        const [commit, seen] = [landed.get(one.op), SEEN[one.verb]];
        const item = one.id === undefined ? undefined : history.item(saw, one.id);
        // What an earlier command of the same call did, its caller knows of.
        const isFirst = asked.find(({ id }) => id === one.id) === one;
        if (commit === undefined || seen === undefined || item === undefined || !isFirst) continue;
        const before = history.item(commit.parent, one.id ?? '');
        if (before === undefined || same(seen(before, one), seen(item, one)) || isReached(one, before))
          continue;
        yield {
          kind: one.verb,
          text: `${process} asked to ${one.verb} ${one.id} where it saw ${JSON.stringify(seen(item, one))}; it was done where there is ${JSON.stringify(seen(before, one))}`,
        };
      }
    }
  },
};

function submission({ status, result, review }: ItemFile): unknown {
  const { requested_at, requested_by } = (review ?? {}) as Record<string, unknown>;
  return [status, result, requested_at, requested_by];
}

function ending({ status, result, error, completed_at }: ItemFile): unknown {
  return [status, result, error, completed_at];
}

function epochOf({ status, claim }: ItemFile): unknown {
  const isHeld = status === 'in_progress' || status === 'blocked' || status === 'in_review';
  return isHeld ? ((claim as { epoch?: number } | undefined)?.epoch ?? null) : null;
}

/** An end that is reached already is no change, so it takes nothing from anyone. */
function isReached({ verb, command }: Asked, before: ItemFile): boolean {
  return verb === 'assign' && before.owner === (command as { owner?: string }).owner;
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
