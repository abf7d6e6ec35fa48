import type { HistoryEntry, Json } from '../../../index.ts';
import { resolveHistoric } from '../../../operations/ids.ts';
import { command, ID, PAST } from '../../command.ts';
import { fieldLines, onLine } from '../../render/history.ts';
import { columns, SHORT_COMMIT, type Span, shortTime, styled } from '../../render/line.ts';

const SHORT_VALUE = 60;

export const diffCommand = command({
  summary: 'show how two revisions of an item differ, by field',
  details:
    'Revisions are numbers (`rev`), where 0 is before the item was there, or commits. One alone is compared with the one before it; without any, what was done last is shown. Works for an item that was deleted, by its whole id.',
  args: [ID, { name: '[revisions]', help: '2..5, 3, or commits: 4f2c1d9..87e4804' }],
  options: PAST,
  examples: ['wl diff 0001', 'wl diff 0001 1..4 --json'],
  run: async ({ args: [typed = '', revisions], options, cli }) => {
    const ledger = await cli.openToAsk(options);
    const diff = await cli.busy('reading its versions', async () =>
      ledger.audit.diff(await resolveHistoric(ledger, typed), revisions),
    );
    const { id, from, to, changes } = diff;
    return {
      kind: 'diff',
      data: diff,
      lines: [
        [styled('bold', id)],
        ...(from === null ? [] : [head('from', from)]),
        head('to', to),
        ...changes.flatMap(fieldLines),
      ],
    };
  },
});

export const blameCommand = command({
  summary: 'show who gave each field of an item its value, when, and in which commit',
  args: [ID],
  options: PAST,
  examples: ['wl blame 0001', 'wl blame 0001 --as-of 2026-01-31'],
  run: async ({ args: [typed = ''], options, cli }) => {
    const ledger = await cli.openToAsk(options);
    const blame = await cli.busy('reading its versions', async () =>
      ledger.audit.blame(await resolveHistoric(ledger, typed)),
    );
    return {
      kind: 'blame',
      data: blame,
      lines: columns(
        blame.map(({ field, value, by }): Span[] => [
          styled('dim', by.commit.slice(0, SHORT_COMMIT)),
          shortTime(by.at),
          by.actor,
          by.verb,
          styled('bold', field),
          shortened(value),
        ]),
      ),
    };
  },
});

const head = (name: string, { rev, verb, actor, at, commit }: HistoryEntry): Span[] => [
  styled('dim', name.padEnd('from '.length)),
  `rev ${rev ?? '?'}  ${commit.slice(0, SHORT_COMMIT)}  ${shortTime(at)}  ${verb}  ${actor}`,
];

function shortened(value: Json): string {
  const text = onLine(value) ?? (typeof value === 'string' ? value : JSON.stringify(value));
  const [line = ''] = text.split('\n');
  const cut = line.slice(0, SHORT_VALUE);
  return cut === text ? text : `${cut}…`;
}
