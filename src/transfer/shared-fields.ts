import { label as labelKind } from '../domain/fields.ts';
import { schemaOf } from '../domain/schema.ts';
import { normalizeText, toSafeLine } from '../domain/text.ts';
import { byteLength, cutText } from './foreign.ts';
import { quoteSource, type SourceRecord } from './record.ts';

type Criterion = { text: string; done: boolean };

const MARKER = /^\s*(?:[-*+•]|\d{1,3}[.)])(?:\s+|$)/;
const BOX = /^\s*\[([ xX])\](?:\s+|$)/;
const CRITERIA_BYTES = 128 * 1024;

/**
 * Acceptance criteria out of a text, one for each line that says something, without list markers; `[x]` marks one as done.
 * The text itself is kept where lines alone would lose something: where it is indented, or longer than criteria may be.
 */
export function readAcceptance(record: SourceRecord): Criterion[] {
  const raw = record.text('acceptance_criteria');
  if (raw === undefined) return [];
  const text = normalizeText(raw);
  if (/^[ \t]+\S/m.test(text)) record.keep('acceptance_criteria');
  if (byteLength(text) > CRITERIA_BYTES) {
    record.keepNoted(
      'acceptance_criteria',
      'text_cut',
      'acceptance_criteria is longer than 128 KiB; its beginning was taken',
    );
  }
  return cutText(text, CRITERIA_BYTES).split('\n').flatMap(toCriterion);
}

function toCriterion(line: string): Criterion[] {
  const item = line.replace(MARKER, '');
  const box = BOX.exec(item);
  const text = item.slice(box?.[0].length ?? 0).trim();
  return text === '' ? [] : [{ text, done: box?.[1]?.toLowerCase() === 'x' }];
}

/** Labels as the ledger has them: safe lines, sorted, each once; the list is kept as it was where that changes one. */
export function readLabels(record: SourceRecord): string[] {
  const labels = new Set<string>();
  for (const raw of record.list('labels')) {
    if (schemaOf(labelKind).safeParse(raw).success) {
      labels.add(String(raw));
      continue;
    }
    const label = typeof raw === 'string' ? toSafeLine(raw, 100) : '';
    if (label !== '') labels.add(label);
    record.keepNoted(
      'labels',
      'label',
      `label ${quoteSource(String(raw))} became ${label === '' ? 'none' : label}`,
    );
  }
  return [...labels].sort();
}

/** The title, which every item has. */
export function readTitle(record: SourceRecord): string {
  const title = record.line('title', 500);
  if (title === undefined) record.note('title', 'it has no title');
  return title ?? '(untitled)';
}
