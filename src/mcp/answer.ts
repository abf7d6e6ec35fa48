import { asName, escapeUnsafe, quoted, type WorkItem } from '../index.ts';
import { leavingsOf, leftLines, toRefusal } from '../operations/refusal.ts';
import type { Where } from '../operations/writes.ts';

/** What a tool says: in words for the model, and as the data of an envelope of `--json`. */
export interface Answer {
  text: string;
  kind: string;
  data: unknown;
  /** Where a write is; `undefined` for a question, and where there is no remote. */
  where?: Where | undefined;
}

interface Result {
  content: { type: 'text'; text: string }[];
  structuredContent: Record<string, unknown>;
  isError?: true;
  [key: string]: unknown;
}

const SCHEMA_VERSION = 1;

/** @param notes what else the model should know, such as that the remote does not answer */
export function toResult({ text, kind, data, where }: Answer, notes: readonly string[] = []): Result {
  const kept = lean(data) ?? (Array.isArray(data) ? [] : null);
  const envelope = {
    ...{ schema_version: SCHEMA_VERSION, kind, data: kept },
    ...(where && { where }),
    ...(notes.length > 0 && { notes: lean(notes) }),
  };
  return { content: said([text, ...notes.map((note) => `note: ${note}`)]), structuredContent: envelope };
}

/** What went wrong: its code, its sentence and its hint; of what is left somewhere, that too. */
export function toErrorResult(failure: unknown): Result {
  const error = toRefusal(failure);
  const { code, message, hint, retryable } = error;
  const fitting = leavingsOf(error).fitting.items.map(
    ({ id, status, title }) => `${id} ${status} ${quoted(title ?? '')}`,
  );
  const lines = [`${code}: ${message}`, ...fitting, ...leftLines(error)];
  if (hint !== undefined) lines.push(`hint: ${hint}`);
  return {
    content: said(lines),
    structuredContent: lean({ error: { code, message, hint, retryable } }) as Record<string, unknown>,
    isError: true,
  };
}

const said = (lines: readonly string[]): Result['content'] => [
  { type: 'text', text: escapeUnsafe(lines.join('\n'), true) },
];

/**
 * A value without what is empty, which a model would pay for and learn nothing from. Some clients give a model this and not the words
 * beside it, so here, too, what would show as nothing is escaped.
 */
export function lean(value: unknown): unknown {
  if (typeof value === 'string') return value === '' ? undefined : escapeUnsafe(value, true);
  if (Array.isArray(value)) {
    const kept = value.map(lean).filter((one) => one !== undefined);
    return kept.length === 0 ? undefined : kept;
  }
  if (typeof value !== 'object' || value === null) return value ?? undefined;
  const kept = Object.entries(value).flatMap(([key, one]) => {
    const small = lean(one);
    return small === undefined ? [] : [[escapeUnsafe(key), small]];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** An item in one line. Its title stands in quotes, which none in it can close. */
export const rowOf = ({ id, status, priority, type, owner, title }: WorkItem): string =>
  `${id} ${status} ${priority} ${type} ${owner === undefined ? '-' : asName(owner)} ${quoted(title)}`;

/** The same as data. */
export const fieldsOfRow = ({ id, status, priority, type, owner, title }: WorkItem) => ({
  id,
  status,
  priority,
  type,
  owner,
  title,
});
