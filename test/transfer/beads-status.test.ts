import { describe, expect, test } from 'vitest';
import { only, planOf } from './beads-plan.ts';
import { issue, lines } from './beads-sample.ts';

describe('status', () => {
  const updated = '2025-11-04T04:56:22.700Z';

  test('open with an assignee is pending and assigned', () => {
    const { item, rules } = only({ assignee: 'crew/ada' });
    expect(item).toMatchObject({ status: 'pending', owner: 'crew/ada' });
    expect(rules).toEqual([]);
  });

  test('in_progress with an assignee is in progress since its last update, without a claim', () => {
    const { item, rules } = only({ status: 'in_progress', assignee: 'ada' });
    expect(item).toMatchObject({ status: 'in_progress', owner: 'ada', started_at: updated });
    expect(item.claim).toBeUndefined();
    expect(rules).toEqual([]);
  });

  test('hooked with an assignee is in progress, and noted', () => {
    const { item, kept, rules } = only({ status: 'hooked', assignee: 'ada' });
    expect(item).toMatchObject({ status: 'in_progress', owner: 'ada' });
    expect(kept.status).toBe('hooked');
    expect(rules).toEqual(['status']);
  });

  test.each(['in_progress', 'hooked', 'deferred', 'waiting'])(
    '%s of nobody is pending, and noted',
    (status) => {
      const { item, kept, rules } = only({ status });
      expect(item.status).toBe('pending');
      expect(kept.status).toBe(status);
      expect(rules).toEqual(['status']);
    },
  );

  test('deferred keeps until when', () => {
    const { item } = only({ status: 'deferred', defer_until: '2026-03-01T00:00:00+01:00' });
    expect(item).toMatchObject({ status: 'pending', not_before: '2026-02-28T23:00:00.000Z' });
  });

  test('blocked is blocked', () => {
    const { item } = only({ status: 'blocked' });
    expect(item).toMatchObject({
      status: 'blocked',
      block: { reason: 'imported as blocked', since: updated, from: 'pending' },
    });
  });

  test('pinned is never ready, so it is blocked, and noted', () => {
    const { item, rules } = only({ status: 'pinned' });
    expect(item).toMatchObject({ status: 'blocked', block: { reason: 'imported as pinned' } });
    expect(rules).toEqual(['status']);
  });

  test('closed is completed, with its reason as the result', () => {
    const { item, rules } = only({
      status: 'closed',
      closed_at: '2025-11-05T00:00:00Z',
      close_reason: 'Done\nwell',
    });
    expect(item).toMatchObject({
      status: 'completed',
      completed_at: '2025-11-05T00:00:00.000Z',
      result: { close_reason: 'Done\nwell' },
    });
    expect(rules).toEqual([]);
  });

  test('closed without a time takes the last update, and is noted', () => {
    const { item, rules } = only({ status: 'closed' });
    expect(item.completed_at).toBe(updated);
    expect(rules).toEqual(['time']);
  });

  test('the reason of an issue that was opened again is kept', () => {
    const { item, kept } = only({ close_reason: 'too early', closed_at: '2025-11-05T00:00:00Z' });
    expect(item.result).toBeUndefined();
    expect(kept).toMatchObject({ close_reason: 'too early', closed_at: '2025-11-05T00:00:00Z' });
  });

  test('a tombstone is counted and left out', () => {
    const plan = planOf(lines(issue({ status: 'tombstone' })));
    expect(plan).toMatchObject({ items: [], tombstones: 1, records: 1, unusable: 0 });
  });
});
