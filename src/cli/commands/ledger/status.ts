import { WORK_STATUSES } from '../../../index.ts';
import { refuse } from '../../../operations/typed.ts';
import { command, flag } from '../../command.ts';
import { readVersion } from '../../package.ts';
import { age, columns, grouped, SHORT_COMMIT, shortTime, styled } from '../../render/line.ts';

const SHOWN = 5;

export const statusCommand = command({
  summary: 'tell where this clone stands; asks no one',
  options: {
    fetch: flag('--fetch', 'ask the remote first'),
  },
  examples: ['wl status', 'wl status --fetch --json'],
  run: async ({ options, cli }) => {
    const ledger = await cli.openToRead(options);
    // It says itself how fresh it is and what is damaged.
    cli.notices.length = 0;
    const status = await ledger.clone.status();
    const { remote, mode, fetched_at, pending, rejected, counts, damaged, ahead, in_question } = status;
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
      [
        'clock',
        ahead === null
          ? undefined
          : `${age(ahead.seconds * 1000)} behind ${ahead.commit.slice(0, SHORT_COMMIT)} by ${ahead.actor} (${ahead.machine}): one of the two is wrong`,
      ],
      ['damaged', damaged === 0 ? undefined : `${damaged}; see: wl list --damaged`],
      ['in question', in_question === 0 ? undefined : `${in_question}; see: wl doctor`],
    ];
    const rows = facts.flatMap(([name, value]) =>
      value === undefined ? [] : [[styled('dim', name), value]],
    );
    return { kind: 'status', data: status, lines: columns(rows) };
  },
});

export const indexCommand = command({
  summary: 'tell about the index that answers questions, or make it anew',
  details:
    'The index stands in the clone, outside git, and is kept by itself: made when it is missing or damaged, and caught up with each read. Nothing is lost with it.',
  options: {
    rebuild: flag('--rebuild', 'make it anew from git, with every item, its words and all history'),
    status: flag('--status', 'tell where it is and how far it has come (the default)'),
  },
  examples: ['wl index', 'wl index --rebuild'],
  run: async ({ options, cli }) => {
    if (options.rebuild && options.status) throw refuse('--rebuild and --status exclude each other.');
    const ledger = await cli.open();
    if (options.rebuild) await cli.busy('reading the ledger', () => ledger.clone.rebuildIndex());
    const status = await ledger.clone.indexStatus();
    const { place, tip, current, items, unread, transitions, log, searchable } = status;
    const notRead =
      unread === 0 ? '' : `; ${grouped(unread)} finished ones are known by path and read when asked for`;
    const notYet = log === tip ? '' : '; newer ones are read when asked for';
    const facts: [string, string][] = [
      [
        'index',
        place.kind === 'file' ? place.path : `in memory: ${place.reason ?? 'there is no place for it'}`,
      ],
      [
        'tip',
        tip === null ? 'none: the next read makes it' : `${tip}${current ? '' : ', behind the branch'}`,
      ],
      ['items', `${grouped(items)}${notRead}`],
      ['history', transitions === 0 ? 'read when asked for' : `${grouped(transitions)} commits${notYet}`],
      ['search', searchable ? 'ready' : 'made when asked for'],
    ];
    return {
      kind: 'index',
      data: status,
      lines: columns(facts.map(([name, value]) => [styled('dim', name), value])),
    };
  },
});

export const versionCommand = command({
  summary: 'print the version',
  examples: ['wl version', 'wl version --json'],
  run: async () => {
    const version = readVersion();
    return { kind: 'version', data: { version, node: process.versions.node }, lines: [`wl ${version}`] };
  },
});
