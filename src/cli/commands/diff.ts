import type { HistoryEntry } from '../../index.ts';
import type { Run } from '../command.ts';
import { historicId } from '../matching.ts';
import { fieldLines } from '../render/field.ts';
import { type Span, styled } from '../render/line.ts';
import { shortTime } from '../render/time.ts';
import type { diffOptions } from '../table/audit.ts';

const SHORT_COMMIT = 10;

export const run: Run<typeof diffOptions> = async ({ args: [typed = '', revisions], options, cli }) => {
  const ledger = await cli.openToAsk(options);
  const diff = await cli.busy('reading its versions', async () =>
    ledger.diff(await historicId(ledger, typed), revisions),
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
};

const head = (name: string, { rev, verb, actor, at, commit }: HistoryEntry): Span[] => [
  styled('dim', name.padEnd('from '.length)),
  `rev ${rev ?? '?'}  ${commit.slice(0, SHORT_COMMIT)}  ${shortTime(at)}  ${verb}  ${actor}`,
];
