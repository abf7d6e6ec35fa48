import { beforeEach, describe, expect, test } from 'vitest';
import type { TransitionResult, WorkLedger } from '../../src/index.ts';
import { connectionOf } from '../../src/ledger/connection.ts';
import { checkInbox, isInboxClear, noteValue } from '../../src/sync/inbox.ts';
import { refusalOf } from '../helpers/refusal.ts';
import { makeWorld, type Replica, type World } from '../helpers/replicas.ts';

// What was offered to other clones can arrive although its own clone could not bring it out. It is taken back before its caller is told,
// and what was taken back for certain never arrives. Where that is not certain, the caller is told so; and where it arrives, it is there
// once, and nothing is kept of it.

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
async function offerAndRefuse(): Promise<TransitionResult> {
  const [{ connection }] = replicas;
  connection.beforePush = async () => {
    connection.beforePush = async () => {
      connection.refusalOf = async () => 'protected branch';
    };
    await bob.work.comment(id, 'of bob');
  };
  const lost = await ada.work.comment(id, 'of ada');
  connection.beforePush = async () => undefined;
  connection.refusalOf = async () => undefined;
  return lost;
}

/** Bob looks, and pushes with his own what he finds in the inboxes. */
async function bobCarries(): Promise<void> {
  await bob.clone.fetch();
  await bob.work.comment(id, 'with it');
}

const comments = async (): Promise<string[]> => {
  await bob.clone.sync();
  return ((await bob.getWork(id))?.comments ?? []).map(({ body }) => body);
};

test('given a transition that was offered, when the remote refuses it for good, then the offer is gone before its caller is told', async () => {
  const lost = await offerAndRefuse();
  expect(lost).toMatchObject({ ok: false, code: 'REMOTE_REFUSED' });
  expect(lost.ok ? {} : lost.details).not.toHaveProperty('unknown');
  await bobCarries();
  expect(await comments()).toEqual(['of bob', 'with it']);
  expect(await ada.clone.rejected()).toHaveLength(1);
});

test('given an offer that another clone read before it was taken back, when that clone pushes, then it finds so, and brings in its own alone', async () => {
  const [{ connection }, { connection: bobs }] = replicas;
  // Bob has put the offer on top of his own, and not pushed yet.
  let isPushed = (): void => undefined;
  let pushed: Promise<unknown> | undefined;
  connection.beforeInbox = async () => {
    connection.beforeInbox = async () => undefined;
    await bob.clone.fetch();
    await new Promise<void>((hasCombined) => {
      bobs.beforePush = () => {
        bobs.beforePush = async () => undefined;
        hasCombined();
        return new Promise((resolve) => {
          isPushed = resolve;
        });
      };
      pushed = bob.work.comment(id, 'with it');
    });
  };
  const lost = await offerAndRefuse();
  expect(lost).toMatchObject({ ok: false, code: 'REMOTE_REFUSED' });
  expect(lost.ok ? {} : lost.details).not.toHaveProperty('unknown');
  isPushed();
  expect(await pushed).toMatchObject({ ok: true, where: 'remote' });
  expect(await comments()).toEqual(['of bob', 'with it']);
});

test('given an offer that another clone brings in while it is taken back, when its caller is told, then it is told as accepted', async () => {
  const [{ connection }] = replicas;
  connection.beforeInbox = async () => {
    connection.beforeInbox = async () => undefined;
    await bobCarries();
  };
  expect(await offerAndRefuse()).toMatchObject({ ok: true, where: 'remote' });
  expect(await comments()).toEqual(['of bob', 'with it', 'of ada']);
  expect(await ada.clone.rejected()).toEqual([]);
});

describe('given an offer that cannot be taken back, and is told as unknown, when another clone brings it in', () => {
  let op: string;
  beforeEach(async () => {
    const [{ connection }] = replicas;
    connection.beforeInbox = async () => {
      connection.cut = true;
    };
    const lost = await offerAndRefuse();
    expect(lost).toMatchObject({ ok: false, code: 'REMOTE_REFUSED', details: { unknown: true } });
    op = (lost as unknown as { kept: { op: string } }).kept.op;
    connection.beforeInbox = async () => undefined;
    connection.cut = false;
    await bobCarries();
    expect(await comments()).toEqual(['of bob', 'with it', 'of ada']);
  });

  test('then, when its own clone finds it on the branch, then nothing is kept of it', async () => {
    await ada.clone.sync();
    expect(await ada.clone.rejected()).toEqual([]);
    expect(await ada.audit.verify()).toMatchObject({ ok: true });
  });

  test('then, when it is applied again, then it is on the branch once, and is told as accepted', async () => {
    expect(await ada.clone.applyRejected(op)).toMatchObject({ ok: true, where: 'remote' });
    expect(await ada.clone.rejected()).toEqual([]);
    expect((await comments()).filter((body) => body === 'of ada')).toHaveLength(1);
    expect(await ada.audit.verify()).toMatchObject({ ok: true });
  });
});

test('given an offer that another clone landed, when its own clone knew that before it read its inbox, then it keeps its name', async () => {
  const [{ store, connection }] = replicas;
  const comment = ada.work.command('comment', { id, body: 'of ada' });
  connection.cut = true;
  await refusalOf(ada.work.batch([comment]));
  const { context } = await connectionOf(ada).write();
  const offered = (await store.readRef(connectionOf(ada).localRef)) ?? '';
  noteValue(context, offered);
  await bob.work.batch([comment]);
  connection.cut = false;
  await connection.fetch('branch');
  const { remote, clone } = context;
  if (remote === undefined) throw new Error('it has a remote');
  expect(await isInboxClear({ ...context, remote })).toBe(true);
  world.remote.setBeside('inboxes', clone.name, world.remote.tip);
  await connection.fetch('all');
  await checkInbox({ ...context, remote });
  expect(clone.name).toBe('ada');
});
