import type { Asked } from '../told.ts';
import type { History, ItemFile, LedgerCommit } from './history.ts';

interface Patch {
  set?: Readonly<Record<string, unknown>>;
}

/** Whether the item is as the command would leave it, so that there is nothing left to do. */
export function isReached({ verb, command }: Asked, item: ItemFile): boolean {
  const asked = command as { owner?: string; patch?: Patch };
  if (verb === 'assign') return item.owner === asked.owner;
  const { set = {}, ...lists } = asked.patch ?? {};
  const single = Object.entries(set);
  const members = Object.entries(lists as Readonly<Record<string, Members>>);
  return (
    verb === 'update' &&
    single.length + members.length > 0 &&
    single.every(([key, value]) => (item[key] ?? null) === value) &&
    members.every(([key, change]) => haveMembers(item[key], change))
  );
}

/** Whether the settings are as a change would leave them; of roles, those that it names. */
function isSet(patch: object, settings: object): boolean {
  const now = new Map(Object.entries(settings));
  return Object.entries(patch).every(([key, value]) =>
    key === 'roles'
      ? isSet(value as object, (now.get(key) as object | undefined) ?? {})
      : JSON.stringify(now.get(key) ?? null) === JSON.stringify(value),
  );
}

interface Members {
  add?: readonly unknown[];
  remove?: readonly unknown[];
}

function haveMembers(found: unknown, { add = [], remove = [] }: Members): boolean {
  const there = new Set((Array.isArray(found) ? found : []).map((one) => JSON.stringify(one)));
  return (
    add.every((one) => there.has(JSON.stringify(one))) &&
    !remove.some((one) => there.has(JSON.stringify(one)))
  );
}

/** Whether it was so at any time: what another clone did first is no change, and is on the branch under that one's name alone. */
export const wasReached = (branch: readonly LedgerCommit[], history: History, asked: Asked): boolean =>
  branch.some(({ id, oid }) => {
    if (asked.command.verb === 'configure') return isSet(asked.command.patch ?? {}, history.settings(oid));
    const item = id === asked.id && id !== undefined ? history.item(oid, id) : undefined;
    return item !== undefined && isReached(asked, item);
  });
