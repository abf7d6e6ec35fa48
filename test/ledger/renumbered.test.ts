import { expect, test } from 'vitest';
import { makePair } from '../agents/pair.ts';
import { refusalOf } from '../helpers/refusal.ts';

test('given an item that was sent and has another number by then, when its clone syncs, then the old and the new id are told', async () => {
  const { ada, bob } = await makePair();
  const push = ada.connection.push.bind(ada.connection);
  // It may have arrived, and the remote cannot be asked.
  ada.connection.push = async () => {
    ada.connection.cut = true;
    return { kind: 'unknown', cause: new Error('the connection broke') };
  };
  expect(await refusalOf(ada.ledger.createWork({ title: 'Ours' }))).toMatchObject({
    code: 'REMOTE_UNREACHABLE',
    details: { unknown: true },
  });
  const [ours] = await ada.ledger.query.list();
  const theirs = await bob.ledger.createWork({ title: 'Theirs' });
  expect(theirs.id).toBe(ours?.id);

  ada.connection.cut = false;
  ada.connection.push = push;
  const { accepted, renumbered } = await ada.ledger.clone.sync();
  const items = await ada.ledger.query.list();
  const now = items.find(({ title }) => title === 'Ours')?.id;
  expect(now).not.toBe(theirs.id);
  expect({ accepted, renumbered }).toMatchObject({ accepted: 1, renumbered: [{ from: theirs.id, to: now }] });
});
