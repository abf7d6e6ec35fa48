import { type Command, command, flag, list, type OptionTable, text } from '../command.ts';
import { FENCE, ID, IDS, REASON } from './options.ts';

const group = 'Doing work';

export const submitOptions = {
  result: list(
    '--result <entry>',
    'KEY=VALUE, a JSON object, @FILE with one, or - for standard input (repeatable)',
  ),
  open: flag('--open', 'make the pull request as well; see: wl review open'),
  no_branch: flag('--no-branch', 'make no review branch, where people approve by wl review approve alone'),
  ...FENCE,
} as const satisfies OptionTable;
export const approveOptions = REASON;
export const rejectOptions = REASON;
export const withdrawOptions = { ...REASON, ...FENCE } as const satisfies OptionTable;
export const checkOptions = {
  base: text('--base <ref>', 'what it is to be merged into (default: the ledger on the remote)'),
  head: text('--head <ref>', 'the commit that is to be merged (default: HEAD)'),
  branch: text('--branch <name>', 'the name of its branch, which tells the item: review/ID'),
  format: text('--format <format>', 'text, or github: one annotation for each finding (default: text)'),
} as const satisfies OptionTable;
export const noOptions = {} as const satisfies OptionTable;

export const REVIEW: readonly Command[] = [
  command({
    name: 'submit',
    group,
    summary: 'propose held work as completed, for someone else to accept',
    details:
      'The item is then in review. On the remote, review/ID holds one commit, its approval, for a host to merge; docs/review.md tells how. Without a remote, or with --offline, there is no branch.',
    args: [ID],
    options: submitOptions,
    examples: ['wl submit 0001 --result commit=4f2c1d9', 'wl submit 0001 --result @result.json --open'],
    load: () => import('../commands/submit.ts'),
  }),
  command({
    name: 'review list',
    group,
    summary: 'list work in review, and how each stands with its branch; asks the remote',
    details:
      'current: merging the branch approves the item as it stands. stale: it does not, and why is told. missing: there is no branch. merged and leftover: the branch of an item whose review is over.',
    options: noOptions,
    examples: ['wl review list', 'wl review list --json'],
    load: () => import('../commands/review-list.ts'),
  }),
  command({
    name: 'review show',
    group,
    summary: 'show what was asked, what came of it, and what approving it changes, as Markdown',
    args: [ID],
    options: noOptions,
    examples: ['wl review show 0001', 'wl review show 0001 --json'],
    load: () => import('../commands/review-show.ts'),
  }),
  command({
    name: 'review diff',
    group,
    summary: 'show what approving an item changes, by field',
    args: [ID],
    options: noOptions,
    examples: ['wl review diff 0001', 'wl review diff 0001 --json'],
    load: () => import('../commands/review-diff.ts'),
  }),
  command({
    name: 'review open',
    group,
    summary: 'make the pull request of a review branch, or tell where to make it',
    details:
      'Uses gh, glab or tea where it is installed and fits the host of the remote, which git config ledger.host names where its address does not tell: github, gitlab or gitea. Else it writes the text to a file and prints the link.',
    args: [ID],
    options: noOptions,
    examples: ['wl review open 0001', 'wl review open 0001 --json'],
    load: () => import('../commands/review-open.ts'),
  }),
  command({
    name: 'review approve',
    group,
    summary: 'accept work that is in review',
    args: [IDS],
    options: approveOptions,
    examples: ['wl review approve 0001', 'wl review approve 0001 --reason "well tested"'],
    load: () => import('../commands/review-approve.ts'),
  }),
  command({
    name: 'review reject',
    group,
    summary: 'send work back from review to its holder; needs a reason',
    args: [IDS],
    options: rejectOptions,
    examples: [
      'wl review reject 0001 --reason "tests are missing"',
      'wl review reject 0001 0002 --reason late',
    ],
    load: () => import('../commands/review-reject.ts'),
  }),
  command({
    name: 'review withdraw',
    group,
    summary: 'take back what was submitted, to go on with it',
    args: [IDS],
    options: withdrawOptions,
    examples: ['wl review withdraw 0001', 'wl review withdraw 0001 --reason "one more test"'],
    load: () => import('../commands/review-withdraw.ts'),
  }),
  command({
    name: 'review refresh',
    group,
    summary: 'make review branches anew where they do not propose the item as it stands',
    args: [IDS],
    options: noOptions,
    examples: ['wl review refresh 0001', 'wl review refresh 0001 0002'],
    load: () => import('../commands/review-refresh.ts'),
  }),
  command({
    name: 'review check',
    group,
    summary: 'check a review branch before it is merged; for the CI of a host',
    details:
      'That it is one commit, the approval of the item that its branch is named after and nothing else, legal where it was made, and of the same effect on the base as it is now. Asks no remote and moves no ref; a shallow clone is refused.',
    options: checkOptions,
    examples: [
      'wl review check --base origin/work-ledger --head HEAD --branch review/WRK-20260103-0001',
      'wl review check --format github',
    ],
    load: () => import('../commands/review-check.ts'),
  }),
];
