import type { Escalation } from '../../agents.ts';
import type { Run } from '../command.ts';
import { type Span, styled } from '../render/line.ts';
import { statusSpan, tableLines } from '../render/list.ts';
import type { escalationsOptions } from '../table/talking.ts';

const HEADER = ['ID', 'STATUS', 'TO', 'WORK', 'TITLE'];

export const run: Run<typeof escalationsOptions> = async ({ options, cli }) => {
  const ledger = await cli.openToRead(options);
  const { EscalationProtocol } = await import('../../agents.ts');
  const protocol = new EscalationProtocol({ ledger });
  const asked = { to: options.to };
  const found = await (options.all ? protocol.all(asked) : protocol.pending(asked));
  if (found.length === 0 && cli.world.stdout.isTTY && !cli.globals.json)
    cli.notice('nothing waits for an answer');
  return {
    kind: 'escalations',
    data: found,
    lines: tableLines(cli, HEADER, found.map(toColumns)),
    ids: found.map(({ id }) => id),
  };
};

const toColumns = ({ id, status, to, work_id, title }: Escalation): Span[] => [
  styled('id', id),
  statusSpan(status),
  to ?? '-',
  work_id === null ? '-' : styled('id', work_id),
  title,
];
