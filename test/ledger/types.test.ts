import { expect, expectTypeOf, test } from 'vitest';
import {
  type ExecutionId,
  isLedgerError,
  openLedger,
  type WorkId,
  type WorkItem,
  type WorkLedger,
} from '../../src/index.ts';
import { makeAlone } from '../agents/pair.ts';

// What stands here is for the compiler, which checks tests, too. Each `@ts-expect-error` fails where the slip below it compiles.

/** Is compiled, and not run. */
const compiled = (calls: (ledger: WorkLedger, item: WorkItem) => unknown): void => {
  expect(calls).toBeTypeOf('function');
};

test('given a slip in a name or a value, when a program is compiled, then it is found', () => {
  compiled((ledger, item) => [
    // @ts-expect-error a field
    item.titel,
    // @ts-expect-error a group's method
    ledger.query.lst(),
    // @ts-expect-error an option of opening
    openLedger({ patience: 1_000 }),
    // @ts-expect-error the actor as a bare text
    ledger.claimWork(item.id, 'dev'),
    // @ts-expect-error who acts, in a word of another library
    ledger.work.claim(item.id, { full_name: 'dev' }),
    // @ts-expect-error a swarm
    ledger.getReadyToStart({ swarm: 'dev' }),
    // @ts-expect-error a text for a number
    ledger.work.claim(item.id, { ttl_s: '60' }),
    // @ts-expect-error no such priority
    ledger.createWork({ title: 'One', priority: 'urgent' }),
    // @ts-expect-error an item without a title
    ledger.createWork({ description: 'One' }),
    // @ts-expect-error a failure without its error
    ledger.failWork(item.id),
    // @ts-expect-error a misspelt member of a change
    ledger.work.update(item.id, { set: { titel: 'Two' } }),
    // @ts-expect-error what must not be changed by `update`
    ledger.work.update(item.id, { set: { status: 'completed' } }),
  ]);
});

test('given a name of one sort, when it is given for one of another, then that does not compile, and any plain text does', () => {
  compiled((ledger, item) => [
    ledger.claimWork('WRK-20260103-0001'),
    ledger.work.linkExecution(item.id, 'exec-1'),
    ledger.work.complete(item.id, { execution_id: item.execution_id }),
    // @ts-expect-error a transition for an item
    ledger.query.get(item.last_op),
    // @ts-expect-error the two the other way round
    ledger.work.linkExecution(item.execution_id ?? '', item.id),
    // @ts-expect-error an item for an execution
    ledger.work.claim(item.id, { execution_id: item.id }),
  ]);
  expectTypeOf<string>().toExtend<WorkId>();
  expectTypeOf<WorkId>().toExtend<string>();
  expectTypeOf<ExecutionId>().not.toExtend<WorkId>();
});

test('given an error whose code is asked for, when its details are read, then they are those of the code', () => {
  compiled((ledger) =>
    ledger.claimWork('WRK-20260103-0001').catch((error: unknown) => {
      if (isLedgerError(error, 'LIMIT_REACHED')) {
        expectTypeOf(error.details.id).toEqualTypeOf<WorkId>();
        // @ts-expect-error those of another code
        return error.details.cycle;
      }
      if (isLedgerError(error, 'ALREADY_CLAIMED')) {
        expectTypeOf(error.details.owner).toEqualTypeOf<string | null>();
      }
      // @ts-expect-error no code that there is
      return isLedgerError(error, 'ALREADY_CLAIMD');
    }),
  );
});

test('given an item, when its status is asked for, then it is an item of that status', () => {
  const label = (item: WorkItem): string => {
    switch (item.status) {
      case 'completed':
      case 'failed':
      case 'cancelled':
        return `ended ${item.completed_at ?? 'at a time that nobody knows'}`;
      case 'blocked':
        return `waits: ${item.block?.reason ?? ''}`;
      case 'pending':
      case 'in_progress':
      case 'in_review':
        return 'open';
      default:
        return item satisfies never;
    }
  };
  expect(label).toBeTypeOf('function');
  compiled((_, item) => {
    // @ts-expect-error an item can come by an import without it
    if (item.status === 'blocked') return item.block.reason;
    // @ts-expect-error no status that there is
    return item.status === 'done';
  });
});

test('given `await using`, when its block is left, then the ledger is closed', async () => {
  let kept: WorkLedger;
  {
    await using ledger = await makeAlone();
    kept = ledger;
    await ledger.createWork({ title: 'One' });
  }
  await expect(kept.query.list()).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});
