import type { WorkItem } from '../../src/index.ts';
import { RARE_WORD } from '../seed/words.ts';

/** Another tracker from npm, told how to hold the same items and what it calls the same questions. */
export interface Peer {
  package: string;
  /**
   * Puts the items in place as its own commands would have left them.
   *
   * @param run runs one of its commands in `dir`, a git repository
   * @returns its own ids of those items that are ready
   */
  seed(items: readonly WorkItem[], dir: string, run: RunPeer): Promise<string[]>;
  /** Its own command for each question; an id is that of a ready item. */
  args: Readonly<Record<QuestionName, (id: string) => readonly string[]>>;
}

export type RunPeer = (...args: readonly string[]) => Promise<string>;

/** What every tracker is asked, and how `wl` is asked it. A claim takes an item that no run before had. */
export const QUESTIONS = {
  ready: (): string[] => ['ready'],
  list: (): string[] => ['list', '--limit', '50'],
  show: (id: string): string[] => ['show', id],
  search: (): string[] => ['search', RARE_WORD],
  claim: (id: string): string[] => ['claim', id],
} as const;
export type QuestionName = keyof typeof QUESTIONS;

/** Ready by the rule of the ledger: pending, and everything that it depends on is completed. */
export function isReady(item: WorkItem, byId: ReadonlyMap<string, WorkItem>): boolean {
  return item.status === 'pending' && item.dependencies.every((id) => byId.get(id)?.status === 'completed');
}
