import { beforeEach, expect, test } from 'vitest';
import { listPresence } from '../../src/agents/presence/list.ts';
import { examine } from '../../src/doctor/examine.ts';
import { type GitObject, nameObject } from '../../src/git/model/object.ts';
import type { Oid } from '../../src/store/port.ts';
import { preload } from '../simulation/preload.ts';
import { BRANCH, FOLDERS } from '../simulation/world/host.ts';
import type { Process } from '../simulation/world/process.ts';
import { World } from '../simulation/world/world.ts';

// Whoever may push may put any object behind a ref beside the branch.

let world: World;

beforeEach(async () => {
  await preload();
  world = new World({ seed: 1, instant: true });
  const ada = world.start(world.addClone('ada'));
  await world.untilDone(async () => (await ada.init()).close());
});

function made(type: GitObject['type'], text: string): Oid {
  const object = nameObject({ type, bytes: Buffer.from(text) });
  void world.objects.write([object]);
  return object.oid;
}

const HOSTILE: [string, () => Oid][] = [
  ['a blob', () => made('blob', 'x')],
  ['a tree', () => made('tree', '')],
  ['a tag', () => made('tag', `object ${world.host.tip}\ntype commit\ntag x\ntagger a <a@b> 1 +0000\n\nx\n`)],
  ['a commit that cannot be read', () => made('commit', 'x')],
  [
    'a commit without its parent',
    () => made('commit', `tree ${made('tree', '')}\nparent ${'1'.repeat(40)}\n`),
  ],
];

test.each(HOSTILE)('given %s in an inbox, when others work, then it stops nobody', async (_, make) => {
  world.host.force(`${FOLDERS.inboxes}k3m9x2ab`, make(), 0);
  const ada = world.start(world.clones.get('ada') as never);
  await world.untilDone(async () => {
    const ledger = await ada.open();
    await ledger.clone.sync();
    const { id } = await ledger.createWork({ title: 'One' });
    await ledger.clone.sync();
    expect((await ledger.getWork(id)).title).toBe('One');
    expect((await examine(ledger)).clone).toEqual([]);
    await ledger.close();
  });
});

test.each(HOSTILE)(
  'given %s in the inbox of a clone itself, then it goes on under another name',
  async (_, make) => {
    const clone = world.clones.get('ada');
    const name = /"name":"(\w+)"/.exec(clone?.state.get('clones/1') ?? '')?.[1] ?? '';
    world.host.force(FOLDERS.inboxes + name, make(), 0);
    const ada = world.start(clone as never);
    await world.untilDone(async () => {
      const ledger = await ada.open();
      await ledger.clone.sync();
      await ledger.createWork({ title: 'One' });
      await ledger.close();
    });
    expect([...(clone?.state.keys() ?? [])]).toContain('clones/2');
  },
);

test('given inboxes that came and went, when a clone goes on, then it keeps nothing of them', async () => {
  const ada = world.start(world.clones.get('ada') as never);
  const DAY_MS = 24 * 3_600_000;
  const kept = (): string[] =>
    [...(world.clones.get('ada')?.state.keys() ?? [])].filter((key) => /^(?:offers\/|inbox\.)/.test(key));
  await world.untilDone(async () => {
    const ledger = await ada.open();
    await ledger.createWork({ title: 'One' });
    for (let n = 0; n < 20; n += 1) world.host.force(`${FOLDERS.inboxes}n${n}`, world.host.tip, 0);
    await ledger.clone.sync();
    await ledger.createWork({ title: 'Two' });
    await listPresence(ledger);
    for (let n = 0; n < 20; n += 1) world.host.force(`${FOLDERS.inboxes}n${n}`, undefined, 0);
    await world.scheduler.sleep(ada, DAY_MS);
    await ledger.clone.sync();
    await ledger.clone.sync();
    await ledger.close();
  });
  expect(kept()).toEqual([]);
});

/** What bob has pending, bent and offered in an inbox, when ada pushes. @returns the history that comes of it, oldest first */
async function carried(bend: (commit: string, history: readonly string[]) => string): Promise<string[]> {
  const [ada, bob] = [world.clones.get('ada') as never, world.addClone('bob')].map((clone) =>
    world.start(clone),
  );
  const historyOf = (): string[] => {
    const texts: string[] = [];
    for (let oid = world.host.tip; oid !== undefined; oid = world.objects.parentOf(oid))
      texts.unshift(Buffer.from(world.objects.get(oid)?.bytes ?? []).toString());
    return texts;
  };
  await world.untilDone(async () => {
    const ledger = await (ada as Process).open();
    const { id } = await ledger.createWork({ title: 'One' });
    await (await (bob as Process).open()).close();
    const other = await (bob as Process).open({ mode: 'local' });
    await other.work.comment(id, 'of bob');
    await other.close();
    const pending = Buffer.from(world.objects.get(bob?.clone.refs.get(BRANCH) ?? '')?.bytes ?? []).toString();
    world.host.force(`${FOLDERS.inboxes}k3m9x2ab`, made('commit', bend(pending, historyOf())), 0);
    await ledger.clone.fetch();
    await ledger.work.comment(id, 'of ada');
    await ledger.close();
  });
  return historyOf();
}

const numberOf = (texts: readonly string[], part: RegExp): number =>
  texts.filter((text) => part.test(text)).length;

test('given an offer as it was made, when another clone pushes, then it carries it', async () => {
  expect(numberOf(await carried((commit) => commit), /^author bob /m)).toBe(1);
});

test('given an offer of what happened before, by its op, when another clone pushes, then it carries nothing of it', async () => {
  const opIn = (text = ''): string => /^Work-Op: (.*)$/m.exec(text)?.[1] ?? '';
  const texts = await carried((commit, history) => commit.replace(opIn(commit), opIn(history.at(-1))));
  expect(numberOf(texts, /^author bob /m)).toBe(0);
  expect(numberOf(texts, /^author ada /m)).toBe(3);
});

test('given an offer whose author is not written as git writes one, when another clone carries it, then that is written right', async () => {
  const texts = await carried((commit) => commit.replace('author bob <', 'author bob <<'));
  expect(numberOf(texts, /^author bob <[^<>]+> \d+ \+0000$/m)).toBe(1);
});
