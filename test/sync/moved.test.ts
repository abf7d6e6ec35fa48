import { beforeEach, describe, expect, test } from 'vitest';
import type { WorkLedger } from '../../src/index.ts';
import { makeWorld, type Replica, type World } from '../helpers/replicas.ts';

const BRANCH = 'refs/heads/work-ledger';
const JOURNAL = 'refs/work-ledger/journal/work-ledger';
const SEEN = 'refs/work-ledger/seen/origin';

let world: World;
let ada: Replica;
let bob: Replica;
let id: string;

beforeEach(async () => {
  world = await makeWorld(['ada', 'bob']);
  [ada, bob] = world.replicas as [Replica, Replica];
  ({ id } = await ada.ledger.createWork({ title: 'One' }));
  await bob.ledger.clone.fetch();
});

const tipOf = async ({ store }: Replica): Promise<string> => (await store.readRef(BRANCH)) ?? '';
const commentsOn = async (ledger: WorkLedger): Promise<string[]> =>
  (await ledger.getWork(id)).comments.map(({ body }) => body);

/** Two comments that the remote does not have. @returns the tip before */
async function writeApart(): Promise<string> {
  const before = await tipOf(ada);
  ada.connection.cut = true;
  for (const body of ['first', 'second']) await ada.ledger.work.comment(id, body).catch(() => undefined);
  ada.connection.cut = false;
  return before;
}

type Move = (before: string) => Promise<string | undefined>;
const MOVES: [what: string, to: Move][] = [
  ['set back to what is shared', async (before) => before],
  [
    'set on a newer tip of the remote',
    async () => {
      await bob.ledger.work.comment(id, 'of bob');
      await ada.connection.fetch();
      return (await ada.store.readRef(SEEN)) ?? '';
    },
  ],
  ['deleted', async () => undefined],
  [
    'set back, and committed on by hand',
    async (before) => {
      const who = { name: 'ada', email: 'ada@example.invalid' };
      const made = await ada.store.commit({
        ref: 'refs/heads/by-hand',
        expected: undefined,
        base: before,
        drafts: [
          {
            ...{ message: 'by hand\n', author: who, committer: who, authored_at: 1, committed_at: 1 },
            changes: [{ path: 'NOTES', bytes: Buffer.from('by hand') }],
          },
        ],
      });
      return made.tip;
    },
  ],
];

describe.each(MOVES)('given transitions that wait in a clone, when the branch is %s', (_, to) => {
  let left: string;
  let moved: string | undefined;

  beforeEach(async () => {
    const before = await writeApart();
    left = await tipOf(ada);
    moved = await to(before);
    await ada.store.moveRef(BRANCH, left, moved);
  });

  test('then the next sync tells it, puts them back and shares them', async () => {
    await ada.ledger.clone.sync();
    expect(ada.notices).toMatchObject([{ code: 'BRANCH_RESTORED', message: /2 transitions/ }].map(has));
    await bob.ledger.clone.fetch();
    expect(await commentsOn(bob.ledger)).toEqual(expect.arrayContaining(['first', 'second']));
    expect(await commentsOn(ada.ledger)).toEqual(await commentsOn(bob.ledger));
    expect(await ada.ledger.audit.verify()).toMatchObject({ ok: true });
    await ada.ledger.clone.sync();
    expect(ada.notices).toHaveLength(1);
  });

  test('then the next write here is made on them', async () => {
    await ada.ledger.work.comment(id, 'third');
    expect(await commentsOn(ada.ledger)).toEqual(expect.arrayContaining(['first', 'second', 'third']));
    expect((await ada.ledger.clone.status()).pending).toEqual([]);
  });

  test('then what stood there instead is somewhere', async () => {
    await ada.ledger.clone.sync();
    if (moved === undefined) return;
    const refs = [BRANCH, SEEN, `refs/work-ledger/moved/${moved}`];
    const tips = await Promise.all(refs.map((ref) => ada.store.readRef(ref)));
    const bases = await Promise.all(tips.map((tip) => tip && ada.store.mergeBase(tip, moved as string)));
    expect(bases).toContain(moved);
  });

  test('and the ref of the journal is gone as well, as by a fetch that mirrors and prunes, then they are put back all the same', async () => {
    await ada.store.moveRef(JOURNAL, left, undefined);
    await ada.ledger.clone.sync();
    await bob.ledger.clone.fetch();
    expect(await commentsOn(bob.ledger)).toEqual(expect.arrayContaining(['first', 'second']));
  });
});

test('given a clone that shares nothing by itself, when its branch is set back, then what was told as done is there again', async () => {
  const [cy] = (await makeWorld(['cy'], () => 'local')).replicas as [Replica];
  const made = await cy.ledger.createWork({ title: 'Mine' });
  const before = await tipOf(cy);
  await cy.ledger.work.comment(made.id, 'said');
  await cy.store.moveRef(BRANCH, await tipOf(cy), before);
  await cy.ledger.work.comment(made.id, 'and more');
  expect((await cy.ledger.getWork(made.id)).comments.map(({ body }) => body)).toEqual(['said', 'and more']);
});

test('given a branch that is deleted, when the ledger is opened, then it is as this program left it', async () => {
  await writeApart();
  await ada.store.moveRef(BRANCH, await tipOf(ada), undefined);
  expect(await commentsOn(await ada.reopen())).toEqual(['first', 'second']);
});

test('given a branch that is renamed, when the ledger is opened, then it joins the remote, and the other one is left alone', async () => {
  await writeApart();
  const left = await tipOf(ada);
  await ada.store.moveRef('refs/heads/mine', undefined, left);
  await ada.store.moveRef(BRANCH, left, undefined);
  expect(await commentsOn(await ada.reopen())).toEqual([]);
  expect(await ada.store.readRef('refs/heads/mine')).toBe(left);
});

test('given nothing that waits, when the branch is set back, then it follows the remote, and nothing is told', async () => {
  const before = await tipOf(ada);
  await ada.ledger.work.comment(id, 'shared');
  await ada.store.moveRef(BRANCH, await tipOf(ada), before);
  await ada.ledger.clone.sync();
  expect(await commentsOn(ada.ledger)).toEqual(['shared']);
  expect(ada.notices).toEqual([]);
});

test('given nothing that waits, when the branch is set back, written on and deleted, then what was written is there', async () => {
  const before = await tipOf(ada);
  await ada.ledger.work.comment(id, 'shared');
  await ada.store.moveRef(BRANCH, await tipOf(ada), before);
  ada.connection.cut = true;
  await ada.ledger.work.comment(id, 'apart').catch(() => undefined);
  ada.connection.cut = false;
  await ada.store.moveRef(BRANCH, await tipOf(ada), undefined);
  await ada.ledger.clone.sync();
  expect(await commentsOn(ada.ledger)).toEqual(['shared', 'apart']);
});

const has = <T extends { message: RegExp }>({ message, ...rest }: T): object => ({
  ...rest,
  message: expect.stringMatching(message),
});

test('given a transition on a commit by hand that is not checked yet, when the branch is set back, then both are there again, and the first is shared', async () => {
  const [dan] = (await makeWorld(['dan'], () => 'local')).replicas as [Replica];
  const made = await dan.ledger.createWork({ title: 'Mine' });
  const before = await tipOf(dan);
  const who = { name: 'dan', email: 'dan@example.invalid' };
  const byHand = { message: 'by hand\n', author: who, committer: who, authored_at: 1, committed_at: 1 };
  // Of a file that is none of the ledger's, no other item is in question.
  const files = [{ path: 'notes.txt', bytes: Buffer.from('read me') }];
  await dan.store.commit({
    ref: BRANCH,
    expected: before,
    base: before,
    drafts: [{ ...byHand, changes: files }],
  });
  await dan.ledger.work.comment(made.id, 'said');
  await dan.store.moveRef(BRANCH, await tipOf(dan), before);
  await dan.ledger.work.comment(made.id, 'and more');
  const bodies = async (): Promise<string[]> =>
    (await dan.ledger.getWork(made.id)).comments.map(({ body }) => body);
  expect(await bodies()).toEqual(['said', 'and more']);
  const restored = dan.notices.filter(({ code }) => code === 'BRANCH_RESTORED');
  expect(restored).toMatchObject([{ code: 'BRANCH_RESTORED', message: /1 transition/ }].map(has));
  await dan.ledger.clone.sync().catch(() => undefined);
  await dan.ledger.clone.sync();
  expect(await bodies()).toEqual(['said', 'and more']);
  expect(await dan.store.listRefs('refs/work-ledger/left/')).toEqual([]);
  expect((await dan.ledger.clone.status()).pending).toEqual([]);
});

test('given refs that a fetch into their own names brought, the journal’s among them, when what is pending breaks a rule, then nobody shares it', async () => {
  const who = { name: 'mallory', email: 'mallory@example.invalid' };
  const made = await ada.store.commit({
    ref: BRANCH,
    expected: await tipOf(ada),
    base: await tipOf(ada),
    drafts: [
      {
        ...{ message: 'by hand\n', author: who, committer: who, authored_at: 1, committed_at: 1 },
        changes: [{ path: 'NOTES', bytes: Buffer.from('by hand') }],
      },
    ],
  });
  const forged = made.kind === 'committed' ? made.tip : '';
  await ada.store.moveRef(JOURNAL, await ada.store.readRef(JOURNAL), forged);
  const before = world.remote.tip;
  await ada.ledger.clone.sync();
  expect(world.remote.tip).toBe(before);
  await ada.ledger.work.comment(id, 'mine');
  const history = ada.store.commits({ to: world.remote.tip ?? '' });
  expect((await Array.fromAsync(history)).map(({ oid }) => oid)).not.toContain(forged);
  expect(await commentsOn(ada.ledger)).toEqual(['mine']);
});
