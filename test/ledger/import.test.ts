import { beforeEach, describe, expect, test } from 'vitest';
import type { ImportReport, WorkItem, WorkLedger } from '../../src/index.ts';
import { connectionOf } from '../../src/ledger/connection.ts';
import { refusalOf, savedBy } from '../helpers/refusal.ts';
import { makeWorld, type Replica, type World } from '../helpers/replicas.ts';

let world: World;
let ada: Replica;
let bob: Replica;

beforeEach(async () => {
  world = await makeWorld(['ada', 'bob']);
  [ada, bob] = world.replicas as [Replica, Replica];
});

interface Edge {
  type: string;
  to: string;
}

/** A file of Beads issues, all of one day. */
const fileOf = (issues: Readonly<Record<string, readonly Edge[]>>): { from: 'beads'; text: string } => ({
  from: 'beads',
  text: Object.entries(issues)
    .map(([id, edges]) =>
      JSON.stringify({
        id,
        title: `${id} itself`,
        status: 'open',
        priority: 2,
        issue_type: 'task',
        created_at: '2026-01-01T00:00:00Z',
        updated_at: '2026-01-01T00:00:00Z',
        dependencies: edges.map(({ type, to }) => ({ issue_id: id, depends_on_id: to, type })),
      }),
    )
    .join('\n'),
});

/** Edges to what comes before and to what comes after in the order of the import. */
const FAMILY = {
  'k-1': [{ type: 'related', to: 'k-3' }],
  'k-2': [
    { type: 'blocks', to: 'k-1' },
    { type: 'parent-child', to: 'k-3' },
  ],
  'k-3': [{ type: 'discovered-from', to: 'k-1' }],
};

const nameOf = ({ title }: WorkItem): string => title.split(' ')[0] ?? '';

/** Every item by its own name in the source, with what it points to by theirs. Each name stands once. */
async function shapeOf(ledger: WorkLedger): Promise<Record<string, unknown>> {
  const items = await ledger.query.list({ all: true });
  const names = new Map(items.map((item) => [item.id, nameOf(item)]));
  expect(new Set(names.values()).size).toBe(items.length);
  return Object.fromEntries(
    items.map((item) => [
      nameOf(item),
      {
        parent: names.get(item.parent_id ?? ''),
        needs: item.dependencies.map((id) => names.get(id)),
        links: item.links.map(({ kind, target }) => `${kind} ${names.get(target)}`),
      },
    ]),
  );
}
const SHAPE = {
  'k-1': { parent: undefined, needs: [], links: ['related k-3'] },
  'k-2': { parent: 'k-3', needs: ['k-1'], links: [] },
  'k-3': { parent: undefined, needs: [], links: ['discovered_from k-1'] },
};

/** That every id that was told is, on the shared branch, the item of its source. */
async function expectTrue(ledger: WorkLedger, { ids, present }: ImportReport): Promise<void> {
  await ledger.clone.sync();
  const titles = await Promise.all(
    [...ids, ...present].map(async ([source_id, id]) => [source_id, (await ledger.getWork(id)).title]),
  );
  expect(titles).toEqual(titles.map(([source_id]) => [source_id, `${source_id} itself`]));
}

async function expectOnce(): Promise<void> {
  for (const { ledger } of [ada, bob]) {
    await ledger.clone.sync();
    expect(await shapeOf(ledger)).toMatchObject(SHAPE);
    expect(await ledger.audit.verify()).toMatchObject({ ok: true, findings: [] });
    expect(await ledger.clone.rejected()).toEqual([]);
  }
}

describe('given two clones that import at once', () => {
  test('when the files differ, then each is told the ids that its items keep, and edges lead where they did', async () => {
    const others = { 'x-1': [], 'x-2': [{ type: 'blocks', to: 'x-1' }] };
    const reports = await Promise.all([
      ada.ledger.admin.importWork(fileOf(others)),
      bob.ledger.admin.importWork(fileOf(FAMILY)),
    ]);
    expect(reports.map(({ ids, present }) => [ids.size, present.size])).toEqual([
      [2, 0],
      [3, 0],
    ]);
    for (const report of reports) await expectTrue(ada.ledger, report);
    await expectOnce();
  });

  test('when it is the same file, then each item stands once, and who was second is told what stands', async () => {
    const reports = await Promise.all(
      [ada, bob].map(({ ledger }) => ledger.admin.importWork(fileOf(FAMILY))),
    );
    expect(reports.map(({ ids, present }) => [ids.size, present.size]).sort()).toEqual([
      [0, 3],
      [3, 0],
    ]);
    for (const report of reports) {
      expect(report).toMatchObject({ failed: [], unshared: undefined });
      await expectTrue(ada.ledger, report);
    }
    await expectOnce();
  });

  test('when one has half of the file, then the rest is connected to what the other made', async () => {
    const { 'k-1': first, 'k-3': third } = FAMILY;
    bob.connection.beforePush = async () => {
      bob.connection.beforePush = async () => undefined;
      await ada.ledger.createWork({ title: 'w-1 itself' });
      await ada.ledger.admin.importWork(fileOf({ 'k-1': first, 'k-3': third }));
    };
    const report = await bob.ledger.admin.importWork(fileOf(FAMILY));
    expect([[...report.ids.keys()], [...report.present.keys()].sort()]).toEqual([['k-2'], ['k-1', 'k-3']]);
    await expectTrue(bob.ledger, report);
    await expectOnce();
  });

  test('when one imports an export of what the other has not shared yet, then each item stands once', async () => {
    ada.connection.cut = true;
    const [own] = savedBy(await refusalOf(ada.ledger.createWork({ title: 'k-0 itself' })));
    const files = [...(await ada.ledger.admin.exportFiles())];
    bob.connection.beforePush = async () => {
      ada.connection.cut = false;
      await ada.ledger.clone.sync();
    };
    const report = await bob.ledger.admin.importWork({ from: 'json', files });
    expect([report.planned, report.ids.size, [...report.present.values()]]).toEqual([1, 0, [own?.id]]);
    expect(await bob.ledger.query.list()).toHaveLength(1);
  });
});

describe('given an import that was told offline', () => {
  const mine = (description: string) => ({
    from: 'beads' as const,
    text: fileOf({ 'k-1': [] }).text.replace('"priority"', `"description":"${description}","priority"`),
  });

  test.each(['in a clone that shares nothing by itself', 'when the remote goes away before it is shared'])(
    '%s, when another clone shares the same source first, then the id that was told says where it went, and its words are kept',
    async (where) => {
      bob.connection.beforePush = async () => {
        bob.connection.cut = true;
      };
      const ledger =
        where === 'when the remote goes away before it is shared'
          ? bob.ledger
          : await (async () => {
              const { replicas } = await makeWorld(['cy'], () => 'local', world.remote);
              return (replicas[0] as Replica).ledger;
            })();
      const told = await ledger.admin.importWork(mine('by bob'));
      const id = told.ids.get('k-1') ?? '';
      const theirs = await ada.ledger.admin.importWork(mine('by ada'));
      const standing = theirs.ids.get('k-1') ?? '';
      bob.connection.beforePush = async () => undefined;
      bob.connection.cut = false;
      const { lost } = await ledger.clone.sync();
      const message = `${standing} has the source of ${id}, and stands in its place.`;
      expect(lost).toMatchObject([{ message }]);
      expect(await ledger.clone.rejected()).toMatchObject([
        {
          id,
          verb: 'import',
          error: { details: { id: standing, imported: { from: 'beads', id: 'k-1' } } },
        },
      ]);
      await expect(ledger.query.resolveId(id)).rejects.toMatchObject({
        code: 'NOT_FOUND',
        hint: expect.stringContaining(message),
      });
      expect(await ledger.getWork(standing)).toMatchObject({ description: 'by ada' });
      expect(await ledger.audit.verify()).toMatchObject({ ok: true });
    },
  );
});

/** Commits an import in a clone and goes no further, as a process does that is killed before its push. */
async function importAndDie({ ledger }: Replica, issues: Parameters<typeof fileOf>[0]): Promise<void> {
  const { items } = await ledger.admin.planImport(fileOf(issues));
  const commands = items.map(({ id, item }) => ledger.work.command('import', { id, item }));
  const { sync } = await connectionOf(ledger).write();
  await sync.submit({ commands, atomic: false, provisional: true }, false);
}

describe('given an import that was killed before it was shared', () => {
  beforeEach(() => importAndDie(bob, FAMILY));

  test('when it is redone in its clone, then what it made is there already, under the ids of the shared branch', async () => {
    await ada.ledger.admin.importWork(fileOf({ 'x-1': [], 'x-2': [] }));
    const report = await bob.ledger.admin.importWork(
      fileOf({ ...FAMILY, 'k-4': [{ type: 'blocks', to: 'k-2' }] }),
    );
    expect([[...report.ids.keys()], [...report.present.keys()].sort()]).toEqual([
      ['k-4'],
      ['k-1', 'k-2', 'k-3'],
    ]);
    await expectTrue(bob.ledger, report);
    await expectOnce();
  });

  test('when it is redone in another clone, and both are shared, then each item stands once', async () => {
    const report = await ada.ledger.admin.importWork(fileOf(FAMILY));
    expect(report.ids.size).toBe(3);
    await bob.ledger.clone.sync();
    await expectTrue(bob.ledger, report);
    await expectOnce();
    const again = await bob.ledger.admin.importWork(fileOf(FAMILY));
    expect([again.planned, again.present]).toEqual([0, report.ids]);
  });

  test('when it is only planned, then what is not shared has no id to tell', async () => {
    const report = await bob.ledger.admin.importWork(fileOf(FAMILY), { dry_run: true });
    expect([report.planned, report.ids.size, report.present.size]).toEqual([3, 0, 0]);
  });
});

test('given a number that another process of the clone takes after the plan, when the import is committed, then it takes the next', async () => {
  const { sync } = await connectionOf(bob.ledger).write();
  const at = '2026-01-01T00:00:00.000Z';
  const create = { ...bob.ledger.work.command('create', { fields: { title: 'y-1 itself' } }), at };
  const report = await bob.ledger.admin.importWork(fileOf(FAMILY), {
    onPlan: () => void sync.submit({ commands: [create], atomic: false }, false),
  });
  expect([...report.ids.values()]).not.toContain('WRK-20260101-0001');
  await expectTrue(bob.ledger, report);
  await expectOnce();
});

describe('given a remote that does not answer', () => {
  test('when a file is imported, then nothing is', async () => {
    bob.connection.cut = true;
    expect((await refusalOf(bob.ledger.admin.importWork(fileOf(FAMILY)))).code).toBe('REMOTE_UNREACHABLE');
    expect(await bob.ledger.query.list()).toEqual([]);
  });

  test('when it stops answering meanwhile, then ids that are told need nobody to agree, and stay', async () => {
    bob.connection.beforePush = async () => {
      bob.connection.cut = true;
    };
    const report = await bob.ledger.admin.importWork(fileOf(FAMILY));
    expect(report).toMatchObject({ where: 'local', unshared: { code: 'REMOTE_UNREACHABLE' } });
    for (const id of report.ids.values()) expect(id).toMatch(/^WRK-20260101-[0-9a-z]{8}$/);
    expect(report.ids.size).toBe(3);
    await ada.ledger.admin.importWork(fileOf({ 'x-1': [], 'x-2': [] }));
    bob.connection.beforePush = async () => undefined;
    bob.connection.cut = false;
    await expectTrue(bob.ledger, report);
    await expectOnce();
    const again = await bob.ledger.admin.importWork(fileOf(FAMILY));
    expect(again.present).toEqual(report.ids);
  });

  test('when the answer to the push is lost, then an id that is told is that of the shared branch', async () => {
    bob.connection.loseNextAnswer = true;
    const report = await bob.ledger.admin.importWork(fileOf(FAMILY));
    bob.connection.cut = false;
    await expectTrue(bob.ledger, report);
    await expectOnce();
    const again = await bob.ledger.admin.importWork(fileOf(FAMILY));
    expect([again.planned, again.present.size]).toEqual([0, 3]);
  });
});

test('given a clone in local mode, when a file is imported and others are first, then the ids that were told stay', async () => {
  const { replicas } = await makeWorld(['cy'], () => 'local', world.remote);
  const [cy] = replicas as [Replica];
  const report = await cy.ledger.admin.importWork(fileOf(FAMILY));
  for (const id of report.ids.values()) expect(id).toMatch(/^WRK-20260101-[0-9a-z]{8}$/);
  await ada.ledger.admin.importWork(fileOf({ 'x-1': [], 'x-2': [] }));
  await expectTrue(cy.ledger, report);
  expect(await shapeOf(cy.ledger)).toMatchObject(SHAPE);

  const files = [...(await ada.ledger.admin.exportFiles())];
  const [dan] = (await makeWorld(['dan'], () => 'local')).replicas as [Replica];
  const kept = await dan.ledger.admin.importWork({ from: 'json', files });
  expect(kept.notes.map(({ rule }) => rule)).toContain('id');
  for (const id of kept.ids.values()) expect(id).toMatch(/-[0-9a-z]*[a-z][0-9a-z]*$/);
});

test('given an item that policy does not let in, when a file is imported, then it is told by its id there, and the rest stands', async () => {
  await ada.ledger.admin.configure({
    roles: { leads: { members: ['lead'] } },
    allow: [{ verbs: ['import'], types: ['bug'], roles: ['leads'] }],
  });
  const text = fileOf({ 'k-1': [], 'k-2': [] }).text.replace('"task"', '"bug"');
  const report = await bob.ledger.admin.importWork({ from: 'beads', text });
  expect([...report.ids.keys()]).toEqual(['k-2']);
  expect(report.failed).toMatchObject([{ source_id: 'k-1', error: { code: 'POLICY_DENIED' } }]);
  await expectTrue(bob.ledger, report);
});

test('given one key in two clones, when both create it in a batch with more, then both are told the item that stands', async () => {
  const together = ({ ledger, name }: Replica) =>
    ledger.work.batch([
      ledger.work.command('create', { fields: { title: `only ${name}` } }),
      ledger.work.command('create', { fields: { title: 'shared', idempotency_key: 'k' } }),
    ]);
  const [first, second] = await Promise.all([together(ada), together(bob)]);
  const itemIn = (outcome: (typeof first)[number] | undefined): string | undefined =>
    outcome?.kind === 'accepted' || outcome?.kind === 'unchanged' ? outcome.item?.id : undefined;
  const id = itemIn(first?.[1]);
  expect(itemIn(second?.[1])).toBe(id);
  await ada.ledger.clone.fetch();
  expect(await ada.ledger.getWork(id ?? '')).toMatchObject({ title: 'shared' });
});
