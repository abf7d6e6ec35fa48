import { beforeEach, describe, expect, test } from 'vitest';
import { examine } from '../../src/doctor/examine.ts';
import { repairTree } from '../../src/doctor/repair.ts';
import { resolveIds } from '../../src/operations/ids.ts';
import { pathOf } from '../helpers/by-hand.ts';
import { MemoryRemote } from '../helpers/memory-remote.ts';
import { refusalOf } from '../helpers/refusal.ts';
import { addReplica, makeWorld, type Replica, type World } from '../helpers/replicas.ts';

let world: World;
let eve: Replica;
let id: string;

/** What is read has a file of an item that is none. */
async function breakByHand(): Promise<void> {
  const tip = world.remote.tip ?? '';
  const someone = { name: 'a person', email: 'person@example.com' };
  const made = await eve.store.commit({
    ref: 'refs/heads/by-hand',
    expected: undefined,
    base: tip,
    drafts: [
      {
        message: 'by hand\n',
        author: someone,
        authored_at: 1_767_434_400,
        committer: someone,
        committed_at: 1_767_434_400,
        changes: [{ path: pathOf(id), bytes: Buffer.from('title: [') }],
      },
    ],
  });
  if (made.kind === 'moved') throw new Error('nobody else is here');
  await world.remote.replaceTip(made.tip, eve.store);
}

beforeEach(async () => {
  world = await makeWorld(['eve']);
  [eve] = world.replicas as [Replica];
  ({ id } = await eve.ledger.createWork({ title: 'One' }));
});

describe('given a mirror that shows less than what this clone has seen', () => {
  let ada: Replica;

  beforeEach(async () => {
    const mirror = new MemoryRemote();
    await mirror.follow(world.remote);
    ada = await addReplica(world, 'ada', { reads: mirror });
    const older = mirror.tip;
    await eve.ledger.createWork({ title: 'Two' });
    await mirror.follow(world.remote);
    await ada.ledger.clone.fetch();
    mirror.showAs(older);
  });

  test('when it is examined, then that is told as trouble with the remote, and no rewrite is', async () => {
    const found = await examine(ada.ledger);
    expect(found).toMatchObject({ rewrite: undefined, mends: [], items: 2 });
    expect(found.clone).toMatchObject([{ kind: 'remote', fixed: false }]);
  });

  test('when it is mended, then it waits as long as its patience, and no longer', async () => {
    const before = world.clock.now().getTime();
    expect(await refusalOf(repairTree(ada.ledger))).toMatchObject({ code: 'REMOTE_STALE' });
    expect(world.clock.now().getTime() - before).toBeLessThanOrEqual(60_000);
  });

  test('when an id is typed that no item has, then it is told as that', async () => {
    expect(await refusalOf(resolveIds(ada.ledger, ['77']))).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('given a remote that is written in another repository than it is read in, and the two have parted', () => {
  let cy: Replica;

  beforeEach(async () => {
    const fork = new MemoryRemote();
    await fork.follow(world.remote);
    cy = await addReplica(world, 'cy', { reads: world.remote, writes: fork });
    await refusalOf(cy.ledger.work.comment(id, 'in the fork'));
    await eve.ledger.work.comment(id, 'where it is read');
  });

  test('when an item that is broken is mended, then both addresses are named at once, and nothing is changed', async () => {
    await breakByHand();
    const [before, tip] = [world.clock.now().getTime(), world.remote.tip];
    expect(await refusalOf(repairTree(cy.ledger))).toMatchObject({ code: 'DIFFERENT_REMOTES' });
    expect(world.clock.now().getTime() - before).toBeLessThan(1_000);
    expect(world.remote.tip).toBe(tip);
  });

  test('when an id is typed that no item has, then it is told as that', async () => {
    expect(await refusalOf(resolveIds(cy.ledger, ['77']))).toMatchObject({ code: 'NOT_FOUND' });
  });
});
