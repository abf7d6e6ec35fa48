import type { LogFilter } from '../../../index.ts';
import { resolveHistoric } from '../../../operations/ids.ts';
import { readTime, readUntil } from '../../../operations/typed.ts';
import type { Cli } from '../../cli.ts';
import { command, count, flag, ID, type OptionTable, PAST, set, text } from '../../command.ts';
import { historyLines, longHistory } from '../../render/history.ts';

const OF_ACTOR =
  '`--actor NAME` shows what that one did. Times are those of the requests, as whoever asked had them; `--long` shows when and where each was committed.';

const MATCHING = {
  verb: set('--verb <verb>', 'of this verb; several with commas'),
  since: text('--since <time>', 'asked for then or later'),
  until: text('--until <time>', 'asked for then or earlier; a day counts to its end'),
  long: flag('--long', 'in a few lines each: also the machine, the execution and the whole commit'),
} satisfies OptionTable;

const NEWEST = 20;

export const historyCommand = command({
  summary: 'show the transitions of an item, oldest first',
  details: OF_ACTOR,
  args: [ID],
  options: {
    limit: count('-n, --limit <n>', 'only the newest'),
    ...MATCHING,
    ...PAST,
  },
  examples: ['wl history 0001 --long', 'wl history 0001 --verb claim,release --json'],
  run: async ({ args: [typed = ''], options, cli }) => {
    const filter = await matchingOf(cli, options);
    const ledger = await cli.openToAsk(options);
    const limit = options.limit ?? Number.POSITIVE_INFINITY;
    const entries = await cli.busy('reading history', async () =>
      (await ledger.audit.log({ ...filter, limit, items: [await resolveHistoric(ledger, typed)] })).reverse(),
    );
    const lines = options.long ? longHistory(entries) : historyLines(entries, false);
    return { kind: 'history', data: entries, lines };
  },
});

export const logCommand = command({
  summary: 'show the transitions of the whole ledger, newest first',
  details: OF_ACTOR,
  options: {
    limit: count('-n, --limit <n>', 'how many; 0 for all (default: 20)'),
    item: text('--item <id>', 'of this item'),
    swarm: text('--swarm <name>', 'of items that are in this swarm now'),
    ...MATCHING,
    ...PAST,
  },
  examples: ['wl log --actor ada --since 2026-01-03', 'wl log --verb recover -n 0 --json'],
  run: async ({ options, cli }) => {
    const { item, swarm, limit = NEWEST, long } = options;
    const filter = await matchingOf(cli, options);
    const ledger = await cli.openToAsk(options);
    const entries = await cli.busy('reading history', async () => {
      const items = item === undefined ? undefined : [await resolveHistoric(ledger, item)];
      const newest = limit === 0 ? Number.POSITIVE_INFINITY : limit;
      return ledger.audit.log({ ...filter, limit: newest, items, swarm_name: swarm });
    });
    return { kind: 'log', data: entries, lines: long ? longHistory(entries) : historyLines(entries, true) };
  },
});

/** Which transitions the options ask for. Who acts is of no matter to these questions, so `--actor` tells whose they are. */
async function matchingOf(
  cli: Cli,
  { verb, since, until }: { verb: readonly string[]; since: string | undefined; until: string | undefined },
): Promise<LogFilter> {
  return {
    actor: cli.globals.actor,
    verbs: verb.length === 0 ? undefined : (await import('../../../operations/verbs.ts')).readVerbs(verb),
    since: since && readTime(since, '--since'),
    until: until && readUntil(until, '--until'),
  };
}
