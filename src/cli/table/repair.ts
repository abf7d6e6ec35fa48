import { type Command, command, flag, type OptionTable } from '../command.ts';

const group = 'The ledger';

export const resolveOptions = {
  ours: flag('--ours', 'take the items as they are here'),
  theirs: flag('--theirs', 'take the items as the other side has them'),
  replay: flag(
    '--replay',
    'end the merge, and put what theirs did on top of ours, as transitions; with a commit or a range A..B, what that line did',
  ),
} as const satisfies OptionTable;

export const doctorOptions = {
  fix: flag('--fix', 'mend it, by commits on top of what is there'),
} as const satisfies OptionTable;
export const recoverHistoryOptions = {
  yes: flag('--yes', 'do it, without asking'),
} as const satisfies OptionTable;

export const REPAIR: readonly Command[] = [
  command({
    name: 'merge-driver',
    group,
    summary: 'merge one file of the ledger; git calls it',
    details:
      '`wl init` sets it up. It is clean only where one side has all that the other did: a merge makes no transitions. Anything else is left with both versions, whole, and exit status 1.',
    args: [
      { name: '<base>', help: 'the file where the two lines part' },
      { name: '<ours>', help: 'ours; the result is written here' },
      { name: '<theirs>', help: 'theirs' },
      { name: '<path>', help: 'where it stands in the ledger' },
    ],
    examples: [
      'wl merge-driver %O %A %B %P',
      'git config merge.work-ledger.driver "wl merge-driver %O %A %B %P"',
    ],
    load: () => import('../commands/merge-driver.ts'),
  }),
  command({
    name: 'resolve',
    group,
    summary: 'show what two merged lines did to the same items, and decide it',
    details:
      'For a work tree of the ledger in which git merge stopped. --replay makes one line of the two, of which nothing is lost without a word. With a commit or a branch it needs no merge: it takes the transitions of that line which the ledger has not; with A..B, those that B has and A has not. With --ours or --theirs the merge stays one, to be committed by git; what the other side did to the item has no effect then, and wl verify tells.',
    args: [
      {
        name: '[ids...]',
        help: 'the items that are meant, all that git waits for where none are given; or the line to replay',
      },
    ],
    options: resolveOptions,
    examples: ['wl resolve --replay', 'wl resolve --replay theirs'],
    load: () => import('../commands/resolve.ts'),
  }),
  command({
    name: 'doctor',
    group,
    summary: 'say what is wrong with the ledger and with this clone, and how it would be mended',
    details:
      'Asks the remote, unless --offline is given. --fix puts items back as they were last whole, moves what is no file of the ledger to quarantine/, takes away locks of processes of this program that are dead, and shares what waits here. Each mend is a commit; what it drops stays in history. Nothing is rewritten.',
    options: doctorOptions,
    examples: ['wl doctor', 'wl doctor --fix'],
    load: () => import('../commands/doctor.ts'),
  }),
  command({
    name: 'recover-history',
    group,
    summary: 'bring back what a rewritten remote lost',
    details:
      'Where the remote was set back, the same commits are pushed again. Where its history was replaced, what is missing is decided again on top of what is there now. Shows both lines and does nothing without --yes, or a yes at a terminal.',
    options: recoverHistoryOptions,
    examples: ['wl recover-history', 'wl recover-history --yes'],
    load: () => import('../commands/recover-history.ts'),
  }),
];
