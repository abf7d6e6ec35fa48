import { pickFormat, readTime, readUntil } from '../../../operations/typed.ts';
import { command, READ, text } from '../../command.ts';
import { REPORT_FORMAT, REPORT_FORMATS } from '../../formats/report.ts';

export const reportCommand = command({
  summary: 'measure a period: throughput, lead and cycle time, attempts, recoveries, what is open',
  details:
    'Made from history alone, by the times of the requests. Lead time is from creation to completion, cycle time from the first claim. What work came to counts for its holder, whoever approved it. Lost races are those that this clone keeps. The HTML page is one file with charts, without scripts, that asks nothing of the network.',
  options: {
    since: text('--since <time>', 'what was asked for then or later (default: from the beginning)'),
    until: text(
      '--until <time>',
      'what was asked for then or earlier; a day counts to its end (default: now)',
    ),
    format: REPORT_FORMAT,
    ...READ,
  },
  examples: ['wl report --since 2026-01-01 --until 2026-01-31', 'wl report --format html'],
  run: async ({ options, cli }) => {
    const format = pickFormat(REPORT_FORMATS, options.format ?? 'md');
    const since = options.since && readTime(options.since, '--since');
    const until = options.until && readUntil(options.until, '--until');
    const ledger = await cli.openToRead(options);
    const report = await cli.busy('measuring', () => ledger.audit.report({ since, until }));
    return { kind: 'report', data: report, lines: cli.globals.json ? [] : await format.render(report) };
  },
});
