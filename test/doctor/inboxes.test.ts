import { expect, test } from 'vitest';
import { examine } from '../../src/doctor/examine.ts';
import { makeWorld, type Replica } from '../helpers/replicas.ts';

test('given inboxes of many clones that are gone, when the doctor comes, then it tells how many there are', async () => {
  const world = await makeWorld(['ada']);
  const [{ ledger }] = world.replicas as [Replica];
  await ledger.createWork({ title: 'One' });
  const leave = (count: number): void => {
    for (let n = 1; n <= count; n += 1) world.remote.setBeside('inboxes', `gone${n}`, world.remote.tip);
  };
  const told = async () => (await examine(ledger)).clone.filter(({ kind }) => kind === 'inboxes');
  leave(12);
  expect(await told()).toEqual([]);
  world.clock.advance(25 * 3_600_000);
  expect(await told()).toEqual([
    {
      kind: 'inboxes',
      wrong: '12 clones that are gone left an inbox on origin',
      how: 'wl sync takes some away, once an hour',
      fixed: false,
    },
  ]);
  for (let hours = 0; hours < 3; hours += 1) {
    await ledger.clone.sync();
    world.clock.advance(2 * 3_600_000);
  }
  expect(world.remote.inboxes.size).toBe(0);
  expect(await told()).toEqual([]);
});
