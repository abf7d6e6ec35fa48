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

/**
 * The reply of a question that a list answers.
 *
 * @param none what a person is told where the list is empty
 */
export function listReply<T extends { id: string }>(
  cli: Cli,
  kind: string,
  found: readonly T[],
  header: readonly string[],
  toColumns: (one: T) => Span[],
  none: string,
): Reply {
  if (found.length === 0) noticeNone(cli, none);
  return {
    kind,
    data: found,
    lines: tableLines(cli, header, found.map(toColumns)),
    ids: found.map(({ id }) => id),
  };
}

/** The reply of a question that items answer. */
export const itemsReply = (cli: Cli, items: readonly WorkItem[]): Reply =>
  listReply(cli, 'items', items, HEADER, itemColumns, 'no items');

/** An empty list says so at a terminal; a program sees it. */
export function noticeNone(cli: Cli, none: string): void {
  if (cli.world.stdout.isTTY && !cli.globals.json) cli.notice(none);
}
