import { tracingChannel } from 'node:diagnostics_channel';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { TRACE_CHANNELS, type WaitTrace } from '../../src/index.ts';
import { MemoryRemote } from '../helpers/memory-remote.ts';
import { refusalOf } from '../helpers/refusal.ts';
import { addReplica, makeWorld, type Replica, type World } from '../helpers/replicas.ts';

let world: World;
let eve: Replica;
let id: string;

beforeEach(async () => {
  world = await makeWorld(['eve']);
  [eve] = world.replicas as [Replica];
  ({ id } = await eve.ledger.createWork({ title: 'One' }));
});

interface Wait {
  until: WaitTrace['until'];
  outcome: WaitTrace['outcome'];
  /** By the clock of the clones. */
  ms: number;
}

/** Each wait that is published from now on, as it ends. */
function listen(): Wait[] {
  const waits: Wait[] = [];
  const began = new Map<object, number>();
  const now = (): number => world.clock.now().getTime();
  const channel = tracingChannel<unknown, WaitTrace>(TRACE_CHANNELS.wait);
  const nothing = (): void => undefined;
  const listeners = {
    start: (record: WaitTrace) => void began.set(record, now()),
    asyncEnd(record: WaitTrace) {
      const { until, outcome } = record;
      waits.push({ until, outcome, ms: now() - (began.get(record) ?? 0) });
    },
    end: nothing,
    asyncStart: nothing,
    error: nothing,
  };
  channel.subscribe(listeners);
  onTestFinished(() => void channel.unsubscribe(listeners));
  return waits;
}

describe('given a remote that is read at a mirror of where it is written', () => {
  let mirror: MemoryRemote;
  let ada: Replica;
  let bob: Replica;
  const catchUpAfter = (ms: number): void => {
    const at = world.clock.now().getTime() + ms;
    world.clock.meanwhile = async () => {
      if (world.clock.now().getTime() >= at) await mirror.follow(world.remote);
    };
  };

  beforeEach(async () => {
    mirror = new MemoryRemote();
    await mirror.follow(world.remote);
    ada = await addReplica(world, 'ada', { reads: mirror });
    bob = await addReplica(world, 'bob', { reads: mirror });
  });

  test('when the mirror shows a push after five seconds, then all of that is one wait for its confirmation', async () => {
    catchUpAfter(5_000);
    const waits = listen();
    await ada.ledger.work.comment(id, 'one');
    expect(waits).toEqual([{ until: 'confirmation', outcome: 'over', ms: expect.any(Number) }]);
    expect(waits[0]?.ms).toBeGreaterThanOrEqual(5_000);
  });

  test('when another clone was first and the mirror shows it after four seconds, then that is a wait for a newer reading', async () => {
    await refusalOf(ada.ledger.claimWork(id));
    catchUpAfter(4_000);
    const waits = listen();
    await bob.ledger.claimWork(id);
    expect(waits).toEqual([{ until: 'newer reading', outcome: 'over', ms: expect.any(Number) }]);
    expect(waits[0]?.ms).toBeGreaterThanOrEqual(3_500);
  });
});

test('given a remote that answers with what is older, when it never catches up, then the wait for it is told as failed', async () => {
  const older = world.remote.tip;
  await eve.ledger.work.comment(id, 'seen');
  world.remote.showAs(older);
  const waits = listen();
  expect(await refusalOf(eve.ledger.clone.fetch())).toMatchObject({ code: 'REMOTE_STALE' });
  expect(waits).toEqual([{ until: 'newer reading', outcome: 'failed', ms: expect.any(Number) }]);
  expect(waits[0]?.ms).toBeGreaterThan(2_000);
});

test('given clones that push at once, when one waits to be carried, then that is one wait for its turn', async () => {
  const ada = await addReplica(world, 'ada', {});
  await ada.ledger.clone.fetch();
  let lost = 0;
  ada.connection.beforePush = async () => {
    if (lost === 2) return;
    lost += 1;
    await eve.ledger.clone.fetch();
    await eve.ledger.work.comment(id, `eve was first ${lost}`);
  };
  const waits = listen();
  await ada.ledger.work.comment(id, 'ada');
  expect(waits).toContainEqual({ until: 'turn', outcome: 'over', ms: expect.any(Number) });
});

test('given a remote that answers at once, when work is done, then there is no wait', async () => {
  const waits = listen();
  await eve.ledger.clone.fetch();
  await eve.ledger.work.comment(id, 'one');
  expect(waits).toEqual([]);
});
