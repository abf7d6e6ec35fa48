import { expect, expectTypeOf, test } from 'vitest';
import { WORK_STATUSES, type WorkItem, type WorkStatus } from '../../src/index.ts';
import { makeAlone } from '../agents/pair.ts';

// Why the type of an item promises nothing by its status but the status: each of these is stored, read and found right.

const AT = '2026-01-03T10:00:00.000Z';
const BARE = {
  title: 'From elsewhere',
  type: 'task',
  priority: 'medium',
  labels: [],
  description: '',
  acceptance: [],
  context: {},
  dependencies: [],
  links: [],
  created_at: AT,
  created_by: 'ada',
  updated_at: AT,
  attempts: 0,
  comments: [],
} as const;
/** All that one status or another would be thought to have. */
const STANDING = {
  owner: 'ada',
  execution_id: 'exec-1',
  started_at: AT,
  completed_at: AT,
  not_before: AT,
  claim: { epoch: 1, execution_id: 'exec-1', claimed_at: AT, ttl_s: 60 },
  checkpoint: { at: AT, attempt: 1 },
  block: { reason: 'waits', since: AT, from: 'pending' },
  review: { requested_at: AT, requested_by: 'ada' },
  result: { rows: 12 },
  error: 'it broke',
} as const;

test.each([
  ['none', {}],
  ['each', STANDING],
])(
  'given imported items of every status with %s of the fields of how work stands, when they are read, then they are as they were, and the audit finds nothing',
  async (_, standing) => {
    const ledger = await makeAlone();
    const commands = WORK_STATUSES.map((status, index) => {
      const id = `WRK-20260103-000${index + 1}`;
      return ledger.work.command('import', {
        id,
        item: { ...structuredClone(BARE), ...standing, id, status } as unknown as WorkItem,
      });
    });
    await ledger.work.batch(commands);
    for (const status of WORK_STATUSES) {
      const [item] = await ledger.query.list({ status: [status] });
      expect(item?.status).toBe(status);
      const found = Object.keys(STANDING).filter((key) => item?.[key as keyof WorkItem] !== undefined);
      expect([status, found.toSorted()]).toEqual([status, Object.keys(standing).toSorted()]);
    }
    expect((await ledger.audit.verify()).findings).toEqual([]);
  },
);

test('given items that are listed by status, when a program reads them, then the compiler knows which they can be', async () => {
  const ledger = await makeAlone();
  const some = await ledger.query.list({ status: ['blocked', 'failed'] });
  expectTypeOf(some[0]?.status).toEqualTypeOf<'blocked' | 'failed' | undefined>();
  expectTypeOf((await ledger.getPending())[0]?.status).toEqualTypeOf<'pending' | undefined>();
  expectTypeOf((await ledger.query.list({ all: true }))[0]?.status).toEqualTypeOf<WorkStatus | undefined>();
  // @ts-expect-error no status that there is
  await expect(ledger.query.list({ status: ['done'] })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});
