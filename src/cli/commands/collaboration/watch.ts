import { escapeUnsafe, type HistoryEntry, isLedgerError, type WorkLedger } from '../../../index.ts';
import { resolveIds } from '../../../operations/ids.ts';
import { readVerbs } from '../../../operations/verbs.ts';
import type { Cli } from '../../cli.ts';
import { command, FOLLOW, type OptionTable, type OptionValues, set, text } from '../../command.ts';
import { untilStopped } from '../../process.ts';
import { historyLines } from '../../render/history.ts';
import { printLine } from '../../render/line.ts';

type Options = OptionValues<typeof watchOptions>;

const watchOptions = {
  from: text('--from <commit>', 'the last commit that was handled (default: where the ledger is now)'),
  id: set('--id <id>', 'only of these items; several with commas'),
  verb: set('--verb <verb>', 'only these verbs; several with commas'),
  swarm: text('--swarm <name>', 'only of items of this swarm'),
  ...FOLLOW,
} satisfies OptionTable;

export const watchCommand = command({
  summary: 'print each transition as it arrives, until it is stopped',
  details:
    'Where the ledger is shared, what the remote has accepted. Lines of JSON, unless it prints to a terminal. Begun anew --from the ' +
    'last commit that was handled, it misses nothing; what comes twice has the same op.',
  options: watchOptions,
  examples: ['wl watch', 'wl watch --from 4f2c1d9 --verb complete,fail | while read -r line; do …; done'],
  run: async ({ options, cli }) => {
    const ledger = await cli.open();
    const { watchLedger } = await import('../../../agents.ts');
    const isWanted = await toFilter(ledger, options);
    await untilStopped(async (signal) => {
      const entries = watchLedger(ledger, {
        ...cli.following(options.interval),
        from: options.from,
        signal,
        onStart: (from) => {
          if (!cli.globals.quiet) cli.noticeNow(`watching from ${from ?? 'the beginning'}`);
        },
      });
      for await (const entry of entries) if (await isWanted(entry)) await print(cli, entry);
    });
    return { kind: 'transition', data: undefined, lines: [] };
  },
});

async function print(cli: Cli, entry: HistoryEntry): Promise<void> {
  const { stdout } = cli.world;
  const lines =
    stdout.isTTY && !cli.globals.json
      ? historyLines([entry], true).map((line) => printLine(line, cli.colored))
      : [escapeUnsafe(JSON.stringify(entry))];
  for (const line of lines) stdout.write(`${line}\n`);
  // A reader that is slower is waited for, and not kept in memory.
  await stdout.flush?.();
}

async function toFilter(
  ledger: WorkLedger,
  { id, verb, swarm }: Options,
): Promise<(entry: HistoryEntry) => Promise<boolean>> {
  const ids = new Set(await resolveIds(ledger, id));
  const verbs = new Set(readVerbs(verb));
  return async (entry) =>
    (verbs.size === 0 || verbs.has(entry.verb)) &&
    (ids.size === 0 || (entry.id !== undefined && ids.has(entry.id))) &&
    (swarm === undefined || (entry.id !== undefined && (await mayBeOf(ledger, swarm, entry.id))));
}

/** Of what cannot be looked at any more nobody knows the swarm: it is shown rather than missed. */
async function mayBeOf(ledger: WorkLedger, swarm: string, id: string): Promise<boolean> {
  try {
    const item = await ledger.query.find(id);
    return item === undefined || item.swarm_name === swarm;
  } catch (error) {
    if (isLedgerError(error, 'DAMAGED_ITEM')) return true;
    throw error;
  }
}
