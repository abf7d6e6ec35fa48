import { beforeEach, expect, test } from 'vitest';
import { compareText } from '../../src/domain/item.ts';
import { isLedgerError, itemOf, type LedgerError, type WorkLedger } from '../../src/index.ts';
import { makeWorld, type World } from '../helpers/replicas.ts';

let world: World;
let ada: WorkLedger;
let bob: WorkLedger;
let id: string;

/** ada had it in epoch 1 and was superseded by bob; her clone knows. */
beforeEach(async () => {
  world = await makeWorld(['ada', 'bob']);
  [ada, bob] = world.replicas.map(({ ledger }) => ledger) as [WorkLedger, WorkLedger];
  ({ id } = await ada.createWork({ title: 'One', dependencies: [] }));
  await ada.claimWork(id, { execution_id: 'exec-1' });
  world.clock.advance(26 * 3_600_000);
  await bob.recoverOrphanedWork();
});

const taken = async (): Promise<void> => {
  itemOf(await bob.claimWork(id, { execution_id: 'exec-2' }));
  await ada.clone.fetch();
};

async function refusalOf(writing: Promise<unknown>): Promise<LedgerError> {
  const error = await writing.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  if (isLedgerError(error)) return error;
  throw new Error(`it was not refused: ${String(error)}`);
}

const proof = { epoch: 1, execution_id: 'exec-1' };

test('given a superseded holder, when its result is refused, then it is kept with what it says, and it is told where', async () => {
  await taken();
  const error = await refusalOf(ada.completeWork(id, { result: { found: 'it' }, ...proof }));
  expect(error).toMatchObject({
    code: 'STALE_EPOCH',
    hint: expect.stringMatching(/^Stop working on it(?!.*rejected)/),
    details: {
      owner: 'bob',
      epoch: 2,
      kept: { ref: expect.stringMatching(/^refs\/work-ledger\/rejected\//) },
    },
  });
  const [kept] = await ada.clone.rejected();
  expect(kept).toMatchObject({
    id,
    verb: 'complete',
    actor: 'ada',
    error: { code: 'STALE_EPOCH', message: error.message },
    commit: { command: { verb: 'complete', result: { found: 'it' }, epoch: 1, execution_id: 'exec-1' } },
  });
  expect(await ada.query.find(id)).toMatchObject({ status: 'in_progress', owner: 'bob' });
  expect(await ada.audit.verify()).toMatchObject({ ok: true });
});

test('given a superseded holder, when its checkpoint and its error are refused, then each is kept', async () => {
  await taken();
  await refusalOf(ada.work.checkpoint(id, { step: 'half', data: { rows: 7 } }, proof));
  await refusalOf(ada.failWork(id, { error: 'line one\nline two', retry: true, ...proof }));
  const kept = (await ada.clone.rejected()).map(({ commit }) => commit.command);
  kept.sort((one, other) => compareText(one?.verb ?? '', other?.verb ?? ''));
  expect(kept).toMatchObject([
    { verb: 'checkpoint', checkpoint: { step: 'half', data: { rows: 7 } } },
    { verb: 'fail', error: 'line one\nline two' },
  ]);
});

test('given an item that the next holder completed or that was blocked, when the first one writes, then it is kept all the same', async () => {
  await taken();
  await bob.completeWork(id, { result: { theirs: true } });
  await ada.clone.fetch();
  await refusalOf(ada.completeWork(id, { result: { mine: true }, ...proof }));
  const [kept] = await ada.clone.rejected();
  expect(kept?.commit).toMatchObject({
    before: { result: { theirs: true } },
    after: { result: { mine: true } },
  });
});

test('given an item that was given back and that nobody took, when its last holder writes a checkpoint, then it is kept', async () => {
  await ada.clone.fetch();
  expect(await refusalOf(ada.work.checkpoint(id, { step: 'half' }, proof))).toMatchObject({
    code: 'ILLEGAL_TRANSITION',
    details: { kept: { op: expect.any(String) } },
  });
});

test('given a write that says nothing, or is of someone who never had it, when it is refused, then nothing is kept', async () => {
  await taken();
  await refusalOf(ada.completeWork(id, proof));
  await refusalOf(ada.releaseWork(id, proof));
  await refusalOf(ada.completeWork(id, { owner: 'eve', result: { found: 'it' } }));
  await refusalOf(ada.failWork(id, { error: 'x'.repeat(70_000), ...proof }));
  expect(await ada.clone.rejected()).toEqual([]);
});

test('given what was kept, when it is applied again, then it is refused again and stays', async () => {
  await taken();
  await refusalOf(ada.completeWork(id, { result: { found: 'it' }, ...proof }));
  const [kept] = await ada.clone.rejected();
  expect((await refusalOf(ada.clone.applyRejected(kept?.op ?? ''))).code).toBe('STALE_EPOCH');
  expect(await ada.clone.rejected()).toHaveLength(1);
  await ada.clone.dropRejected(kept?.op ?? '');
  expect(await ada.clone.rejected()).toEqual([]);
});
