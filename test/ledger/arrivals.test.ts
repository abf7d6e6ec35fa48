import { beforeEach, describe, expect, it } from 'vitest';
import { type Agent, runWorker } from '../../src/agents.ts';
import { itemPath, SETTINGS_PATH } from '../../src/codec/path.ts';
import { Overlay } from '../../src/domain/view.ts';
import { nameObject } from '../../src/git/model/object.ts';
import { systemClock } from '../../src/index.ts';
import { connectionOf } from '../../src/ledger/connection.ts';
import { findRewrite, recoverHistory, repairTree } from '../../src/repair.ts';
import type { CommitDraft } from '../../src/store/port.ts';
import { decideInto, type LedgerCommand } from '../../src/sync/draft.ts';
import { refusalOf } from '../helpers/refusal.ts';
import { addReplica, makeWorld, type Replica, type World } from '../helpers/replicas.ts';

const BRANCH = 'refs/heads/work-ledger';

let world: World;
let ada: Replica;
let mallory: Replica;
let id: string;
let other: string;

beforeEach(async () => {
  world = await makeWorld(['ada', 'mallory']);
  [ada, mallory] = world.replicas as [Replica, Replica];
  ({ id } = await ada.ledger.createWork({ title: 'One' }));
  ({ id: other } = await ada.ledger.createWork({ title: 'Two' }));
  await mallory.ledger.clone.fetch();
});

/** The bytes of a file of the branch, as mallory has it. */
async function textOf(path: string): Promise<string> {
  const tip = (await mallory.store.readRef(BRANCH)) ?? '';
  const entry = (await mallory.store.readTree(tip)).find((one) => one.path === path);
  const blob = (await mallory.store.readBlobs([entry?.oid ?? ''], 1e6)).get(entry?.oid ?? '');
  return blob?.kind === 'bytes' ? Buffer.from(blob.bytes).toString() : '';
}

/** Mallory commits whatever she likes, and pushes it with plain git, past every rule. */
async function forge(
  changes: CommitDraft['changes'],
  message = 'by hand\n',
  name = 'mallory',
  dates: Partial<Pick<CommitDraft, 'authored_at' | 'committed_at'>> = {},
): Promise<string> {
  await mallory.ledger.clone.fetch().catch(() => undefined);
  const tip = world.remote.tip ?? '';
  const seconds = Math.floor(world.clock.now().getTime() / 1000);
  const who = { name, email: 'mallory@example.invalid' };
  const ref = 'refs/heads/forged';
  const made = await mallory.store.commit({
    ...{ ref, expected: await mallory.store.readRef(ref), base: tip },
    drafts: [
      {
        message,
        author: who,
        authored_at: seconds,
        committer: who,
        committed_at: seconds,
        changes,
        ...dates,
      },
    ],
  });
  if (made.kind !== 'committed') throw new Error('the branch moved');
  expect(await mallory.connection.push(made.tip)).toMatchObject({ kind: 'accepted' });
  return made.tip;
}

const retitled = async (of: string, title: string): Promise<CommitDraft['changes']> => {
  const path = itemPath(of, 'pending');
  return [{ path, bytes: Buffer.from((await textOf(path)).replace(/^title: .*$/m, `title: ${title}`)) }];
};

/** The item's file where completed ones stand, with nothing else changed. */
const finished = async (of: string): Promise<CommitDraft['changes']> => {
  const path = itemPath(of, 'pending');
  const text = (await textOf(path)).replace(/^status: .*$/m, 'status: completed');
  return [
    { path, bytes: undefined },
    { path: itemPath(of, 'completed'), bytes: Buffer.from(text) },
  ];
};

const openSettings = async (): Promise<CommitDraft['changes']> => [
  {
    path: SETTINGS_PATH,
    bytes: Buffer.from((await textOf(SETTINGS_PATH)).replace(/^max_attempts: .*$/m, 'max_attempts: 9')),
  },
];

const readyIds = async ({ ledger }: Replica): Promise<string[]> =>
  (await ledger.getReadyToStart()).map((item) => item.id);

describe('given a row of commits of which one was forged', () => {
  /** What honest work leaves, with items that come and go. */
  async function work(): Promise<void> {
    const { id: made } = await mallory.ledger.createWork({ title: 'More' });
    await mallory.ledger.claimWork(made);
    await mallory.ledger.work.checkpoint(made, { step: 'half' });
    await mallory.ledger.completeWork(made);
    await mallory.ledger.work.comment(other, `done with ${made}`);
  }

  it('when a clone fetches it, then that one alone is found, and all that was honest is taken over', async () => {
    await work();
    const commit = await forge(await retitled(id, 'Forged'));
    await mallory.ledger.clone.fetch();
    await work();
    await ada.ledger.clone.fetch();
    expect((await ada.ledger.getWork(id)).in_question?.map((one) => one.commit)).toEqual([commit, commit]);
    expect((await ada.ledger.clone.status()).in_question).toBe(1);
    expect(await ada.ledger.query.list({ all: true })).toHaveLength(4);
  });

  it('when none was, then the index stands as one that is made anew, with its history', async () => {
    await ada.ledger.audit.log({ limit: 1_000 });
    for (let round = 0; round < 4; round += 1) await work();
    await ada.ledger.clone.fetch();
    const shown = async () => ({
      items: await ada.ledger.query.list({ all: true }),
      log: await ada.ledger.audit.log({ limit: 1_000 }),
      counts: (await ada.ledger.clone.status()).counts,
    });
    const followed = await shown();
    expect(followed.items).toHaveLength(6);
    expect(followed.log.length).toBeGreaterThan(20);
    await ada.ledger.clone.rebuildIndex();
    expect(await shown()).toEqual(followed);
  });
});

describe('given an item whose last commit was forged and pushed with plain git', () => {
  it('when a clone fetches it, then the item is in question and shown with what was found, and the rest goes on', async () => {
    const commit = await forge(await retitled(id, 'Forged'));
    await ada.ledger.clone.fetch();
    expect(ada.notices.at(-1)).toMatchObject({ code: 'IN_QUESTION' });
    expect(ada.notices.at(-1)?.message).toContain(id);
    expect(await ada.ledger.getWork(id)).toMatchObject({
      title: 'Forged',
      in_question: [{ commit, rule: 'message' }, expect.anything()],
    });
    expect(await ada.ledger.getWork(other)).not.toHaveProperty('in_question');
    expect(await readyIds(ada)).toEqual([other]);
    expect(await ada.ledger.query.countReady()).toBe(1);
    expect((await ada.ledger.clone.status()).in_question).toBe(1);
    await ada.ledger.claimWork(other);
    expect((await ada.ledger.query.explain(id)).reasons[0]).toMatch(/in question: commit .* breaks the rule/);
  });

  it('when someone would write on it, then that is refused when the call begins, with the commit', async () => {
    const commit = await forge(await retitled(id, 'Forged'));
    await ada.ledger.clone.fetch();
    const before = world.remote.tip;
    for (const act of [
      () => ada.ledger.claimWork(id),
      () => ada.ledger.work.comment(id, 'what?'),
      () => ada.ledger.work.update(id, { set: { title: 'One' } }),
    ])
      expect(await refusalOf(act())).toMatchObject({ code: 'IN_QUESTION', details: { id, commit } });
    expect(world.remote.tip).toBe(before);
  });

  it('when the claim itself is what fetches it, then it is not made', async () => {
    await forge(await retitled(id, 'Forged'));
    world.clock.advance(10_000);
    expect(await ada.ledger.claimWork(id).catch((error: unknown) => error)).toMatchObject({
      code: 'IN_QUESTION',
    });
    expect((await ada.ledger.getWork(id)).status).toBe('pending');
  });

  it('when its holder goes on, then it is told', async () => {
    await ada.ledger.claimWork(id);
    const path = itemPath(id, 'in_progress');
    await mallory.ledger.clone.fetch();
    const text = await textOf(path);
    await forge([{ path, bytes: Buffer.from(text.replace(/^title: .*$/m, 'title: Forged')) }]);
    await ada.ledger.clone.fetch();
    const refused = await refusalOf(ada.ledger.work.checkpoint(id, { step: 'half' }));
    expect(refused).toMatchObject({ code: 'IN_QUESTION', details: { id } });
    expect(refused.message).toContain('mallory');
  });

  it('when it was completed that way, then it satisfies no dependency, is no part that is done, and unblocks nothing', async () => {
    const { id: waiting } = await ada.ledger.createWork({ title: 'Waits', dependencies: [id] });
    const { id: parent } = await ada.ledger.createWork({ title: 'Whole' });
    await ada.ledger.work.update(id, { set: { parent_id: parent } });
    await ada.ledger.claimWork(other);
    await ada.ledger.blockWork(other, { reason: 'needs One', blocker_id: id });
    await mallory.ledger.clone.fetch();
    await forge(await finished(id));
    await ada.ledger.clone.fetch();
    expect(await readyIds(ada)).toEqual([]);
    expect(await refusalOf(ada.ledger.claimWork(waiting))).toMatchObject({
      code: 'IN_QUESTION',
      details: { id },
    });
    expect(await refusalOf(ada.ledger.claimWork(parent))).toMatchObject({ code: 'IN_QUESTION' });
    await ada.ledger.clone.sync();
    expect((await ada.ledger.getWork(other)).status).toBe('blocked');
  });

  it('when a transition on it is pending here, then that is kept, and not decided on what was forged', async () => {
    ada.connection.cut = true;
    await ada.ledger.work.comment(id, 'mine').catch(() => undefined);
    ada.connection.cut = false;
    await forge(await retitled(id, 'Forged'));
    expect((await ada.ledger.clone.sync()).lost).toMatchObject([
      { id, message: expect.stringContaining('in question') },
    ]);
    expect(await ada.ledger.clone.rejected()).toMatchObject([{ error: { code: 'IN_QUESTION' } }]);
  });

  it('when honest clones go on with other items, then it stays in question', async () => {
    await forge(await retitled(id, 'Forged'));
    await ada.ledger.clone.fetch();
    await ada.ledger.work.comment(other, 'goes on');
    await forge([], 'nothing\n');
    await ada.ledger.clone.fetch();
    expect(await ada.ledger.getWork(id)).toHaveProperty('in_question');
    expect(await ada.ledger.getWork(other)).not.toHaveProperty('in_question');
  });
});

describe('given something in question', () => {
  it('when someone who may answers for it, then every clone goes on with it as it stands', async () => {
    const commit = await forge(await retitled(id, 'Forged'));
    await ada.ledger.audit.acknowledge(commit, { reason: 'Ada looked at it' });
    expect(await ada.ledger.getWork(id)).not.toHaveProperty('in_question');
    await ada.ledger.claimWork(id);
    expect((await ada.ledger.getWork(id)).title).toBe('Forged');
    expect(await ada.ledger.audit.verify()).toMatchObject({ ok: true });
  });

  it('when the doctor mends it, then it is as it was before, and every clone goes on', async () => {
    const bob = await addReplica(world, 'bob', {});
    const commit = await forge(await retitled(id, 'Forged'));
    await bob.ledger.clone.fetch();
    await ada.ledger.clone.fetch();
    expect(await repairTree(ada.ledger)).toMatchObject([{ kind: 'undo', id }]);
    await bob.ledger.clone.fetch();
    for (const { ledger } of [ada, bob]) {
      expect(await ledger.getWork(id)).not.toHaveProperty('in_question');
      expect((await ledger.getWork(id)).title).toBe('One');
    }
    await bob.ledger.claimWork(id);
    const { findings } = await ada.ledger.audit.verify();
    expect(new Set(findings.map((finding) => finding.commit))).toEqual(new Set([commit]));
  });

  it('when an item was made that way, then the doctor takes it away', async () => {
    const text = (await textOf(itemPath(id, 'pending'))).replaceAll(id, id.replace(/\d$/, '9'));
    const forged = id.replace(/\d$/, '9');
    await forge([{ path: itemPath(forged, 'pending'), bytes: Buffer.from(text) }]);
    await ada.ledger.clone.fetch();
    expect(await readyIds(ada)).not.toContain(forged);
    expect(await repairTree(ada.ledger)).toMatchObject([{ kind: 'undo', id: forged }]);
    expect(await ada.ledger.query.find(forged)).toBeUndefined();
  });

  it('when a clone is opened anew, then it is still in question', async () => {
    await forge(await retitled(id, 'Forged'));
    await ada.ledger.clone.fetch();
    expect(await ada.ledger.query.find(id)).toMatchObject({ title: 'Forged' });
    expect(await readyIds(ada)).toEqual([other]);
  });
});

it('given a clone that never read history, when a transition that happened before arrives again, then the item is in question', async () => {
  await ada.ledger.work.comment(id, 'Ship it');
  const { op } = (await ada.ledger.audit.history(id)).at(-1) ?? {};
  const bob = await addReplica(world, 'bob', {});
  const again = { ...ada.ledger.work.command('comment', { id: other, body: 'Ship it' }), op: op ?? '' };
  const { projection } = connectionOf(ada.ledger);
  const decided = await projection.peek(world.remote.tip ?? '', (view) =>
    decideInto(new Overlay(view), again),
  );
  const [step] = decided.kind === 'steps' ? decided.steps : [];
  await forge(step?.changes ?? [], step?.message, 'ada');
  await bob.ledger.clone.fetch();
  expect(await bob.ledger.getWork(other)).toMatchObject({ in_question: [{ rule: 'op' }] });
});

describe('given settings that were forged', () => {
  it('when a clone fetches them, then nothing is taken over or written, and reads go on as before', async () => {
    const commit = await forge(await openSettings());
    expect(await refusalOf(ada.ledger.clone.fetch())).toMatchObject({
      code: 'IN_QUESTION',
      details: { commit },
    });
    expect((await ada.ledger.query.settings()).max_attempts).not.toBe(9);
    const before = world.remote.tip;
    expect(await refusalOf(ada.ledger.work.comment(id, 'no'))).toMatchObject({ code: 'IN_QUESTION' });
    expect(await refusalOf(ada.ledger.createWork({ title: 'Three' }))).toMatchObject({ code: 'IN_QUESTION' });
    expect(world.remote.tip).toBe(before);
    expect(await readyIds(ada)).toEqual([id, other]);
    const { findings } = await ada.ledger.audit.verify();
    expect(new Set(findings.map((finding) => finding.commit))).toEqual(new Set([commit]));
  });

  it('when something is pending, then it waits, and is shared once they are put back', async () => {
    ada.connection.cut = true;
    await ada.ledger.work.comment(id, 'mine').catch(() => undefined);
    ada.connection.cut = false;
    await forge(await openSettings());
    expect(await refusalOf(ada.ledger.clone.sync())).toMatchObject({ code: 'IN_QUESTION' });
    expect((await ada.ledger.clone.status()).pending).toHaveLength(1);
    expect(await repairTree(ada.ledger)).toMatchObject([{ kind: 'undo', path: SETTINGS_PATH }]);
    await ada.ledger.clone.sync();
    expect((await ada.ledger.clone.status()).pending).toEqual([]);
    expect((await ada.ledger.query.settings()).max_attempts).not.toBe(9);
  });

  it('when someone who may answers for them, then they hold', async () => {
    const commit = await forge(await openSettings());
    await refusalOf(ada.ledger.clone.fetch());
    await ada.ledger.audit.acknowledge(commit, { reason: 'It was meant so' });
    expect((await ada.ledger.query.settings()).max_attempts).toBe(9);
    await ada.ledger.work.comment(id, 'on');
  });

  it('when they forbid to mend, then who may by the settings before mends all the same', async () => {
    await forge([
      {
        path: SETTINGS_PATH,
        bytes: Buffer.from(
          `${await textOf(SETTINGS_PATH)}roles:\n  thieves:\n    members:\n      - mallory\nallow:\n  - verbs:\n      - repair\n      - acknowledge\n    roles:\n      - thieves\n`,
        ),
      },
    ]);
    await refusalOf(ada.ledger.clone.fetch());
    expect(await repairTree(ada.ledger)).toMatchObject([{ kind: 'undo' }]);
    await ada.ledger.work.comment(id, 'on');
  });
});

it('given settings that were forged, when the branch is set back to before them, then nothing is in question any more, and what comes again is checked again', async () => {
  const before = world.remote.tip ?? '';
  const forged = await forge(await openSettings());
  await refusalOf(ada.ledger.clone.fetch());
  await world.remote.replaceTip(before, mallory.store);
  expect(await refusalOf(ada.ledger.clone.fetch())).toMatchObject({ code: 'HISTORY_REWRITTEN' });
  const rewrite = await findRewrite(ada.ledger);
  if (rewrite === undefined) throw new Error('the rewrite was not found');
  await recoverHistory(ada.ledger, rewrite);
  await ada.ledger.work.comment(id, 'on');
  await world.remote.replaceTip(forged, mallory.store);
  const again = await findRewrite(ada.ledger);
  expect(again).toBeDefined();
  if (again !== undefined)
    expect(await refusalOf(recoverHistory(ada.ledger, again))).toMatchObject({ code: 'IN_QUESTION' });
});

describe('given a worker', () => {
  it('when an item comes to be in question while it would take it, then it takes the others', async () => {
    world.clock.advance(10_000);
    await forge(await retitled(id, 'Forged'));
    const agent: Agent = async function* () {
      yield { type: 'text', text: 'done' };
    };
    const clock = { ...systemClock, now: world.clock.now, random: () => 0 };
    const report = await runWorker({ ledger: ada.ledger, agent, idle_exit: true, clock });
    expect(report).toMatchObject({ started: 1, completed: 1, failed: 0 });
    expect((await ada.ledger.getWork(id)).status).toBe('pending');
  });
});

describe('given a clone that joins', () => {
  it('when it finds a ledger, then it trusts the tip, says so once, and checks what arrives from then on', async () => {
    await forge(await retitled(id, 'Forged before'));
    const bob = await addReplica(world, 'bob', {});
    expect(bob.notices.filter(({ code }) => code === 'TRUSTED')).toHaveLength(1);
    expect(await bob.ledger.getWork(id)).not.toHaveProperty('in_question');
    await forge(await retitled(other, 'Forged after'));
    await bob.ledger.clone.fetch();
    expect(await readyIds(bob)).toEqual([id]);
    expect(bob.notices.filter(({ code }) => code === 'TRUSTED')).toHaveLength(1);
  });
});

describe('given a record of what was checked that was lost', () => {
  const RECORD = 'arrived';
  const note = (text: string | undefined): void => {
    const { state } = connectionOf(ada.ledger);
    if (text === undefined) state.delete(RECORD);
    else state.set(RECORD, text);
  };
  const recorded = (): string => connectionOf(ada.ledger).state.get(RECORD) ?? '';

  it.each<[string, () => string]>([
    ['broke off', () => recorded().slice(0, 40)],
    ['is of another shape', () => recorded().replace(/"suspects":\[.*\]/, '"suspects":[null]')],
    ['has suspects of another shape', () => recorded().replace(/"items":\[[^\]]*\]/, '"items":7')],
    [
      'names a commit that is not there',
      () => recorded().replace(/"checked":"\w+"/, `"checked":"${'1'.repeat(40)}"`),
    ],
  ])('when it %s, then history is checked, and what was in question still is', async (_, text) => {
    await forge(await retitled(id, 'Forged'));
    await ada.ledger.clone.fetch();
    expect(await readyIds(ada)).toEqual([other]);
    note(text());
    await mallory.ledger.clone.fetch();
    await mallory.ledger.work.comment(other, 'on');
    await ada.ledger.clone.fetch();
    expect(await readyIds(ada)).toEqual([other]);
    await ada.ledger.claimWork(other);
    expect(await refusalOf(ada.ledger.claimWork(id))).toMatchObject({ code: 'IN_QUESTION' });
  });

  it('when it is gone, then what the clone took over before is trusted, and what arrives is checked', async () => {
    note(undefined);
    await forge(await retitled(id, 'Forged'));
    await ada.ledger.clone.fetch();
    expect(await readyIds(ada)).toEqual([other]);
    expect(ada.notices.map(({ code }) => code)).toEqual(expect.arrayContaining(['TRUSTED', 'IN_QUESTION']));
  });
});

it('given a file whose name is no text of Unicode, when a clone fetches it, then it is told, and stops nobody', async () => {
  const { objects } = mallory.store;
  const tip = world.remote.tip ?? '';
  const before = Buffer.from((await objects.read(tip))?.bytes ?? []).toString();
  const tree = /^tree (\w+)/.exec(before)?.[1] ?? '';
  const lines = Buffer.from((await objects.read(tree))?.bytes ?? []);
  const blob = nameObject({ type: 'blob', bytes: Buffer.from('mine') });
  const line = Buffer.concat([Buffer.from('100644 \xff\0', 'latin1'), Buffer.from(blob.oid, 'hex')]);
  const root = nameObject({ type: 'tree', bytes: Buffer.concat([lines, line]) });
  const people = before.split('\n').filter((one) => /^(?:author|committer) /.test(one));
  const text = [`tree ${root.oid}`, `parent ${tip}`, ...people, '', 'by hand\n'].join('\n');
  const commit = nameObject({ type: 'commit', bytes: Buffer.from(text) });
  await objects.write([blob, root, commit]);
  expect(await mallory.connection.push(commit.oid)).toMatchObject({ kind: 'accepted' });
  await ada.ledger.clone.sync();
  expect(ada.notices.at(-1)).toMatchObject({ code: 'IN_QUESTION' });
  expect(ada.notices.at(-1)?.message).toContain(commit.oid.slice(0, 12));
  await ada.ledger.claimWork(id);
});

describe('given settings that were forged and answered for', () => {
  it('when settings are changed on them before a clone looks, then all of it stands there', async () => {
    const bob = await addReplica(world, 'bob', {});
    const commit = await forge(await openSettings());
    await refusalOf(ada.ledger.clone.fetch());
    await ada.ledger.audit.acknowledge(commit, { reason: 'It was meant so' });
    await ada.ledger.admin.configure({ lease_ttl_s: 1234 });
    await bob.ledger.clone.fetch();
    expect(await bob.ledger.query.settings()).toMatchObject({ max_attempts: 9, lease_ttl_s: 1234 });
    expect((await bob.ledger.clone.status()).in_question).toBe(0);
  });
});

describe('given an item in question on which right transitions were built', () => {
  it('when a clone mends, then it is left as it stands, and what broke a rule after that alone is undone', async () => {
    const commit = await forge(await retitled(id, 'Forged'));
    const joins = await addReplica(world, 'joins', {});
    await joins.ledger.work.comment(id, 'goes on');
    await ada.ledger.clone.fetch();
    expect(await ada.ledger.getWork(id)).toMatchObject({ in_question: [{ commit }, { commit }] });
    expect(await repairTree(ada.ledger)).toEqual([]);
    await forge(await retitled(id, 'Forged again'));
    await ada.ledger.clone.fetch();
    expect(await repairTree(ada.ledger)).toMatchObject([{ kind: 'undo', id }]);
    expect(await ada.ledger.getWork(id)).toMatchObject({
      title: 'Forged',
      comments: [{ body: 'goes on' }],
    });
    const { findings } = await ada.ledger.audit.verify();
    expect(findings.filter(({ rule }) => rule === 'repair')).toEqual([]);
  });
});

describe('given dates that suit the writer', () => {
  const DAY = 86_400_000;
  const later = (ms: number): string => new Date(world.clock.now().getTime() + ms).toISOString();

  /** Decides what mallory says that she asked for then, commits it now, and pushes it. */
  async function pushDated(command: LedgerCommand): Promise<void> {
    await mallory.ledger.clone.fetch();
    const { projection } = connectionOf(mallory.ledger);
    const decided = await projection.peek(world.remote.tip ?? '', (view) =>
      decideInto(new Overlay(view), command),
    );
    const [step] = decided.kind === 'steps' ? decided.steps : [];
    const authored_at = Math.floor(Date.parse(command.at) / 1000);
    await forge(step?.changes ?? [], step?.message, command.actor, { authored_at });
  }

  it('when one ends work of hers as if it were long ago, then its file may go at once, all of it stands in history, and nobody is stopped', async () => {
    await ada.ledger.admin.configure({ retention_days: 30 });
    const { work } = mallory.ledger;
    const claim = work.command('claim', { id, execution_id: 'exec-1' }, 'mallory');
    await mallory.ledger.clone.fetch();
    await pushDated({ ...claim, at: later(-40 * DAY) });
    const done = work.command('complete', { id, result: {}, execution_id: 'exec-1' }, 'mallory');
    await pushDated({ ...done, at: later(-39 * DAY) });
    await ada.ledger.clone.fetch();
    expect(await ada.ledger.getWork(id)).not.toHaveProperty('in_question');
    await ada.ledger.work.delete(id, { reason: 'kept long enough' });
    const history = await ada.ledger.audit.history(id);
    expect(history.map(({ verb }) => verb)).toEqual(['create', 'claim', 'complete', 'delete']);
    const committed = history.map(({ commit }) => commit);
    expect(new Set(committed).size).toBe(4);
    expect(await ada.ledger.audit.verify()).toMatchObject({ ok: true });
  });

  it('when one claims as if it were long ago, then that hastens the end of her own lease alone', async () => {
    const claim = mallory.ledger.work.command('claim', { id, execution_id: 'exec-1' }, 'mallory');
    await ada.ledger.claimWork(other);
    await pushDated({ ...claim, at: later(-40 * DAY) });
    const recovered = await ada.ledger.recoverOrphanedWork();
    expect(recovered.map((item) => item.id)).not.toContain(other);
    expect((await ada.ledger.getWork(other)).owner).toBe('ada');
  });

  it('when one says a time that is not here yet, then whose clock is ahead is told, and nobody is stopped', async () => {
    await pushDated({
      ...mallory.ledger.work.command('comment', { id, body: 'Hi' }, 'mallory'),
      at: later(30 * DAY),
    });
    await ada.ledger.clone.fetch();
    await ada.ledger.work.comment(id, 'on');
    expect(ada.notices.at(-1)).toMatchObject({ code: 'CLOCK_AHEAD' });
    expect(await ada.ledger.getWork(id)).not.toHaveProperty('in_question');
    expect((await ada.ledger.audit.verify()).findings).toMatchObject([{ rule: 'clock' }]);
  });
});
