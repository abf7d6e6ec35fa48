import { beforeEach, describe, expect, test } from 'vitest';
import type { WorkLedger } from '../../src/index.ts';
import { makeWorld } from '../helpers/replicas.ts';

// A parent and its parts, in two clones of one ledger.

let ada: WorkLedger;
let bob: WorkLedger;
let parent: string;
let part: string;
let inner: string;

beforeEach(async () => {
  const world = await makeWorld(['ada', 'bob']);
  [ada, bob] = world.replicas.map(({ ledger }) => ledger) as [WorkLedger, WorkLedger];
  parent = (await ada.createWork({ title: 'Parent' })).id;
  part = (await ada.createSubtask(parent, { title: 'Part' })).id;
  inner = (await ada.createSubtask(part, { title: 'Part of the part' })).id;
  await bob.clone.sync();
});

const ready = async (): Promise<string[]> => (await ada.query.ready()).map(({ id }) => id);
const reasons = async (id: string): Promise<string> => (await ada.query.explain(id)).reasons.join('; ');

test.each(['failed', 'cancelled'] as const)(
  'given open parts, when their parent is %s, then they are not ready, which is explained; when it is opened again, they are',
  async (how) => {
    expect(await ready()).toEqual([inner]);
    if (how === 'cancelled') await ada.work.cancel(part);
    else {
      await ada.work.cancel(inner);
      await ada.work.claim(part);
      inner = (await ada.createSubtask(part, { title: 'Another' })).id;
      await ada.work.fail(part, { error: 'boom' });
    }
    expect(await ready()).not.toContain(inner);
    expect(await reasons(inner)).toContain(`it is a part of ${part}, which is ${how}`);
    expect(await ada.work.claim(inner).catch((error) => error)).toMatchObject({ code: 'NOT_READY' });
    await ada.work.reopen(part, { reason: 'again' });
    expect(await ready()).toEqual([inner]);
    expect(await ada.audit.verify()).toMatchObject({ ok: true });
  },
);

describe('when a parent is cancelled with its parts', () => {
  test('then all of them are, in one step, and what is below comes first', async () => {
    expect(await ada.work.cancel(parent, { cascade: true, reason: 'gone' })).toMatchObject({
      ok: true,
      item: { id: parent },
    });
    const log = await ada.audit.log({ limit: 3 });
    expect(log.map(({ id }) => id).reverse()).toEqual([inner, part, parent]);
    expect(new Set(log.map(({ reason }) => reason))).toEqual(new Set(['gone']));
  });

  test('and one of them is not the caller’s to cancel, then none is', async () => {
    const foreign = (await bob.createSubtask(part, { title: 'Of bob' })).id;
    await ada.clone.sync();
    await expect(ada.work.cancel(parent, { cascade: true })).rejects.toMatchObject({ code: 'NOT_OWNER' });
    for (const id of [parent, part, inner, foreign]) expect((await ada.getWork(id))?.status).toBe('pending');
  });
});

test('given a part that another clone makes, when its parent is completed first, then the part is lost, is kept, and says why', async () => {
  await ada.work.cancel(part, { cascade: true });
  await bob.clone.sync();
  await ada.work.claim(parent);
  await ada.work.complete(parent);
  const made = await bob.work.create({ title: 'Late', parent_id: parent });
  expect(made).toMatchObject({
    ok: false,
    code: 'ILLEGAL_TRANSITION',
    details: { parent_status: 'completed' },
  });
  expect(await bob.clone.rejected()).toMatchObject([{ verb: 'create' }]);
});

test('given a part whose parent is completed elsewhere, when a worker fails it to try again, then it has failed all the same', async () => {
  await ada.work.cancel(inner);
  await ada.work.claim(part);
  await ada.work.update(part, { set: { parent_id: null } });
  await ada.work.claim(parent);
  await ada.work.complete(parent);
  await ada.work.fail(part, { error: 'boom', retry: true });
  expect((await ada.getWork(part))?.status).toBe('pending');
  await ada.admin.configure({
    allow: [{ verbs: ['retry'], roles: ['nobody'] }],
    roles: { nobody: { members: [] } },
  });
  await ada.work.update(part, { set: { not_before: null } });
  await ada.work.claim(part);
  expect(await ada.work.fail(part, { error: 'boom', retry: true })).toMatchObject({
    ok: true,
    item: { status: 'failed' },
  });
});
