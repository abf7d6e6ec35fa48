import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { newOp } from '../../src/codec/op.ts';
import { itemPath } from '../../src/codec/path.ts';
import type { WorkLedger } from '../../src/index.ts';
import type { CommitDraft } from '../../src/store/port.ts';
import { makeWorld, type Replica, type World } from '../helpers/replicas.ts';

const BRANCH = 'refs/heads/work-ledger';

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

async function recordOf({ store }: Replica, to: string) {
  for await (const record of store.commits({ to, newest: 1 })) return record;
  throw new Error(`no commit ${to}`);
}

/** The item's file with another title, as an editor leaves it. */
async function retitled({ store }: Replica, tip: string, title: string): Promise<CommitDraft['changes']> {
  const path = itemPath(id, 'pending');
  const entry = (await store.readTree(tip)).find((one) => one.path === path);
  const blob = (await store.readBlobs([entry?.oid ?? ''], 1e6)).get(entry?.oid ?? '');
  const text = blob?.kind === 'bytes' ? Buffer.from(blob.bytes).toString() : '';
  return [{ path, bytes: Buffer.from(text.replace(/^title: .*$/m, `title: ${title}`)) }];
}

interface HandCommit {
  message?: string;
  /** Seconds by which its date is ahead. */
  at?: number;
  author?: string;
  base?: string;
  changes?: CommitDraft['changes'];
}

/** Commits as `git commit` does, with whatever message and files; `base` other than the tip amends. */
async function commitByHand(
  replica: Replica,
  { message = 'by hand\n', at = 0, author = replica.name, base, changes }: HandCommit,
): Promise<string> {
  const tip = await tipOf(replica);
  const seconds = Math.floor(world.clock.now().getTime() / 1000) + at;
  const who = { name: author, email: `${author}@example.invalid` };
  const made = await replica.store.commit({
    ref: BRANCH,
    expected: tip,
    base: base ?? tip,
    drafts: [
      {
        message,
        author: who,
        authored_at: Math.floor(world.clock.now().getTime() / 1000),
        committer: who,
        committed_at: seconds,
        changes: changes ?? (await retitled(replica, base ?? tip, 'Edited')),
      },
    ],
  });
  if (made.kind !== 'committed') throw new Error('the branch moved');
  return made.tip;
}

/** Makes a transition that stays in this clone. */
async function pending(replica: Replica, act: (ledger: WorkLedger) => Promise<unknown>): Promise<string> {
  replica.connection.cut = true;
  await act(replica.ledger).catch(() => undefined);
  replica.connection.cut = false;
  return tipOf(replica);
}

const parentOf = async (replica: Replica, tip: string): Promise<string> =>
  (await recordOf(replica, tip)).parents[0] ?? '';

/** What all clones have, and that it verifies. */
async function sharedWork(): Promise<{ title: string; comments: string[] }> {
  await bob.ledger.clone.fetch();
  expect(await bob.ledger.audit.verify()).toMatchObject({ ok: true, findings: [] });
  const { title, comments } = await bob.ledger.getWork(id);
  return { title, comments: comments.map(({ body }) => body) };
}

const kept = async ({ ledger }: Replica) =>
  (await ledger.clone.rejected()).map(({ op, commit, error }) => ({
    op,
    commit: commit.record.oid,
    code: error.code,
    rule: error.details.rule,
  }));

describe('given a commit that this program did not make, and nobody else who pushed', () => {
  test('when the clone syncs, then it is kept with why, told, and not shared', async () => {
    const made = await commitByHand(ada, {});
    const before = world.remote.tip;
    expect(await ada.ledger.clone.sync()).toMatchObject({ accepted: 0, lost: [{ op: made, id }] });
    expect(world.remote.tip).toBe(before);
    expect(await kept(ada)).toEqual([
      { op: made, commit: made, code: 'VERIFICATION_FAILED', rule: 'message' },
    ]);
    expect(await tipOf(ada)).toBe(before);
    expect(await sharedWork()).toEqual({ title: 'One', comments: [] });
  });

  test('when a transition is made on it, then that alone is shared, decided on what is right', async () => {
    const made = await commitByHand(ada, {});
    await ada.ledger.work.comment(id, 'after');
    expect(await kept(ada)).toMatchObject([{ op: made }]);
    expect((await ada.ledger.clone.status()).pending).toEqual([]);
    expect(await sharedWork()).toEqual({ title: 'One', comments: ['after'] });
  });

  test('when it stands between transitions that wait, then these are shared, and it is not', async () => {
    await pending(ada, (ledger) => ledger.work.comment(id, 'before'));
    const made = await commitByHand(ada, {});
    await pending(ada, (ledger) => ledger.work.comment(id, 'after'));
    expect(await ada.ledger.clone.sync()).toMatchObject({ accepted: 2 });
    expect(await kept(ada)).toMatchObject([{ op: made }]);
    expect(await sharedWork()).toEqual({ title: 'One', comments: ['before', 'after'] });
  });

  test('when it is dated ahead, then what was rightly made after it is not held to that', async () => {
    const made = await commitByHand(ada, { at: 86_400 });
    await pending(ada, (ledger) => ledger.work.comment(id, 'after'));
    expect(await ada.ledger.clone.sync()).toMatchObject({ accepted: 1 });
    expect(await kept(ada)).toMatchObject([{ op: made }]);
    expect(await sharedWork()).toEqual({ title: 'One', comments: ['after'] });
  });

  test('when there are several, then each is kept', async () => {
    const first = await commitByHand(ada, {});
    const second = await commitByHand(ada, { changes: [{ path: 'notes.txt', bytes: Buffer.from('a\n') }] });
    expect(await ada.ledger.clone.sync()).toMatchObject({ lost: [{ op: first }, { op: second }] });
    expect((await kept(ada)).map(({ op }) => op).sort()).toEqual([first, second].sort());
  });

  test('when it touches more files than any commit of a ledger, then it is kept like any other', async () => {
    const changes = Array.from({ length: 40 }, (_, n) => ({ path: `${n}.txt`, bytes: Buffer.from('a\n') }));
    const made = await commitByHand(ada, { changes });
    await ada.ledger.work.comment(id, 'after');
    expect(await kept(ada)).toMatchObject([{ op: made }]);
    expect(await sharedWork()).toEqual({ title: 'One', comments: ['after'] });
  });

  test('when it breaks the settings, so that nothing can be decided, then a sync keeps it back, and work goes on', async () => {
    const changes = [{ path: 'ledger.yaml', bytes: Buffer.from('schema: 1\n') }];
    const made = await commitByHand(ada, { changes });
    await expect(ada.ledger.work.comment(id, 'now')).rejects.toMatchObject({ code: 'DAMAGED_ITEM' });
    expect(await ada.ledger.clone.sync()).toMatchObject({ lost: [{ op: made }] });
    await ada.ledger.work.comment(id, 'after');
    expect(await sharedWork()).toEqual({ title: 'One', comments: ['after'] });
  });
});

describe('given a commit with the trailers of a transition', () => {
  test('when it does more than the transition would, then it is kept with all that it did, and nothing of it is shared', async () => {
    const honest = await pending(ada, (ledger) => ledger.work.comment(id, 'said'));
    const { message } = await recordOf(ada, honest);
    const forged = await commitByHand(ada, {
      message,
      base: await parentOf(ada, honest),
      changes: await retitled(ada, honest, 'Edited'),
    });
    expect(await ada.ledger.clone.sync()).toMatchObject({ accepted: 0, lost: [{}] });
    expect(await kept(ada)).toMatchObject([{ commit: forged, code: 'VERIFICATION_FAILED' }]);
    expect(await sharedWork()).toEqual({ title: 'One', comments: [] });
  });

  test('when someone else pushed meanwhile, then it is kept as well, and not taken for what its message says', async () => {
    const honest = await pending(ada, (ledger) => ledger.work.comment(id, 'said'));
    const { message } = await recordOf(ada, honest);
    const forged = await commitByHand(ada, {
      message,
      base: await parentOf(ada, honest),
      changes: await retitled(ada, honest, 'Edited'),
    });
    await bob.ledger.work.comment(id, 'from bob');
    await ada.ledger.clone.sync();
    expect(await kept(ada)).toMatchObject([{ commit: forged }]);
    expect(await sharedWork()).toEqual({ title: 'One', comments: ['from bob'] });
  });

  test('when it repeats the name of one that is right, then it is kept under its own name, and the other is shared', async () => {
    const honest = await pending(ada, (ledger) => ledger.work.comment(id, 'said'));
    const { message } = await recordOf(ada, honest);
    const copy = await commitByHand(ada, { message });
    expect(await ada.ledger.clone.sync()).toMatchObject({ accepted: 1, lost: [{ op: copy }] });
    expect(await kept(ada)).toMatchObject([{ op: copy, rule: 'op' }]);
    expect(await sharedWork()).toEqual({ title: 'One', comments: ['said'] });
  });

  test('when another name stands as its author, then it is kept', async () => {
    const honest = await pending(ada, (ledger) => ledger.work.comment(id, 'said'));
    const record = await recordOf(ada, honest);
    const amended = await commitByHand(ada, {
      message: record.message,
      author: 'eve',
      base: await parentOf(ada, honest),
      changes: await changesOf(ada, honest),
    });
    await ada.ledger.clone.sync();
    expect(await kept(ada)).toMatchObject([{ commit: amended, rule: 'author' }]);
    expect(await sharedWork()).toEqual({ title: 'One', comments: [] });
  });

  test('when it is amended and is as right as before, then it is shared', async () => {
    const honest = await pending(ada, (ledger) => ledger.work.comment(id, 'said'));
    const { message } = await recordOf(ada, honest);
    const amended = await commitByHand(ada, {
      message,
      at: 1,
      base: await parentOf(ada, honest),
      changes: await changesOf(ada, honest),
    });
    expect(await ada.ledger.clone.sync()).toMatchObject({ accepted: 1, lost: [] });
    expect(world.remote.tip).toBe(amended);
    expect(await sharedWork()).toEqual({ title: 'One', comments: ['said'] });
  });

  test('when its maker waits for it, then it is told as lost, and why', async () => {
    let forged = '';
    ada.connection.beforePush = async () => {
      ada.connection.beforePush = async () => undefined;
      const honest = await tipOf(ada);
      const { message } = await recordOf(ada, honest);
      const changes = await retitled(ada, honest, 'Edited');
      forged = await commitByHand(ada, { message, base: await parentOf(ada, honest), changes });
      await bob.ledger.work.comment(id, 'from bob');
    };
    const result = await ada.ledger.work.update(id, { labels: { add: ['x'] } });
    expect(result).toMatchObject({ ok: false, code: 'VERIFICATION_FAILED' });
    expect(await kept(ada)).toMatchObject([{ commit: forged }]);
    expect(await sharedWork()).toEqual({ title: 'One', comments: ['from bob'] });
  });
});

async function changesOf(replica: Replica, tip: string): Promise<CommitDraft['changes']> {
  const { changes } = await recordOf(replica, tip);
  const wanted = changes.flatMap(({ after }) => after?.oid ?? []);
  const blobs = await replica.store.readBlobs(wanted, 1e6);
  return changes.map(({ path, after }) => {
    const blob = blobs.get(after?.oid ?? '');
    return { path, bytes: blob?.kind === 'bytes' ? blob.bytes : undefined };
  });
}

describe('given a commit by hand while this program is at work', () => {
  test('when a push is under way, then what is pushed is what was checked', async () => {
    let made = '';
    ada.connection.beforePush = async () => {
      ada.connection.beforePush = async () => undefined;
      made = await commitByHand(ada, {});
    };
    await ada.ledger.work.comment(id, 'said');
    expect(await sharedWork()).toEqual({ title: 'One', comments: ['said'] });
    expect(await ada.ledger.clone.sync()).toMatchObject({ accepted: 0, lost: [{ op: made }] });
    expect(await sharedWork()).toEqual({ title: 'One', comments: ['said'] });
  });

  test('when the clone waits for its turn among others, then it is not offered to them either', async () => {
    await ada.ledger.work.update(id, { labels: { add: ['x'] } });
    await bob.ledger.clone.fetch();
    const { message } = await recordOf(ada, await tipOf(ada));
    // It reads as a transition that nobody offered yet.
    const another = message.replace(/^Work-Op: .*$/m, `Work-Op: ${newOp(world.clock.now(), randomBytes)}`);
    let made = '';
    const offered = new Set<string>();
    const note = (): void => {
      for (const tip of world.remote.inboxes.values()) offered.add(tip);
    };
    let others = 2;
    ada.connection.beforePush = async () => {
      note();
      others -= 1;
      if (others >= 0) await bob.ledger.work.comment(id, 'from bob');
    };
    world.clock.meanwhile = async () => {
      if (made === '') made = await commitByHand(ada, { message: another });
      note();
    };
    await ada.ledger.work.comment(id, 'said');
    note();
    expect(made).not.toBe('');
    expect(offered.size).toBeGreaterThan(0);
    for (const tip of offered) {
      const messages: string[] = [];
      for await (const { message } of ada.store.commits({ to: tip })) messages.push(message);
      expect(messages).not.toContain(another);
    }
    await ada.ledger.clone.sync();
    expect(await kept(ada)).toMatchObject([{ commit: made }]);
    expect((await sharedWork()).title).toBe('One');
  });

  test('when the remote cannot be reached, then it is kept, and what was said after it waits as it should be', async () => {
    const made = await commitByHand(ada, {});
    await pending(ada, (ledger) => ledger.claimWork(id));
    expect(await ada.ledger.query.find(id)).toMatchObject({ title: 'One', status: 'pending' });
    expect(await kept(ada)).toMatchObject([{ op: made }]);
  });
});

describe('given transitions that this program made', () => {
  test('when it was killed before it noted that, then they are checked, found right and shared', async () => {
    await pending(ada, (ledger) => ledger.work.comment(id, 'said'));
    const again = await ada.reopen();
    expect(await again.clone.sync()).toMatchObject({ accepted: 1, lost: [] });
    expect(await sharedWork()).toEqual({ title: 'One', comments: ['said'] });
  });
});

describe('given an offer of another clone', () => {
  const offer = async (act: () => Promise<unknown>): Promise<void> => {
    await act();
    await bob.connection.inbox?.publish('bob', await tipOf(bob), undefined);
    await ada.ledger.clone.fetch();
  };

  test('when its commit names another author, then what is carried names who acted', async () => {
    await offer(async () => {
      const honest = await pending(bob, (ledger) => ledger.work.comment(id, 'from bob'));
      const { message } = await recordOf(bob, honest);
      const [base, changes] = [await parentOf(bob, honest), await changesOf(bob, honest)];
      await commitByHand(bob, { message, author: 'eve', base, changes });
    });
    await ada.ledger.work.comment(id, 'from ada');
    expect(await sharedWork()).toMatchObject({ comments: ['from ada', 'from bob'] });
  });

  test('when it was asked for ahead of time, then it is not carried', async () => {
    await offer(async () => {
      const now = world.clock.now().getTime();
      world.clock.advance(86_400_000);
      const honest = await pending(bob, (ledger) => ledger.work.comment(id, 'from bob'));
      world.clock.advance(now - world.clock.now().getTime());
      const { message } = await recordOf(bob, honest);
      const [base, changes] = [await parentOf(bob, honest), await changesOf(bob, honest)];
      await commitByHand(bob, { message, base, changes });
    });
    await ada.ledger.work.comment(id, 'from ada');
    await ada.ledger.clone.fetch();
    expect((await ada.ledger.getWork(id)).comments.map(({ body }) => body)).toEqual(['from ada']);
  });
});
