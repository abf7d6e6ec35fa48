import { type Command, command } from '../command.ts';
import { ID, PAST } from './options.ts';

const group = 'Looking';

export const diffOptions = PAST;
export const blameOptions = PAST;

export const AUDIT: readonly Command[] = [
  command({
    name: 'diff',
    group,
    summary: 'show how two revisions of an item differ, by field',
    details:
      'Revisions are numbers (`rev`), where 0 is before the item was there, or commits. One alone is compared with the one before it; without any, what was done last is shown. Works for an item that was deleted, by its whole id.',
    args: [ID, { name: '[revisions]', help: '2..5, 3, or commits: 4f2c1d9..87e4804' }],
    options: diffOptions,
    examples: ['wl diff 0001', 'wl diff 0001 1..4 --json'],
    load: () => import('../commands/diff.ts'),
  }),
  command({
    name: 'blame',
    group,
    summary: 'show who gave each field of an item its value, when, and in which commit',
    args: [ID],
    options: blameOptions,
    examples: ['wl blame 0001', 'wl blame 0001 --as-of 2026-01-31'],
    load: () => import('../commands/blame.ts'),
  }),
];
