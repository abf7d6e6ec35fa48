import { isTerminal, type WorkStatus } from '../domain/item.ts';
import type { HistoryEntry } from '../projection/history-entry.ts';

/** An item as history up to now has it. */
export interface Life {
  status: WorkStatus | null;
  created: string;
  imported: boolean;
  /** The first claim since it was created or reopened. */
  begun: string | undefined;
  holder: string | undefined;
  claims: number;
}

export const newLife = ({ at, verb }: HistoryEntry): Life => ({
  status: null,
  created: at,
  imported: verb === 'import',
  begun: undefined,
  holder: undefined,
  claims: 0,
});

export const isOpen = ({ status }: Life): boolean => status !== null && !isTerminal(status);

/** A claim raises the epoch; who takes up blocked work again goes on with the one that there was. */
export const isClaim = ({ verb, from }: HistoryEntry): boolean =>
  verb === 'claim' || (verb === 'start' && from === 'pending');

/** How work ends is its holder's, whoever approved it or took it away. */
export function agentOf({ verb, actor, to }: HistoryEntry, { holder }: Life): string {
  const isHolders = verb === 'recover' || to === 'completed' || to === 'failed';
  return (isHolders ? holder : undefined) ?? actor;
}

/** Takes the item a step further. */
export function advance(entry: HistoryEntry, life: Life): void {
  const { verb, actor, at, to } = entry;
  if (verb === 'unknown') return;
  life.status = to;
  if (verb === 'reopen') life.begun = undefined;
  if (to === 'pending') life.holder = undefined;
  if (!isClaim(entry)) return;
  life.begun ??= at;
  life.holder = actor;
  life.claims += 1;
}
