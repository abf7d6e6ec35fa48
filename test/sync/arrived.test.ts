import { beforeEach, describe, expect, test } from 'vitest';
import type { WorkLedger } from '../../src/index.ts';
import { makeWorld, type Replica, type World } from '../helpers/replicas.ts';

// What was offered to other clones can arrive although its own clone could not bring it out. It is taken back before its caller is told,
// and where it arrives all the same, it is there once, and nothing is kept of it.

let world: World;
let replicas: [Replica, Replica];
let ada: WorkLedger;
let bob: WorkLedger;
let id: string;

beforeEach(async () => {
  world = await makeWorld(['ada', 'bob']);
  replicas = world.replicas as [Replica, Replica];
  [ada, bob] = replicas.map(({ ledger }) => ledger) as [WorkLedger, WorkLedger];
  ({ id } = await ada.createWork({ title: 'One' }));
  await bob.clone.sync();
});

/** Ada's comment loses to one of bob's, is offered, and is then refused for good. */
async function offerAndRefuse(): Promise<string> {
  const [{ connection }] = replicas;
  connection.beforePush = async () => {
    connection.beforePush = async () => {
      connection.refusalOf = async () => 'protected branch';
    };
    await bob.work.comment(id, 'of bob');
  };
  const lost = await ada.work.comment(id, 'of ada');
  expect(lost).toMatchObject({ ok: false, code: 'REMOTE_REFUSED' });
  connection.beforePush = async () => undefined;
  connection.refusalOf = async () => undefined;
  return (lost as unknown as { kept: { op: string } }).kept.op;
}

const comments = async (): Promise<string[]> => {
  await bob.clone.sync();
  return ((await bob.getWork(id))?.comments ?? []).map(({ body }) => body);
};

test('given a transition that was offered, when the remote refuses it for good, then the offer is gone before its caller is told', async () => {
  await offerAndRefuse();
  const inbox = await replicas[1].connection.inbox?.list();
  expect([...(inbox?.kind === 'ok' ? inbox.found : [])]).toEqual([]);
  await bob.work.comment(id, 'later');
  expect(await comments()).toEqual(['of bob', 'later']);
  expect(await ada.clone.rejected()).toHaveLength(1);
});

describe('given a transition that another clone read before it was taken back, and brought in', () => {
  let op: string;
  beforeEach(async () => {
    const [{ connection }] = replicas;
    // Bob looks while the offer stands, and pushes it with his own.
    connection.beforeRetract = async () => {
      connection.beforeRetract = async () => undefined;
      await bob.clone.fetch();
      await bob.work.comment(id, 'with it');
    };
    op = await offerAndRefuse();
    expect(await comments()).toEqual(['of bob', 'with it', 'of ada']);
  });

  test('when its own clone finds it on the branch, then nothing is kept of it', async () => {
    await ada.clone.sync();
    expect(await ada.clone.rejected()).toEqual([]);
    expect(await ada.audit.verify()).toMatchObject({ ok: true });
  });

  test('when it is applied again, then it is on the branch once, and is told as accepted', async () => {
    expect(await ada.clone.applyRejected(op)).toMatchObject({ ok: true, where: 'remote' });
    expect(await ada.clone.rejected()).toEqual([]);
    expect((await comments()).filter((body) => body === 'of ada')).toHaveLength(1);
    expect(await ada.audit.verify()).toMatchObject({ ok: true });
  });
});
