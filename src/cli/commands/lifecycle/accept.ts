import { LedgerError, type WorkItem } from '../../../index.ts';
import { resolveOne } from '../../../operations/ids.ts';
import { command, flag, ID, IF_REV } from '../../command.ts';
import { criteriaLines } from '../../render/item.ts';
import type { Line } from '../../render/line.ts';
import { onItems } from '../../transition.ts';

export const acceptCommand = command({
  summary: 'say which criteria of acceptance are met',
  args: [ID, { name: '[numbers...]', help: 'criteria by their numbers in `wl show`; none lists them' }],
  options: {
    all: flag('--all', 'every criterion'),
    undo: flag('--undo', 'they are not met after all'),
    ...IF_REV,
  },
  examples: ['wl accept 0001 1 3', 'wl accept 0001 2 --undo'],
  run: async ({ args: [typed = '', ...numbers], options: { all, undo, if_rev }, cli }) => {
    const ledger = await cli.open();
    const id = await resolveOne(ledger, typed);
    const item = await ledger.query.get(id);
    const texts = all ? item.acceptance.map(({ text }) => text) : numbers.map((one) => criterion(item, one));
    if (texts.length === 0) return { kind: 'item', data: item, lines: listed(item), ids: [id] };
    return onItems(
      cli,
      'accept',
      [id],
      (_, of) => ledger.work.accept(of, undo ? { open: texts } : { met: texts }, { if_rev }),
      ({ acceptance }) =>
        `${id} has ${acceptance.filter(({ done }) => done).length} of ${acceptance.length} criteria met`,
      (after) => criteriaLines(after),
    );
  },
});

/** @throws LedgerError `INVALID_INPUT` for what is no number of a criterion */
function criterion({ id, acceptance }: WorkItem, typed: string): string {
  const found = /^[1-9][0-9]{0,5}$/.test(typed) ? acceptance[Number(typed) - 1] : undefined;
  if (found !== undefined) return found.text;
  const range =
    acceptance.length === 0 ? 'It has none.' : `They are numbered from 1 to ${acceptance.length}.`;
  throw new LedgerError('INVALID_INPUT', `${id} has no criterion ${JSON.stringify(typed)}. ${range}`, {
    hint: acceptance.length === 0 ? `wl update ${id} --acceptance "what has to be so"` : `wl accept ${id}`,
  });
}

const listed = (item: WorkItem): Line[] =>
  item.acceptance.length === 0 ? [`${item.id} has no criteria of acceptance`] : criteriaLines(item);
