import type { WorkId } from '../domain/ids.ts';
import type { Oid } from '../store/port.ts';

/**
 * What `verify` holds every commit against. Names are API. Where a finding can say more precisely what is wrong, it does so
 * after a colon: `file:alias`, `trailer:Work-Rev`, `illegal:STALE_EPOCH`.
 */
export const RULES = {
  commit:
    'A commit is as git and its hosts write one: tree, parents, author and committer in their places, each header once and none unknown, and at most 1 MiB.',
  root: 'History begins with one commit: `init`, which lays down valid settings and no item.',
  merge:
    'A merge invents nothing and leaves nothing out: what one side alone touched is as that side has it, and both sides left nothing in two ways.',
  fork: 'No item is changed on both sides of a merge, where one of two transitions is lost.',
  configure:
    'Settings, and files beside items, are changed by `configure` alone, which touches no item and keeps the lineage.',
  repair:
    'A mend changes nothing that is whole; it puts back what was whole last, and takes away or quarantines what is no file of the ledger.',
  acknowledge:
    'An acknowledgement touches nothing, and names what was found at a commit that it builds on; it is given by whom policy allows.',
  item: 'A transition touches one item, and nothing beside items.',
  path: 'An item has one file, where its id says.',
  mode: 'A file of the ledger is a plain one, of mode 100644.',
  tree: 'A tree is as git would write it, and no file system takes two of its names for one; `tree:…` is what git’s own check calls its fault.',
  file: 'A file can be read as the item that its path names; `file:…` says what is wrong with it.',
  canonical: 'A file has the very bytes that its item is written as.',
  deleted: 'A file goes by the verb `delete` alone.',
  reused: 'An id is given once, also where its item was deleted.',
  rev: 'The `rev` of an item is 1 at first, and one higher with each commit.',
  epoch: 'The epoch of an item never falls.',
  op: 'A transition is applied once: no `Work-Op` stands in two commits.',
  group: 'Transitions that were asked for together stand one right after the other, and all of them.',
  message: 'The message is that of a transition, to the byte, and git reads nothing else in it.',
  repeated: 'No trailer of the ledger occurs twice in a message.',
  trailer: 'Every trailer agrees with the files; `trailer:…` names the one that does not.',
  author: "The author's name is the actor.",
  date: "The author's date is `Work-At`, to the second.",
  clock:
    'A commit is not dated before what those before it record, nor ahead of those after it or the clock that judges it, by more than clocks may differ.',
  illegal: 'The transition was legal where it stands; `illegal:…` is the code of the refusal.',
  content: 'The command, decided again on the state before it, gives the file that was committed.',
  signature:
    'A signature holds, and where signatures are asked for, every commit has one by a known key; `signature:…` says what is wrong.',
} as const;

export type RuleName = keyof typeof RULES;
export type Rule = RuleName | `${'tree' | 'file' | 'trailer' | 'illegal' | 'signature'}:${string}`;

/** A commit that is not as it must be. */
export interface Finding {
  commit: Oid;
  rule: Rule;
  message: string;
  /** `undefined` where the commit is of no item, or of several. */
  id?: WorkId | undefined;
  /** First line of the commit's message. */
  subject?: string | undefined;
}

/** A finding that somebody answers for: it stands in history, and is no reason for alarm any more. */
export interface Acknowledged extends Finding {
  by: { commit: Oid; actor: string; at: string; reason: string };
}

/** What a push is held against beside the rules of its commits. Names are API. */
export const PUSH_RULES = {
  deletion: 'The branch of a ledger is not deleted.',
  'non-fast-forward': 'The branch of a ledger moves forward only: nothing that was on it is left out.',
  ref: 'No ref has a name that some system, or git itself, takes for one of the ledger’s.',
  size: 'Nothing is larger, and nothing more at once, than a ledger needs.',
} as const;

export type PushRule = keyof typeof PUSH_RULES | Rule;

/** Why a push is not taken: the first commit that is not as it must be, and what is wrong with it. */
export interface Refusal {
  rule: PushRule;
  message: string;
  /** The commit; of a push that is wrong as a whole, its tip, or the tip that it would take away. */
  commit: Oid;
  id?: WorkId | undefined;
}

export const refusalOf = ({ rule, message, commit, id }: Finding): Refusal => ({ rule, message, commit, id });
