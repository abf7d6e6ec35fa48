import { accessSync, constants } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import type { WorkerReport } from '../../../agents.ts';
import { NEXT_FILTER, readFilter } from '../../../operations/filter.ts';
import { refuse } from '../../../operations/typed.ts';
import { command, count, flag } from '../../command.ts';
import { EXIT } from '../../failure.ts';
import { stopSignals } from '../../process.ts';
import { workOutput } from '../../render/work.ts';

export const workCommand = command({
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
  options: {
    ...NEXT_FILTER,
    concurrency: count('--concurrency <n>', 'items at a time (default: 1)'),
    once: flag('--once', 'work on one item and end; end at once where nothing is ready'),
    max: count('--max <n>', 'end after so many items'),
    max_failures: count('--max-failures <n>', 'end once so many items failed in a row (default: 5)'),
    idle_exit: flag('--idle-exit', 'end where nothing is ready'),
    ttl: count('--ttl <seconds>', 'how long a claim lasts without a sign of life'),
    grace: count('--grace <seconds>', 'how long running work may go on once it is to end (default: 30)'),
  },
  examples: [
    `wl work -- sh -c 'claude -p < "$WL_PROMPT_FILE"'`,
    'wl work --once --type bug -- ./fix.sh "with arguments" --of its-own',
  ],
  run: async ({ args, options, cli }) => {
    const [command = '', ...rest] = args;
    requireProgram(command, cli.world.env.PATH ?? '');
    const concurrency = atLeastOne(options.concurrency, '--concurrency');
    const max = options.once ? 1 : atLeastOne(options.max, '--max');
    const max_failures = atLeastOne(options.max_failures, '--max-failures');
    const ttl_s = atLeastOne(options.ttl, '--ttl');
    const asks = readFilter(options);
    const { commandAgent, runWorker } = await import('../../../agents.ts');
    const ledger = await cli.openToStay();
    const filter = await asks(ledger);
    const signals = stopSignals();
    const output = workOutput(cli);
    try {
      const report = await runWorker({
        ledger,
        agent: commandAgent({ command, args: rest }),
        concurrency,
        max,
        max_failures,
        idle_exit: options.once || options.idle_exit,
        ttl_s,
        program: basename(command),
        filter,
        clock: cli.clock,
        drain_grace_s: options.grace,
        signal: signals.first,
        stop_signal: signals.second,
        onEvent: (event) => output.emit(event),
      });
      const status = signals.second.aborted ? EXIT.interrupted.status : statusOf(report);
      return { kind: 'work', data: undefined, lines: [], status };
    } finally {
      output.close();
      signals.close();
    }
  },
});

function statusOf({ failed, unsynced }: WorkerReport): number {
  if (failed > 0) return EXIT.work_failed.status;
  return unsynced > 0 ? EXIT.unreachable.status : EXIT.ok.status;
}

function atLeastOne(value: number | undefined, option: string): number | undefined {
  if (value !== 0) return value;
  throw refuse(`${option} must be at least 1.`);
}

/** Found before anything is claimed for it. @throws LedgerError `INVALID_INPUT` */
function requireProgram(command: string, path: string): void {
  const places = command.includes('/') ? [''] : path.split(delimiter);
  if (process.platform === 'win32' || places.some((place) => isProgram(join(place, command)))) return;
  throw refuse(
    `There is no program ${JSON.stringify(command)} to run.`,
    'Put what is to be run after --, as in: wl work -- ./agent.sh',
  );
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there, or nothing that this user can run.
    return false;
  }
}
