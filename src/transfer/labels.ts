import { itemSchemas } from '../domain/item-schema.ts';
import { toSafeLine } from '../domain/text.ts';
import { quoteSource } from './notebook.ts';
import type { SourceRecord } from './record.ts';

/** Labels as the ledger has them: safe lines, sorted, each once; the list is kept as it was where that changes one. */
export function readLabels(record: SourceRecord): string[] {
  const labels = new Set<string>();
  for (const raw of record.list('labels')) {
    if (itemSchemas().label.safeParse(raw).success) {
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
