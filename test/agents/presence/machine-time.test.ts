import { afterEach, expect, test, vi } from 'vitest';
import { LeaseLostError } from '../../../src/agents/workers/agent.ts';
import type { LeaseHandle } from '../../../src/agents/workers/lease-handle.ts';
import { watchLease } from '../../../src/agents/workers/lease-handle.ts';
import type { WorkLedger } from '../../../src/index.ts';
import { machineTime, machineTimer } from '../../../src/ledger/seam.ts';

// Others watch the lease of whoever holds work, also while its machine sleeps.

const HOUR = 3_600_000;
const isLeaseLost = (error: Error): boolean => error instanceof LeaseLostError;
/** Time passes, and no timer counts it. */
function sleepThrough(ms: number): void {
  const now = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => now() + ms);
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Dates tell whole milliseconds, and what they are held against tells parts of them. */
const TICK_MS = 2;

test('given a machine that slept, when the time of its leases is asked, then what it slept through has passed', () => {
  const before = machineTime();
  sleepThrough(HOUR);
  expect(machineTime() - before).toBeGreaterThan(HOUR - TICK_MS);
  vi.restoreAllMocks();
  // A clock that is set back takes nothing of it away.
  expect(machineTime() - before).toBeGreaterThan(HOUR - TICK_MS);
});

test('given something that is due in an hour, when a timer is set for it, then it looks at the time within seconds', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let looked = 0;
  machineTimer.after(HOUR, () => {
    looked += 1;
  });
  vi.advanceTimersByTime(15_000);
  expect(looked).toBe(1);
});

test('given a holder whose machine slept for longer than its lease, when it wakes, then it is told at once that its lease is lost', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const lost: Error[] = [];
  const ledger = { clone: { mode: 'push', fetch: async () => undefined } } as unknown as WorkLedger;
  const handle = {
    id: 'WRK-20260103-0001',
    lastAccepted: machineTime(),
    look: async () => undefined,
  } as unknown as LeaseHandle;
  const heartbeat = { lastRenewed: () => undefined } as never;
  const lease = { ttl_ms: HOUR, renew_after_ms: HOUR / 3, stop_after_ms: (2 * HOUR) / 3 };
  const watched = watchLease({ ledger, heartbeat, timer: machineTimer }, handle, lease, (reason) =>
    lost.push(reason),
  );
  vi.advanceTimersByTime(60_000);
  const before = lost.length;
  sleepThrough(2 * HOUR);
  vi.advanceTimersByTime(60_000);
  await watched.end();
  expect(lost.slice(0, before).some(isLeaseLost)).toBe(false);
  expect(lost.slice(before).some(isLeaseLost)).toBe(true);
});
