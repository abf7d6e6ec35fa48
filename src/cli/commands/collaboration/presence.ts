import { listPresence, type PresenceEntry, type PresenceReport, prunePresence } from '../../../index.ts';
import type { Cli } from '../../cli.ts';
import { command, flag } from '../../command.ts';
import { age, type Span, styled } from '../../render/line.ts';
import { noticeNone, tableLines } from '../../render/list.ts';

const HEADER = ['AGENT', 'HOST', 'PID', 'PROGRAM', 'SILENT', 'ITEM', 'STEP'];

export const presenceCommand = command({
  summary: 'list who is at work, on what, and for how long each was silent',
  details:
    'Asks the remote, unless --offline is given. Silence is what this clone itself saw: from the first look at a sign to the last one that found it the same.',
  options: {
    prune: flag('--prune', 'take away the signs that this clone has seen unchanged for a day'),
  },
  examples: ['wl presence', 'wl presence --prune'],
  run: async ({ options, cli }) => {
    const ledger = await cli.open();
    const pruned = options.prune ? await cli.busy('asking the remote', () => prunePresence(ledger)) : [];
    if (options.prune) cli.notice(`${pruned.length} pruned`);
    const report = await cli.busy('asking the remote', () => listPresence(ledger));
    noteProblems(cli, report);
    return {
      kind: 'presence',
      data: { fresh: report.fresh, entries: report.entries.map(toRecord), pruned: pruned.map(toRecord) },
      lines: tableLines(cli, HEADER, report.entries.flatMap(rowsOf)),
      ids: report.entries.map(({ name }) => name),
    };
  },
});

function noteProblems(cli: Cli, { enabled, entries, fresh, problem }: PresenceReport): void {
  if (!enabled) cli.notice('this clone is set up to have no presence (git config ledger.presence)');
  else if (problem !== undefined) {
    cli.notice(`the remote cannot be reached, so this is what was last seen: ${problem.message}`);
  } else if (!fresh) cli.notice('the remote was not asked, so this is what was last seen');
  else if (entries.length === 0) noticeNone(cli, 'nobody is at work');
}

/** A line for each item that runs, so that a list can be searched by items. */
function rowsOf(entry: PresenceEntry): Span[][] {
  const silent = age(entry.silent_s * 1000);
  if (entry.kind === 'damaged') {
    return [[styled('red', entry.name), '-', '-', '-', silent, '-', `damaged: ${entry.reason}`]];
  }
  const { agent, host, pid, program, executions } = entry.record;
  const who = [styled('bold', agent), host, `${pid}`, program, silent];
  if (executions.length === 0) return [[...who, '-', '-']];
  return executions.map(({ id, step }) => [...who, styled('id', id), step ?? '-']);
}

/** An entry as JSON has it: flat, and without what is `undefined`. */
function toRecord(entry: PresenceEntry): Record<string, unknown> {
  const { name, where, oid, silent_s, kind } = entry;
  const found = { name, where, oid, silent_ms: Math.round(silent_s * 1000), kind };
  if (entry.kind === 'damaged') return { ...found, reason: entry.reason };
  const { agent, session, host, pid, program, seq, at, executions } = entry.record;
  const running = executions.map((one) => ({ ...one, step: one.step ?? null }));
  return { ...found, agent, session, host, pid, program, seq, at, executions: running };
}
