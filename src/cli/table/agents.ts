import { type Command, command, count, flag, type OptionTable } from '../command.ts';
import { NARROW } from './options.ts';

export const workOptions = {
  ...NARROW,
  concurrency: count('--concurrency <n>', 'items at a time (default: 1)'),
  once: flag('--once', 'work on one item and end; end at once where nothing is ready'),
  max: count('--max <n>', 'end after so many items'),
  max_failures: count('--max-failures <n>', 'end once so many items failed in a row (default: 5)'),
  idle_exit: flag('--idle-exit', 'end where nothing is ready'),
  ttl: count('--ttl <seconds>', 'how long a claim lasts without a sign of life'),
  grace: count('--grace <seconds>', 'how long running work may go on once it is to end (default: 30)'),
} as const satisfies OptionTable;

export const AGENTS: readonly Command[] = [
  command({
    name: 'work',
    group: 'Doing work',
    summary: 'work on what is ready, an item at a time, by running a program for each',
    details: [
      'The program is run without a shell. It gets the item as JSON on standard input, and WL_WORK_ID, WL_EXECUTION_ID,',
      'WL_EPOCH, WL_ACTOR, WL_ATTEMPT, WL_MAX_ATTEMPTS, WL_DIR and WL_PROMPT_FILE, a file that says in words what to do. It may call',
      'wl checkpoint "$WL_WORK_ID", or print {"type":"checkpoint","step":…}, {"type":"progress","step":…} and',
      '{"type":"result","result":{…}}, each on a line. It exits with 0 where the item is completed, 10 where it blocked it, 75 where',
      'it is to be tried again later; with anything else the item fails, with the end of what it wrote to standard error.',
      '',
      'On a terminal it shows what runs; else it prints a line of JSON for each event. SIGTERM and SIGINT end it once what runs is',
      'over or --grace has passed; a second one gives back at once what runs. Escalations ask a person, and are left alone unless',
      '--type names them.',
    ].join('\n'),
    args: [{ name: '<command...>', help: 'the program and its arguments, after --' }],
    options: workOptions,
    examples: [
      `wl work -- sh -c 'claude -p < "$WL_PROMPT_FILE"'`,
      'wl work --once --type bug -- ./fix.sh "with arguments" --of its-own',
    ],
    load: () => import('../commands/work.ts'),
  }),
];
