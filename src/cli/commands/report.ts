import type { Run } from '../command.ts';
import { oneOf, readTime } from '../input.ts';
import { readUntil } from '../moment.ts';
import { csvReport, markdownReport } from '../render/report.ts';
import type { reportOptions } from '../table/audit.ts';

const FORMATS = ['md', 'html', 'csv', 'json'] as const;

export const run: Run<typeof reportOptions> = async ({ options, cli }) => {
  const format = oneOf(options.format ?? 'md', FORMATS, '--format');
  const since = options.since && readTime(options.since, '--since');
  const until = options.until && readUntil(options.until, '--until');
  const ledger = await cli.openToRead(options);
  const report = await cli.busy('measuring', () => ledger.report({ since, until }));
  const lines = {
    md: () => markdownReport(report),
    // Brings a library along that nothing else needs.
    html: async () => (await import('../render/report-html.ts')).htmlReport(report),
    csv: () => csvReport(report),
    json: () => JSON.stringify(report, null, 2).split('\n'),
  };
  return { kind: 'report', data: report, lines: cli.globals.json ? [] : await lines[format]() };
};
