import { beforeEach, describe, expect, test } from 'vitest';
import { EscalationProtocol } from '../../src/agents.ts';
import type { WorkLedger } from '../../src/index.ts';
import { refusalOf } from '../helpers/refusal.ts';
import { makeWorld, type Replica, type World } from '../helpers/replicas.ts';

// Two clones: what both do as ada, ada's clone claimed.
let world: World;
let ada: Replica;
let bob: Replica;
let id: string;

beforeEach(async () => {
  world = await makeWorld(['ada', 'bob']);
  [ada, bob] = world.replicas as [Replica, Replica];
  ({ id } = await bob.ledger.createWork({ title: 'One' }).then((made) => ({ id: made.id })));
  await ada.ledger.clone.fetch();
});

const AS = { actor: 'ada' };
const CALLS: [string, (ledger: WorkLedger) => Promise<unknown>][] = [
  ['checkpoints', (ledger) => ledger.work.checkpoint(id, { step: 'x' }, AS)],
  ['blocks', (ledger) => ledger.blockWork(id, { actor: 'ada', reason: 'x' })],
  [
    'asks about',
    (ledger) => new EscalationProtocol({ ledger }).escalate({ work_id: id, question: 'x?', actor: 'ada' }),
  ],
  ['submits', (ledger) => ledger.work.submit(id, AS)],
  ['fails', (ledger) => ledger.failWork(id, { ...AS, error: 'x' })],
  ['releases', (ledger) => ledger.releaseWork(id, AS)],
  ['completes', (ledger) => ledger.completeWork(id, { ...AS, claim: true })],
  ['links itself to', (ledger) => ledger.linkExecution(id, 'exec-2', AS)],
  ['cancels', (ledger) => ledger.work.cancel(id, { actor: 'ada' })],
];

describe('a claim of another clone', () => {
  test.each(CALLS)(
    'given a program that names no execution, when it %s what another clone claimed, then it is refused, and nothing is changed',
    async (_, call) => {
      await ada.ledger.claimWork(id);
      await bob.ledger.clone.fetch();
      const { tip } = await bob.ledger.query.asOf();
      expect(await refusalOf(call(bob.ledger))).toMatchObject({
        code: 'CLAIMED_ELSEWHERE',
        details: { id, owner: 'ada', clone: 'ada', epoch: 1 },
      });
      expect((await bob.ledger.query.asOf()).tip).toBe(tip);
    },
  );

  test('given a batch of commands, when one rests on a claim of the same batch, then that is its proof; on none, it is refused', async () => {
    const claim = ada.ledger.work.command('claim', { id, execution_id: 'exec-1' });
    const complete = ada.ledger.work.command('complete', { id, result: undefined });
    const done = await ada.ledger.work.batch([claim, complete], { atomic: true });
    expect(done.map(({ kind }) => kind)).toEqual(['accepted', 'accepted']);
    await ada.ledger.work.reopen(id, { reason: 'again' });
    await ada.ledger.claimWork(id);
    await bob.ledger.clone.fetch();
    const [refused] = await bob.ledger.work.batch([
      bob.ledger.work.command('complete', { id, result: undefined }, 'ada'),
    ]);
    expect(refused).toMatchObject({ kind: 'refused', error: { code: 'CLAIMED_ELSEWHERE' } });
  });

  test('given someone else than the holder by name, when it acts, then it is told that the item is not its own', async () => {
    await ada.ledger.claimWork(id);
    await bob.ledger.clone.fetch();
    expect((await refusalOf(bob.ledger.work.checkpoint(id, { step: 'x' }))).code).toBe('NOT_OWNER');
  });
});

describe('what is decided again', () => {
  test('given a block that was decided while nobody held the item, when the same name claims it elsewhere first, then it is lost, and kept', async () => {
    await bob.ledger.clone.fetch();
    bob.connection.cut = true;
    await refusalOf(bob.ledger.blockWork(id, { actor: 'ada', reason: 'it waits' }));
    await ada.ledger.claimWork(id);
    bob.connection.cut = false;
    expect(await bob.ledger.clone.sync()).toMatchObject({ accepted: 0, lost: [{ id }] });
    expect((await bob.ledger.clone.rejected()).map(({ error }) => error.code)).toEqual(['CLAIMED_ELSEWHERE']);
    expect((await bob.ledger.getWork(id)).status).toBe('in_progress');
    expect(await bob.ledger.audit.verify()).toMatchObject({ ok: true, findings: [] });
  });

  test('given claims, links and blocks of several clones, when the ledger is verified, then nothing is found', async () => {
    await ada.ledger.claimWork(id);
    await ada.ledger.linkExecution(id, 'exec-2');
    await ada.ledger.blockWork(id, { reason: 'x' });
    expect(await ada.ledger.startWork(id)).toMatchObject({ ok: true, item: { claim: { clone: 'ada' } } });
    await ada.ledger.releaseWork(id);
    await bob.ledger.clone.fetch();
    await bob.ledger.claimWork(id);
    expect((await bob.ledger.getWork(id)).claim).toMatchObject({ epoch: 2, clone: 'bob' });
    expect(await bob.ledger.audit.verify()).toMatchObject({ ok: true, findings: [] });
  });

  test('given a claim whose answer was lost, when its clone goes on, then it has its proof', async () => {
    ada.connection.loseNextAnswer = true;
    expect(await refusalOf(ada.ledger.claimWork(id))).toMatchObject({ details: { unknown: true } });
    ada.connection.cut = false;
    await ada.ledger.clone.sync();
    expect((await ada.ledger.getWork(id)).status).toBe('in_progress');
    await expect(ada.ledger.completeWork(id)).resolves.toMatchObject({ ok: true });
  });

  test('given a claim that lost its race, when its clone goes on under the name of who won, then it is refused', async () => {
    await bob.ledger.clone.fetch();
    bob.connection.keepsToItself = true;
    let first = true;
    bob.connection.beforePush = async () => {
      if (first) await ada.ledger.claimWork(id);
      first = false;
    };
    expect(await bob.ledger.claimWork(id, { owner: 'ada' })).toMatchObject({ ok: false });
    expect((await refusalOf(bob.ledger.completeWork(id, AS))).code).toBe('CLAIMED_ELSEWHERE');
  });
});
