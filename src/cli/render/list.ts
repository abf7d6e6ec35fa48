import type { WorkItem, WorkPriority, WorkStatus } from '../../index.ts';
import { SHORT_PRIORITY, SHORT_STATUS } from '../../operations/typed.ts';
import type { Cli } from '../cli.ts';
import type { Reply } from '../command.ts';
import { columns, fitLine, type Line, type Span, styled, widthOf } from './line.ts';

const HEADER = ['ID', 'STATUS', 'PRI', 'TYPE', 'OWNER', 'TITLE'];

const STATUS_STYLE = {
  pending: undefined,
  in_progress: 'yellow',
  blocked: 'red',
  in_review: 'cyan',
  completed: 'green',
  failed: 'red',
  cancelled: 'dim',
} as const satisfies Record<WorkStatus, unknown>;

const PRIORITY_STYLE = {
  low: 'dim',
  medium: undefined,
  high: 'yellow',
  critical: 'red',
} as const satisfies Record<WorkPriority, unknown>;

const maybeStyled = (style: Parameters<typeof styled>[0] | undefined, text: string): Span =>
  style === undefined ? text : styled(style, text);

export const statusSpan = (status: WorkStatus): Span =>
  maybeStyled(STATUS_STYLE[status], SHORT_STATUS[status]);

/** An item on one line, in columns. */
export function itemColumns(item: WorkItem): Span[] {
  const { id, status, priority, type, owner, title } = item;
  return [
    styled('id', id),
    statusSpan(status),
    maybeStyled(PRIORITY_STYLE[priority], SHORT_PRIORITY[priority]),
    type,
    owner ?? '-',
    title,
  ];
}

/** Rows in columns; a terminal gets a header, and lines that fit. */
export function tableLines(cli: Cli, header: readonly string[], rows: readonly (readonly Span[])[]): Line[] {
  const { stdout } = cli.world;
  if (!stdout.isTTY || rows.length === 0) return columns(rows);
  const all = columns([header.map((name) => styled('dim', name)), ...rows]);
  return all.map((line) => fitLine(line, widthOf(stdout, Number.POSITIVE_INFINITY)));
}

/** The reply of a question that items answer. */
export function itemsReply(cli: Cli, items: readonly WorkItem[]): Reply {
  if (items.length === 0 && cli.world.stdout.isTTY && !cli.globals.json) cli.notice('no items');
  return {
    kind: 'items',
    data: items,
    lines: tableLines(cli, HEADER, items.map(itemColumns)),
    ids: items.map(({ id }) => id),
  };
}
