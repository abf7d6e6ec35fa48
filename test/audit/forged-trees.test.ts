import fs from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { baseStateAt } from '../../src/audit/base-state.ts';
import { checkPush } from '../../src/audit/check-push.ts';
import { verifyLedger } from '../../src/audit/verify.ts';
import { examineTree } from '../../src/doctor/broken-tree.ts';
import { repairTree } from '../../src/doctor/repair.ts';
import { nameObject } from '../../src/git/model/object.ts';
import { findFaults, linesOf, type TreeLine } from '../../src/git/model/tree.ts';
import type { WorkLedger } from '../../src/index.ts';
import { ObjectDb } from '../../src/isomorphic/objects.ts';
import { IsomorphicStore } from '../../src/isomorphic/store.ts';
import { Projection } from '../../src/projection/projection.ts';
import { IncomingStore } from '../../src/store/incoming.ts';
import { NativeStore } from '../../src/store/native.ts';
import type { Oid } from '../../src/store/port.ts';
import { isolateThisProcess, makeTempFolder, runGit, type TempFolder } from '../helpers/temp-repo.ts';
import { CLOCK } from './forger.ts';
import { FIRST } from './honest.ts';
import { BRANCH, makeLedger } from './ledgers.ts';

const NOW = CLOCK.now().getTime() / 1000;
const NOTHING = '0'.repeat(40);

let folder: TempFolder;
let gitDir: string;
let store: NativeStore;
let objects: ObjectDb;
let incoming: IncomingStore;
let projection: Projection;
let ledger: WorkLedger;
/** An honest transition, and the commit that it was decided on. */
let tip: Oid;
let parent: Oid;
/** The root's tree as the transition left it. */
let root: Map<string, TreeLine>;

beforeAll(async () => {
  isolateThisProcess();
  folder = await makeTempFolder();
  ({ ledger, gitDir } = await makeLedger(folder.path, { clock: CLOCK, mode: 'local' }));
  await ledger.admin.configure({}, { files: [{ path: 'CODEOWNERS', text: '* @ada\n' }] });
  await ledger.createWork({ title: 'First' });
  await ledger.work.comment(FIRST, 'hello');
  store = new NativeStore(gitDir);
  objects = new ObjectDb(fs, gitDir);
  incoming = new IncomingStore(gitDir);
  const lock = { run: async <T>(_name: 'index', task: () => Promise<T>) => task() };
  projection = new Projection({ store: async () => store, lock });
  tip = (await store.readRef(BRANCH)) ?? '';
  parent = (await incoming.readCommit(tip)).parents[0] ?? '';
  const tree = await objects.read(await runGit(gitDir, ['rev-parse', `${tip}^{tree}`]));
  root = new Map([...linesOf(tree?.bytes ?? new Uint8Array())].map((line) => [line.name, line]));
});
afterAll(async () => {
  projection.close();
  incoming.close();
  await store.close();
  await ledger.close();
  await folder.cleanup();
});

/** A line as whoever forges a tree writes it: the mode is taken as it is. */
const written = ({ mode, name, oid }: TreeLine): Buffer =>
  Buffer.concat([Buffer.from(`${mode} ${name}\0`, 'latin1'), Buffer.from(oid, 'hex')]);
const plain = (line: TreeLine): TreeLine => ({ ...line, mode: line.mode.replace(/^0/, '') });
const the = (name: string): TreeLine => root.get(name) ?? { mode: '', name, oid: NOTHING };
const all = (): TreeLine[] => [...root.values()].map(plain);
const changed = (name: string, mode: string): TreeLine[] =>
  all().map((line) => (line.name === name ? { ...line, mode } : line));
/** The line where git would put it. */
const added = (line: TreeLine): TreeLine[] => [...all(), line].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
const keyOf = ({ mode, name }: TreeLine): string => (mode === '40000' ? `${name}/` : name);

/** The transition, but for its root's tree. */
async function forged(lines: readonly TreeLine[]): Promise<{ commit: Oid; bytes: Buffer }> {
  const bytes = Buffer.concat(lines.map(written));
  const tree = nameObject({ type: 'tree', bytes });
  const honest = Buffer.from((await objects.read(tip))?.bytes ?? '').toString();
  const text = honest.replace(/^tree .*$/m, `tree ${tree.oid}`);
  const commit = nameObject({ type: 'commit', bytes: Buffer.from(text) });
  await objects.write([tree, commit]);
  return { commit: commit.oid, bytes };
}

async function refusedOn(old: Oid, now: Oid): Promise<string | undefined> {
  const baseState = await baseStateAt(old, projection, incoming);
  return (await checkPush({ incoming, baseState, tip: now, now: NOW }))?.rule;
}

/** Each case begins as in a clone that wrote nothing: what it did is not to be put back. */
const moveTo = async (commit: Oid): Promise<void> => {
  for (const name of ['journal', 'left']) {
    const ref = `refs/work-ledger/${name}/work-ledger`;
    await store.moveRef(ref, await store.readRef(ref), undefined);
    await rm(join(gitDir, 'work-ledger', name), { force: true });
  }
  expect(await store.moveRef(BRANCH, await store.readRef(BRANCH), commit)).toBe(true);
};

/** What git’s own check says of trees, by their names. */
async function gitSays(trees: readonly Oid[]): Promise<string[][]> {
  const args = ['-c', 'fsck.badFilemode=error', 'fsck', '--strict', '--no-dangling', '--no-progress'];
  const said = await runGit(gitDir, args).catch((error: Error) => error.message);
  return trees.map((tree) =>
    [...said.matchAll(new RegExp(`in tree ${tree}: (\\w+)`, 'g'))].map(([, fault = '']) => fault).sort(),
  );
}

type Case = [what: string, fault: string, lines: () => TreeLine[]];

/** What git shows as if nothing were wrong. */
const ODD_MODES: Case[] = [
  ['a file that a group may write', 'badFilemode', () => changed('ledger.yaml', '100664')],
  ['a file that nobody else may read', 'badFilemode', () => changed('ledger.yaml', '100600')],
  ['a file beside items with bits of its own', 'badFilemode', () => changed('CODEOWNERS', '107644')],
  ['a folder with bits of its own', 'badFilemode', () => changed('active', '40755')],
  ['a file with a zero in front', 'zeroPaddedFilemode', () => changed('ledger.yaml', '0100644')],
  ['a folder with a zero in front', 'zeroPaddedFilemode', () => changed('active', '040000')],
];
const ODD_LINES: Case[] = [
  [
    'an entry twice',
    'duplicateEntries',
    () =>
      all().flatMap((line) =>
        line.name === 'ledger.yaml' ? [line, { ...line, oid: the('CODEOWNERS').oid }] : [line],
      ),
  ],
  ['entries in another order', 'treeNotSorted', () => all().reverse()],
  [
    'a path for a name',
    'fullPathname',
    () =>
      added({
        mode: '100644',
        name: 'completed/2026-01/x02/WRK-20260103-0002.yaml',
        oid: the('ledger.yaml').oid,
      }),
  ],
  ['the name .', 'hasDot', () => added({ mode: '100644', name: '.', oid: the('CODEOWNERS').oid })],
  ['the name ..', 'hasDotdot', () => added({ mode: '100644', name: '..', oid: the('CODEOWNERS').oid })],
  ['git’s own name', 'hasDotgit', () => added({ mode: '100644', name: '.GIT', oid: the('CODEOWNERS').oid })],
  [
    'git’s own name on Windows',
    'hasDotgit',
    () => added({ mode: '100644', name: 'git~1 .', oid: the('CODEOWNERS').oid }),
  ],
  [
    'git’s own name on a Mac',
    'hasDotgit',
    () => added({ mode: '100644', name: '.g\u00e2\u0080\u008cit', oid: the('CODEOWNERS').oid }),
  ],
  ['a submodule without a commit', 'nullSha1', () => added({ mode: '160000', name: 'zz', oid: NOTHING })],
];

it('given trees that git would not have written, then each fault is the one that git finds, and in others there is none', async () => {
  const cases = [...ODD_MODES, ...ODD_LINES];
  const both: TreeLine[] = [
    { ...the('active'), mode: '040755', name: 'x' },
    { ...the('active'), mode: '40000', name: 'x.' },
    { ...plain(the('ledger.yaml')), name: 'x' },
  ];
  const trees = await Promise.all([...cases.map(([, , lines]) => lines()), all(), both].map(forged));
  const names = trees.map(({ bytes }) => nameObject({ type: 'tree', bytes }).oid);
  const found = trees.map(({ bytes }) => [...new Set(findFaults(bytes).map(({ fault }) => fault))].sort());
  expect(found.slice(0, cases.length)).toEqual(cases.map(([, fault]) => [fault]));
  expect(found[cases.length]).toEqual([]);
  const said = await gitSays(names);
  // Of two of one name that others stand between, git may see the order alone.
  expect(found.at(-1)).toEqual(expect.arrayContaining(said.at(-1) ?? []));
  expect(said.slice(0, -1)).toEqual(found.slice(0, -1));
});

describe.each(ODD_MODES)('given a transition that leaves %s', (_what, fault, lines) => {
  it('then verify and the hook find that alone, a clone goes on, and what it writes next is as git writes it', async () => {
    const { commit } = await forged(lines());
    const { findings } = await verifyLedger(store, commit);
    expect(findings).toMatchObject([{ rule: `tree:${fault}`, commit }]);
    expect(await refusedOn(parent, commit)).toBe(`tree:${fault}`);
    await moveTo(commit);
    expect(await ledger.query.find(FIRST)).toMatchObject({ comments: [{ body: 'hello' }] });
    await ledger.work.comment(FIRST, 'and again');
    const next = (await store.readRef(BRANCH)) ?? '';
    expect(await store.treeFaults(next, [])).toEqual([]);
    expect(await refusedOn(commit, next)).toBeUndefined();
    expect(await verifyLedger(store, next, { from: commit })).toMatchObject({ ok: true, commits: 1 });
  });
});

describe.each([...ODD_MODES, ...ODD_LINES])('given a ledger whose tree has %s', (_what, fault, lines) => {
  it('then verify and the hook find it, clones read on, and the doctor mends it by a commit that may stand', async () => {
    const { commit } = await forged(lines());
    const { findings } = await verifyLedger(store, commit);
    expect(findings.map(({ rule }) => rule)).toContain(`tree:${fault}`);
    expect(await refusedOn(parent, commit)).toBe(`tree:${fault}`);
    await moveTo(commit);
    expect(await ledger.query.find(FIRST)).toMatchObject({ title: 'First' });
    const { mends } = await examineTree(store, commit);
    expect(mends).toHaveLength(1);
    expect(mends[0]?.wrong).toContain(mends[0]?.kind === 'tree' ? fault : 'no file of the ledger');
    await repairTree(ledger);
    const mended = (await store.readRef(BRANCH)) ?? '';
    expect(await store.treeFaults(mended, [])).toEqual([]);
    expect(await verifyLedger(store, mended, { from: commit })).toMatchObject({ ok: true, commits: 1 });
    expect(await refusedOn(commit, mended)).toBeUndefined();
    expect((await examineTree(store, mended)).mends).toEqual([]);
    expect(await ledger.query.find(FIRST)).toMatchObject({ comments: [{ body: 'hello' }] });
  });
});

it('given an odd tree that is left as it is, when others go on, then it is found where it came in, and once', async () => {
  const { commit } = await forged(changed('CODEOWNERS', '100664'));
  const honest = (await objects.read(tip))?.bytes ?? new Uint8Array();
  const { tree } = {
    tree: /^tree (.*)$/m.exec(Buffer.from((await objects.read(commit))?.bytes ?? '').toString())?.[1],
  };
  const text = Buffer.from(honest)
    .toString()
    .replace(/^tree .*\nparent .*$/m, `tree ${tree}\nparent ${commit}`);
  const next = nameObject({ type: 'commit', bytes: Buffer.from(text) });
  await objects.write([next]);
  const { findings } = await verifyLedger(store, next.oid);
  expect(findings.filter(({ rule }) => rule.startsWith('tree'))).toMatchObject([{ commit }]);
});

it('given an odd tree, when it is read without git, then the same is found and the same is read', async () => {
  const other = await IsomorphicStore.open({ fs, gitdir: gitDir });
  for (const [, , lines] of [...ODD_MODES, ...ODD_LINES]) {
    const { commit } = await forged(lines());
    expect(await other.treeFaults(commit, [parent])).toEqual(await store.treeFaults(commit, [parent]));
    expect(await incoming.treeFaults(commit, [parent])).toEqual(await store.treeFaults(commit, [parent]));
    expect(await other.readTree(commit)).toEqual(await store.readTree(commit));
    expect(await other.diffTrees(parent, commit)).toEqual(await incoming.diffTrees(parent, commit));
  }
});

describe('given what is no plain file where one belongs', () => {
  it.each<[string, string, () => TreeLine[], string]>([
    ['settings that can be run', 'configure', () => changed('ledger.yaml', '100755'), 'settings'],
    ['settings that are a link', 'configure', () => changed('ledger.yaml', '120000'), 'settings'],
    ['settings that are a submodule', 'configure', () => changed('ledger.yaml', '160000'), 'settings'],
    ['a file beside items that can be run', 'item', () => changed('CODEOWNERS', '100755'), 'mode'],
    ['a file beside items that is a link', 'item', () => changed('CODEOWNERS', '120000'), 'mode'],
    ['a submodule beside items', 'item', () => changed('CODEOWNERS', '160000'), 'mode'],
    [
      'a file for the folder of items',
      'deleted',
      () =>
        [
          ...all().filter(({ name }) => name !== 'active'),
          { ...plain(the('CODEOWNERS')), name: 'active' },
        ].sort((a, b) => (a.name < b.name ? -1 : 1)),
      'quarantine',
    ],
    ['a submodule for the folder of items', 'deleted', () => changed('active', '160000'), 'quarantine'],
  ])(
    '%s: then verify and the hook find it, and the doctor mends it by commits that may stand',
    async (_what, rule, lines, kind) => {
      const { commit } = await forged(lines());
      const { findings } = await verifyLedger(store, commit);
      expect(findings.length).toBeGreaterThan(0);
      expect(await refusedOn(parent, commit)).toBe(findings[0]?.rule);
      expect(findings.map((one) => one.rule)).toContain(rule);
      await moveTo(commit);
      const { mends } = await examineTree(store, commit);
      expect(mends.map((mend) => mend.kind)).toContain(kind);
      await repairTree(ledger);
      const mended = (await store.readRef(BRANCH)) ?? '';
      expect(await verifyLedger(store, mended)).toMatchObject({ findings });
      expect(await refusedOn(commit, mended)).toBeUndefined();
      expect((await examineTree(store, mended)).mends).toEqual([]);
      expect(await ledger.query.find(FIRST)).toMatchObject({ title: 'First' });
    },
  );
});

it('given a commit under the name of a file, when a push is read, then that file is not there', async () => {
  expect(await incoming.readBlobs([tip], 1_000_000)).toEqual(new Map());
});
