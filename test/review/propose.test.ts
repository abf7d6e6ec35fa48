import { beforeEach, expect, test } from 'vitest';
import { itemOf } from '../../src/index.ts';
import { listReviews, proposeReview } from '../../src/review.ts';
import { refusalOf } from '../helpers/refusal.ts';
import { makeWorld, type Replica, type World } from '../helpers/replicas.ts';

let world: World;
let ada: Replica;
let id: string;

beforeEach(async () => {
  world = await makeWorld(['ada']);
  ada = world.replicas[0] as Replica;
  id = (await ada.ledger.createWork({ title: 'Work' })).id;
  itemOf(await ada.ledger.claimWork(id));
  itemOf(await ada.ledger.work.submit(id));
});

test('given a clone in memory, when it proposes, then the remote has the branch, and the ledger is as it was', async () => {
  const { tip } = world.remote;
  const proposed = await proposeReview(ada.ledger, id);
  if (proposed.kind === 'refused') throw proposed.error;
  expect(world.remote.reviews.get(id)).toBe(proposed.commit);
  expect(world.remote.tip).toBe(tip);
  expect(await ada.store.mergeBase(proposed.commit, tip ?? '')).toBe(tip);
  expect(await ada.store.listRefs('refs/work-ledger/tmp/')).toEqual([]);
  expect(await ada.store.listRefs('refs/heads/review/')).toEqual([]);
});

test('given a clone in memory, when branches are to be judged, then it is refused by name', async () => {
  await proposeReview(ada.ledger, id);
  expect(await refusalOf(listReviews(ada.ledger))).toMatchObject({ code: 'NO_GIT' });
});

test('given a remote that is away, when a branch is proposed, then it says so, and nothing is left here', async () => {
  ada.connection.cut = true;
  expect(await refusalOf(proposeReview(ada.ledger, id))).toMatchObject({ code: 'REMOTE_UNREACHABLE' });
  expect(await ada.store.listRefs('refs/work-ledger/tmp/')).toEqual([]);
});

test('given a remote that says no, when a branch is proposed, then it is told what the remote said', async () => {
  world.remote.refusePushes('no more branches');
  expect(await refusalOf(proposeReview(ada.ledger, id))).toMatchObject({
    code: 'REMOTE_REFUSED',
    details: { reason: 'no more branches' },
  });
});

test('given a remote that takes 50 s to list the branches, when a review is proposed, then the look has the rest of the time of the call', async () => {
  ada.connection.beforeList = async () => world.clock.advance(50_000);
  ada.connection.timesLeft = [];
  expect(await proposeReview(ada.ledger, id)).toMatchObject({ kind: 'made' });
  expect(ada.connection.timesLeft).toEqual([10_000]);
});
