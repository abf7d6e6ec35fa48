import { type Command, command, count, flag, list, type OptionTable, set, text } from '../command.ts';
import { FENCE, ID, IDS, READ } from './options.ts';

const INTERVAL = count(
  '--interval <seconds>',
  'the longest pause between two looks at the remote (default: 30)',
);

export const watchOptions = {
  from: text('--from <commit>', 'the last commit that was handled (default: where the ledger is now)'),
  id: set('--id <id>', 'only of these items; several with commas'),
  verb: set('--verb <verb>', 'only these verbs; several with commas'),
  swarm: text('--swarm <name>', 'only of items of this swarm'),
  interval: INTERVAL,
} as const satisfies OptionTable;
export const waitOptions = {
  for: set(
    '--for <status>',
    'until it is this, or `terminal` for any end; several with commas (default: completed)',
  ),
  timeout: count('--timeout <seconds>', 'how long at most; then it fails with status 12'),
  any: flag('--any', 'until the first of several items'),
  interval: INTERVAL,
} as const satisfies OptionTable;
export const escalateOptions = {
  title: text('--title <text>', "a title (default: the question's first line)"),
  option: list('--option <text>', 'an answer to choose from (repeatable)'),
  to: text('--to <name>', 'who is to answer (default: anyone)'),
  ...FENCE,
} as const satisfies OptionTable;
export const answerOptions = {
  option: text('--option <text>', 'one of the answers that were offered'),
} as const satisfies OptionTable;
export const escalationsOptions = {
  to: text('--to <name>', 'that this one is to answer'),
  all: flag('--all', 'answered and cancelled ones too'),
  ...READ,
} as const satisfies OptionTable;

export const TALKING: readonly Command[] = [
  command({
    name: 'escalate',
    group: 'Doing work',
    summary: 'ask a person; the work waits for the answer, and exit status 10 tells to stop',
    details:
      'Where two or more words are given, the first is the id of the work. Otherwise it is about the item in WL_WORK_ID, or about ' +
      'none. The question is text, @FILE, or - for standard input. When it is answered, the work goes on by itself, in progress ' +
      'where someone holds it, with the answer in its context.',
    args: [{ name: '<words...>', help: 'the id of the work, and the question in quotes' }],
    options: escalateOptions,
    examples: [
      'wl escalate 0001 "Ship on Friday?" --option yes --option no --to ada',
      'WL_WORK_ID=0001 wl escalate "Which region?"',
    ],
    load: () => import('../commands/escalate.ts'),
  }),
  command({
    name: 'answer',
    group: 'Doing work',
    summary: 'answer an escalation; the work that waits for it goes on',
    args: [ID, { name: '[words...]', help: 'the answer: text, @FILE, or - for standard input' }],
    options: answerOptions,
    examples: ['wl answer 0005 "On Monday, after the tests."', 'wl answer 0005 --option no'],
    load: () => import('../commands/answer.ts'),
  }),
  command({
    name: 'escalations',
    group: 'Looking',
    summary: 'list what waits for an answer, most urgent first',
    options: escalationsOptions,
    examples: ['wl escalations --to ada', 'wl escalations --all --json'],
    load: () => import('../commands/escalations.ts'),
  }),
  command({
    name: 'watch',
    group: 'Looking',
    summary: 'print each transition as it arrives, until it is stopped',
    details:
      'Where the ledger is shared, what the remote has accepted. Lines of JSON, unless it prints to a terminal. Begun anew --from the ' +
      'last commit that was handled, it misses nothing; what comes twice has the same op.',
    options: watchOptions,
    examples: ['wl watch', 'wl watch --from 4f2c1d9 --verb complete,fail | while read -r line; do …; done'],
    load: () => import('../commands/watch.ts'),
  }),
  command({
    name: 'wait',
    group: 'Looking',
    summary: 'wait until items are completed, and show them',
    details:
      'Where that can no longer come about, as when one has failed, it says so at once, with status 6.',
    args: [IDS],
    options: waitOptions,
    examples: ['wl wait 0001', 'wl wait 0001 0002 --for terminal --any --timeout 600 --json'],
    load: () => import('../commands/wait.ts'),
  }),
];
