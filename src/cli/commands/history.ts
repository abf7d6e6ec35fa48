import { type HistoryEntry, isLedgerError, type WorkLedger } from '../../index.ts';
import type { Run } from '../command.ts';
import { historyLines } from '../render/history.ts';
import type { historyOptions } from '../table/looking.ts';

export const run: Run<typeof historyOptions> = async ({ args: [typed = ''], options, cli }) => {
  const ledger = await cli.openToRead(options);
  const all = await cli.busy('reading history', () => historyOf(ledger, typed));
  const entries = options.limit === undefined ? all : all.slice(Math.max(0, all.length - options.limit));
  return { kind: 'history', data: entries, lines: historyLines(entries, false) };
};

/** An item that was deleted is no longer found by a part of its id, but its history still is by the whole. */
async function historyOf(ledger: WorkLedger, typed: string): Promise<HistoryEntry[]> {
  try {
    return await ledger.history(await ledger.resolveId(typed));
  } catch (error) {
    if (!isLedgerError(error, 'NOT_FOUND')) throw error;
    const entries = await ledger.history(typed).catch(() => []);
    if (entries.length === 0) throw error;
    return entries;
  }
}
