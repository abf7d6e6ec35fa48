import { LedgerError } from '../../index.ts';
import type { Run } from '../command.ts';
import { columns, styled } from '../render/line.ts';
import { grouped } from '../render/number.ts';
import type { indexOptions } from '../table/ledger.ts';

export const run: Run<typeof indexOptions> = async ({ options, cli }) => {
  if (options.rebuild && options.status)
    throw new LedgerError('INVALID_INPUT', '--rebuild and --status exclude each other.');
  const ledger = await cli.open();
  if (options.rebuild) await cli.busy('reading the ledger', () => ledger.rebuildIndex());
  const status = await ledger.indexStatus();
  const { place, tip, current, items, unread, transitions, log, searchable } = status;
  const notRead =
    unread === 0 ? '' : `; ${grouped(unread)} finished ones are known by path and read when asked for`;
  const notYet = log === tip ? '' : '; newer ones are read when asked for';
  const facts: [string, string][] = [
    [
      'index',
      place.kind === 'file' ? place.path : `in memory: ${place.reason ?? 'there is no place for it'}`,
    ],
    ['tip', tip === null ? 'none: the next read makes it' : `${tip}${current ? '' : ', behind the branch'}`],
    ['items', `${grouped(items)}${notRead}`],
    ['history', transitions === 0 ? 'read when asked for' : `${grouped(transitions)} commits${notYet}`],
    ['search', searchable ? 'ready' : 'made when asked for'],
  ];
  return {
    kind: 'index',
    data: status,
    lines: columns(facts.map(([name, value]) => [styled('dim', name), value])),
  };
};
