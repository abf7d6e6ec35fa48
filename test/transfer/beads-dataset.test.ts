import { describe, expect, test } from 'vitest';
import { workItemSchema } from '../../src/domain/item-schema.ts';
import { planOf } from './beads-plan.ts';
import { DATASETS } from './beads-sample.ts';
import { MemoryLedger } from './memory-ledger.ts';

describe.each(DATASETS)('given %s of Beads', (_name, text) => {
  const plan = planOf(text);
  const lineCount = text.split('\n').filter((line) => line.trim() !== '').length;

  test('then every line is planned, a tombstone, or unusable', () => {
    expect(plan.records).toBe(lineCount);
    expect(plan.items.length + plan.tombstones + plan.unusable + plan.unchanged).toBe(lineCount);
    const left = new Set(['bad_json', 'not_an_item', 'duplicate_id', 'too_deep', 'too_large']);
    expect(plan.notes.filter(({ rule }) => left.has(rule))).toHaveLength(plan.unusable);
  });

  test('then every item is one that the ledger can hold', () => {
    const whole = { schema: 1, rev: 1, last_op: '00000000-0000-7000-8000-000000000000' };
    for (const { item } of plan.items)
      expect(workItemSchema().parse({ ...item, ...whole })).toEqual({ ...item, ...whole });
  });

  test('then what an item needs stands before it', () => {
    const seen = new Set<string>();
    for (const { id, item } of plan.items) {
      for (const need of [...item.dependencies, ...(item.parent_id === undefined ? [] : [item.parent_id])]) {
        expect(seen).toContain(need);
      }
      seen.add(id);
    }
  });

  test('then ids are of the day of creation, each given once', () => {
    expect(new Set(plan.items.map(({ id }) => id)).size).toBe(plan.items.length);
    for (const { id, item } of plan.items) {
      expect(id.split('-')[1]).toBe(item.created_at.slice(0, 10).replaceAll('-', ''));
    }
  });

  test('when the ledger takes it, then it refuses nothing, and a second run plans nothing', () => {
    const ledger = new MemoryLedger();
    ledger.apply(plan);
    expect(ledger.items.size).toBe(plan.items.length);
    const again = planOf(text, ledger);
    expect(again.items).toEqual([]);
    expect(again.unchanged).toBe(plan.items.length);
    expect(again.unusable).toBe(plan.unusable);
  });

  test('when only half of it is there, then the rest uses the ids of that half', () => {
    const half = text
      .split('\n')
      .filter((_line, index) => index % 2 === 0)
      .join('\n');
    const ledger = new MemoryLedger();
    ledger.apply(planOf(half, ledger));
    const before = ledger.items.size;
    const rest = planOf(text, ledger);
    ledger.apply(rest);
    expect(rest.unchanged).toBe(before);
    expect(ledger.items.size).toBe(plan.items.length);
  });
});
