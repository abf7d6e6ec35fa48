import type { Json } from '../../index.ts';
import type { Run } from '../command.ts';
import { historicId } from '../matching.ts';
import { onLine } from '../render/field.ts';
import { columns, type Span, styled } from '../render/line.ts';
import { shortTime } from '../render/time.ts';
import type { blameOptions } from '../table/audit.ts';

const SHORT_COMMIT = 10;
const SHORT_VALUE = 60;

export const run: Run<typeof blameOptions> = async ({ args: [typed = ''], options, cli }) => {
  const ledger = await cli.openToAsk(options);
  const blame = await cli.busy('reading its versions', async () =>
    ledger.blame(await historicId(ledger, typed)),
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
};

function shortened(value: Json): string {
  const text = onLine(value) ?? (typeof value === 'string' ? value : JSON.stringify(value));
  const [line = ''] = text.split('\n');
  const cut = line.slice(0, SHORT_VALUE);
  return cut === text ? text : `${cut}…`;
}
