import { type Command, command, type OptionTable, text } from '../command.ts';
import { ID, PAST, READ } from './options.ts';

const group = 'Looking';

export const diffOptions = PAST;
export const blameOptions = PAST;

export const reportOptions = {
  since: text('--since <time>', 'what was asked for then or later (default: from the beginning)'),
  until: text('--until <time>', 'what was asked for then or earlier; a day counts to its end (default: now)'),
  format: text('--format <format>', 'md, html, csv or json (default: md)'),
  ...READ,
} as const satisfies OptionTable;

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
  command({
    name: 'report',
    group,
    summary: 'measure a period: throughput, lead and cycle time, attempts, recoveries, what is open',
    details:
      'Made from history alone, by the times of the requests. Lead time is from creation to completion, cycle time from the first claim. What work came to counts for its holder, whoever approved it. Lost races are those that this clone keeps. The HTML page is one file with charts, without scripts, that asks nothing of the network.',
    options: reportOptions,
    examples: ['wl report --since 2026-01-01 --until 2026-01-31', 'wl report --format html'],
    load: () => import('../commands/report.ts'),
  }),
];
