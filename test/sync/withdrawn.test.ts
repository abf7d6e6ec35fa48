import { beforeEach, expect, test } from 'vitest';
import { connectionOf } from '../../src/ledger/connection.ts';
import { withdraw } from '../../src/sync/withdraw.ts';
import { refusalOf } from '../helpers/refusal.ts';
import { makeWorld, type Replica, type World } from '../helpers/replicas.ts';

let world: World;
let ada: Replica;
let id: string;

beforeEach(async () => {
  world = await makeWorld(['ada', 'bob']);
  [ada] = world.replicas as [Replica];
  ({ id } = await ada.ledger.createWork({ title: 'One' }));
});

test('given a claim and later transitions, when the remote does not answer, then the claim alone is taken back', async () => {
  const other = await ada.ledger.createWork({ title: 'Two' });
  ada.connection.cut = true;
  const { ledger } = ada;
  const refusal = await refusalOf(
    ledger.work.batch([
      ledger.work.command('claim', { id, execution_id: 'exec-1' }),
      ledger.work.command('comment', { id, body: 'on the same item' }),
      ledger.work.command('comment', { id: other.id, body: 'on another' }),
    ]),
  );
  expect(refusal).toMatchObject({
    code: 'REMOTE_UNREACHABLE',
    details: {
      withdrawn: [id],
      saved: [
        { verb: 'comment', id },
        { verb: 'comment', id: other.id },
      ],
    },
  });
  expect(await ledger.query.find(id)).toMatchObject({ status: 'pending', comments: [{}] });
  expect((await ledger.query.find(id))?.claim).toBeUndefined();
  ada.connection.cut = false;
  expect(await ledger.clone.sync()).toMatchObject({ accepted: 2, lost: [] });
  expect((await ledger.audit.log({ limit: 2 })).map(({ verb, to }) => [verb, to])).toEqual([
    ['comment', 'pending'],
    ['comment', 'pending'],
  ]);
  expect(await ledger.audit.verify()).toMatchObject({ ok: true, findings: [] });
});

test('given a claim with what rests on it, when the claim is taken back, then the rest is kept as lost', async () => {
  ada.connection.cut = true;
  const { ledger } = ada;
  await refusalOf(
    ledger.work.batch([
      ledger.work.command('claim', { id, execution_id: 'exec-1' }),
      ledger.work.command('checkpoint', { id, checkpoint: { step: 'half' } }),
    ]),
  );
  expect((await ledger.clone.rejected()).map(({ verb }) => verb)).toEqual(['checkpoint']);
  expect((await ledger.clone.status()).pending).toEqual([]);
  expect(await ledger.query.find(id)).toMatchObject({ status: 'pending', rev: 1 });
});

test('given a recovery, when the remote does not answer, then it is taken back, too', async () => {
  const [, bob] = world.replicas as [Replica, Replica];
  await bob.ledger.clone.fetch();
  await bob.ledger.claimWork(id);
  await ada.ledger.clone.fetch();
  world.clock.advance(26 * 3_600_000);
  ada.connection.cut = true;
  expect(await refusalOf(ada.ledger.recoverOrphanedWork())).toMatchObject({ code: 'REMOTE_UNREACHABLE' });
  expect(await ada.ledger.query.find(id)).toMatchObject({ status: 'in_progress', owner: 'bob' });
  expect((await ada.ledger.clone.status()).pending).toEqual([]);
});

test('given a transition that another clone brought to the remote, when a look shows that just before others are taken back, then it stands once', async () => {
  const [{ ledger, connection }, bob] = world.replicas as [Replica, Replica];
  const [brought, back] = ['brought', 'taken back'].map((body) =>
    ledger.work.command('comment', { id, body }),
  );
  if (brought === undefined || back === undefined) throw new Error('two were asked for');
  connection.cut = true;
  expect(await refusalOf(ledger.work.batch([brought, back]))).toMatchObject({ details: { saved: [{}, {}] } });
  await bob.ledger.clone.fetch();
  expect(await bob.ledger.work.batch([brought])).toMatchObject([{ kind: 'accepted', op: brought.op }]);
  connection.cut = false;
  expect(await connection.fetch()).toEqual({ kind: 'ok', tip: world.remote.tip });
  const { context } = await connectionOf(ledger).write();
  await withdraw(context, { ops: new Set([back.op]), renumber: new Set() });
  await ledger.clone.sync();
  expect((await ledger.query.find(id))?.comments.map(({ body }) => body)).toEqual(['brought']);
  expect(await ledger.audit.verify()).toMatchObject({ ok: true, findings: [] });
});
