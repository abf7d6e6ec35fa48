import { expect, test } from 'vitest';
import { type BrokenItem, type BrokenTree, planRepairs } from '../../src/doctor/plan-repairs.ts';

const ID = 'WRK-20260103-0001';
const ACTIVE = `active/2026-01/x01/${ID}.yaml`;
const DONE = `completed/2026-01/x01/${ID}.yaml`;
const GOOD = 'a'.repeat(40);
const OTHER = 'b'.repeat(40);
const file = (path: string, oid = OTHER, mode = '100644') => ({ path, oid, mode });
const broken = (good: BrokenItem['good']): BrokenItem => ({ id: ID, wrong: 'it cannot be read', good });
const AT_ACTIVE = { path: ACTIVE, oid: GOOD, rev: 3 };
const plan = (tree: Partial<BrokenTree>) =>
  planRepairs({ entries: [], items: [], settings: undefined, faults: [], ...tree });

test('given a damaged item, when it is planned, then its last whole file is put back', () => {
  const [mend, ...more] = plan({ entries: [file(ACTIVE)], items: [broken(AT_ACTIVE)] });
  expect(more).toEqual([]);
  expect(mend).toMatchObject({ kind: 'restore', id: ID, files: [{ path: ACTIVE, blob: GOOD }] });
});

test('given an item in two places, when it is planned, then one stays', () => {
  const entries = [file(ACTIVE, GOOD), file(DONE)];
  const [mend] = plan({ entries, items: [broken(AT_ACTIVE)] });
  expect(mend?.files).toEqual([
    { path: ACTIVE, blob: GOOD },
    { path: DONE, blob: undefined },
  ]);
});

test('given an item whose file was moved, when it is planned, then it is moved back and not kept twice', () => {
  const mends = plan({ entries: [file(`notes/${ID}.yaml`, GOOD)], items: [broken(AT_ACTIVE)] });
  expect(mends).toMatchObject([
    {
      kind: 'move',
      files: [
        { path: ACTIVE, blob: GOOD },
        { path: `notes/${ID}.yaml`, blob: undefined },
      ],
    },
  ]);
});

test('given a file that was moved and changed, when it is planned, then the item is put back and the file goes to quarantine', () => {
  const mends = plan({ entries: [file(`notes/${ID}.yaml`)], items: [broken(AT_ACTIVE)] });
  expect(mends.map(({ kind }) => kind)).toEqual(['restore', 'quarantine']);
});

test('given an item that never was whole, when it is planned, then what is there goes to quarantine', () => {
  const [mend] = plan({ entries: [file(ACTIVE)], items: [broken(undefined)] });
  expect(mend).toMatchObject({
    kind: 'quarantine',
    files: [
      { path: ACTIVE, blob: undefined },
      { path: `quarantine/${ACTIVE}`, blob: OTHER },
    ],
  });
});

test('given files that are none of the ledger’s, when they are planned, then each goes to quarantine, and what may be there stays', () => {
  const entries = ['README.md', 'policy/allowed_signers', 'quarantine/old', 'notes.txt'].map((path) =>
    file(path),
  );
  expect(plan({ entries }).map(({ path }) => path)).toEqual(['notes.txt']);
});

test('given a name that quarantine has already, or that no git would take, when it is planned, then another is found', () => {
  const entries = [file('quarantine/a'), file('a'), file('../.git/config'), file('..\\x')];
  const places = plan({ entries }).map(({ files }) => files[1]?.path);
  expect(places).toEqual([
    `quarantine/a-${OTHER.slice(0, 12)}`,
    'quarantine/___/__git/config',
    'quarantine/.._x',
  ]);
});

test('given a link or a submodule, when it is planned, then it goes and nothing takes its place', () => {
  const entries = [file('link', OTHER, '120000'), file('module', OTHER, '160000')];
  expect(plan({ entries }).map(({ files }) => files)).toEqual([
    [{ path: 'link', blob: undefined }],
    [{ path: 'module', blob: undefined }],
  ]);
});

test('given settings that cannot be read, when it is planned, then they are mended first', () => {
  const mends = plan({ entries: [file('notes.txt')], settings: GOOD });
  expect(mends.map(({ path }) => path)).toEqual(['ledger.yaml', 'notes.txt']);
});
