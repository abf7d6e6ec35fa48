import { WORK_STATUSES } from '../../index.ts';
import type { Run } from '../command.ts';
import { columns, styled } from '../render/line.ts';
import { age, shortTime } from '../render/time.ts';
import type { statusOptions } from '../table/ledger.ts';

const SHOWN = 5;

export const run: Run<typeof statusOptions> = async ({ options, cli }) => {
  const ledger = await cli.openToRead(options);
  // It says itself how fresh it is and what is damaged.
  cli.notices.length = 0;
  const status = await ledger.status();
  const { remote, mode, fetched_at, pending, rejected, counts, damaged } = status;
  const asked =
    fetched_at === null
      ? 'never asked'
      : `asked ${age(cli.clock.now().getTime() - Date.parse(fetched_at))} ago`;
  const waiting = pending.slice(0, SHOWN).map(({ verb, id }) => `${verb} ${id ?? ''}`.trim());
  const more = pending.length > SHOWN ? `, and ${pending.length - SHOWN} more` : '';
  const items = WORK_STATUSES.filter((name) => (counts[name] ?? 0) > 0).map(
    (name) => `${counts[name]} ${name}`,
  );
  const facts: [string, string | undefined][] = [
    ['ledger', `${status.branch} of ${status.place}`],
    [
      'remote',
      remote === null ? 'none: this clone is the truth' : `${remote.name} (${remote.url}), ${asked}`,
    ],
    ['mode', mode],
    ['actor', status.actor],
    ['clone', status.clone],
    ['tip', fetched_at === null ? status.tip : `${status.tip}, as of ${shortTime(fetched_at)}`],
    ['items', items.length === 0 ? 'none' : items.join(', ')],
    [
      'waiting',
      pending.length === 0
        ? undefined
        : `${pending.length} to share with wl sync: ${waiting.join(', ')}${more}`,
    ],
    ['rejected', rejected === 0 ? undefined : `${rejected}; see: wl rejected`],
    ['damaged', damaged === 0 ? undefined : `${damaged}; see: wl list --damaged`],
  ];
  const rows = facts.flatMap(([name, value]) => (value === undefined ? [] : [[styled('dim', name), value]]));
  return { kind: 'status', data: status, lines: columns(rows) };
};
