import { expect, test } from 'vitest';
import { leaseOf } from '../../src/domain/holding.ts';

const settings = { lease_ttl_s: 3600 };
const claim = { epoch: 1, execution_id: 'exec-1', claimed_at: '2026-01-03T11:00:00.000Z', ttl_s: 90 };

test('given a claim with a lease of its own, when it is asked for, then it is renewed at a third and given up at two', () => {
  expect(leaseOf({ claim }, settings)).toEqual({
    ttl_ms: 90_000,
    renew_after_ms: 30_000,
    stop_after_ms: 60_000,
  });
});

test('given an item that was never claimed, when its lease is asked for, then it is the setting of the ledger', () => {
  expect(leaseOf({ claim: undefined }, settings).ttl_ms).toBe(3_600_000);
});

test('given the shortest lease, when it is asked for, then it is renewed before it is given up, and given up before it ends', () => {
  const { renew_after_ms, stop_after_ms, ttl_ms } = leaseOf({ claim: { ...claim, ttl_s: 1 } }, settings);
  expect([renew_after_ms, stop_after_ms, ttl_ms]).toEqual([333, 666, 1000]);
});
