import { accessSync, constants } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import type { WorkerReport } from '../../agents.ts';
import { LedgerError, WORK_TYPES } from '../../index.ts';
import type { Run } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { someOf } from '../input.ts';
import { stopSignals } from '../stop-signals.ts';
import type { workOptions } from '../table/agents.ts';
import { workOutput } from '../work-output.ts';

export const run: Run<typeof workOptions> = async ({ args, options, cli }) => {
  const [command = '', ...rest] = args;
  requireProgram(command, cli.world.env.PATH ?? '');
  const concurrency = atLeastOne(options.concurrency, '--concurrency');
  const max = options.once ? 1 : atLeastOne(options.max, '--max');
  const maxFailures = atLeastOne(options.max_failures, '--max-failures');
  const ttl_s = atLeastOne(options.ttl, '--ttl');
  const filter = {
    swarm: options.swarm,
    type: someOf(options.type, WORK_TYPES, '--type'),
    labels: options.label.length === 0 ? undefined : options.label,
  };
  const { commandAgent, runWorker } = await import('../../agents.ts');
  const ledger = await cli.open();
  const signals = stopSignals();
  const output = workOutput(cli);
  try {
    const report = await runWorker({
      ledger,
      agent: commandAgent({ command, args: rest }),
      concurrency,
      max,
      maxFailures,
      idleExit: options.once || options.idle_exit,
      ttl_s,
      program: basename(command),
      filter,
      clock: cli.clock,
      drainGraceMs: options.grace === undefined ? undefined : options.grace * 1000,
      signal: signals.first,
      stopSignal: signals.second,
      onEvent: (event) => output.take(event),
    });
    const status = signals.second.aborted ? EXIT.interrupted.status : statusOf(report);
    return { kind: 'work', data: undefined, lines: [], status };
  } finally {
    output.close();
    signals.close();
  }
};

function statusOf({ failed, unsynced }: WorkerReport): number {
  if (failed > 0) return EXIT.work_failed.status;
  return unsynced > 0 ? EXIT.unreachable.status : EXIT.ok.status;
}

function atLeastOne(value: number | undefined, option: string): number | undefined {
  if (value !== 0) return value;
  throw new LedgerError('INVALID_INPUT', `${option} must be at least 1.`);
}

/** Found before anything is claimed for it. @throws LedgerError `INVALID_INPUT` */
function requireProgram(command: string, path: string): void {
  const places = command.includes('/') ? [''] : path.split(delimiter);
  if (process.platform === 'win32' || places.some((place) => isProgram(join(place, command)))) return;
  throw new LedgerError('INVALID_INPUT', `There is no program ${JSON.stringify(command)} to run.`, {
    hint: 'Put what is to be run after --, as in: wl work -- ./agent.sh',
  });
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
