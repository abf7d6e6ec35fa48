import { expect, test } from 'vitest';
import { encodeItem } from '../../src/codec/item.ts';
import { itemPath } from '../../src/codec/path.ts';
import type { WorkItem } from '../../src/domain/item.ts';
import { mergeFile } from '../../src/merge/merge-file.ts';
import { item } from './item.ts';

const BASE = item();
const PATH = itemPath(BASE.id, BASE.status);
const next = (change: Partial<WorkItem>, rev = 2): WorkItem => ({ ...BASE, rev, ...change }) as WorkItem;
const merge = (ours: WorkItem | string, theirs: WorkItem | string, path = PATH) =>
  mergeFile({ path, base: encodeItem(BASE), ours: bytes(ours), theirs: bytes(theirs) });
const bytes = (of: WorkItem | string): Buffer => (typeof of === 'string' ? Buffer.from(of) : encodeItem(of));

test('given a side that has all that the other did, when its file is merged, then it is taken byte for byte', () => {
  const more = next({ title: 'More', labels: ['x'] }, 3);
  const merged = merge(next({ labels: ['x'] }), more);
  expect(merged).toEqual({ kind: 'clean', bytes: encodeItem(more) });
});

test('given two claims, when the file is merged, then the conflict says who has it on each side and keeps both whole', () => {
  const [ours, theirs] = ['ada', 'bob'].map((owner) => next({ status: 'in_progress', owner, attempts: 1 }));
  const merged = merge(ours ?? BASE, theirs ?? BASE);
  expect(merged).toMatchObject({
    kind: 'conflict',
    message: `${BASE.id} was changed on both sides. ours: pending -> in_progress, rev 1 -> 2, owner ada, ${BASE.updated_at}; theirs: pending -> in_progress, rev 1 -> 2, owner bob, ${BASE.updated_at}. They cannot both stand: owner.`,
    hint: expect.stringContaining('wl resolve'),
  });
  expect(Buffer.from(merged.bytes).toString()).toBe(
    `<<<<<<< ours\n${bytes(ours ?? BASE)}=======\n${bytes(theirs ?? BASE)}>>>>>>> theirs\n`,
  );
});

test('given edits that go together, when the file is merged, then nothing is invented: it is a conflict that says so', () => {
  const merged = merge(next({ labels: ['x'] }), next({ labels: ['y'] }));
  expect(merged).toMatchObject({ kind: 'conflict', message: expect.stringContaining('They go together') });
});

test('given an item that one side completed, when git finds it moved, then what the other did is no less a conflict', () => {
  const done = next({ status: 'completed', owner: 'ada', completed_at: BASE.updated_at });
  const merged = merge(done, next({ labels: ['y'] }), itemPath(BASE.id, 'completed'));
  expect(merged.kind).toBe('conflict');
});

test('given a side that stands elsewhere, when the merge would put it at this path, then it is a conflict', () => {
  const done = next({ status: 'completed', owner: 'ada', completed_at: BASE.updated_at });
  expect(merge(done, `# moved\n${bytes(BASE)}`, itemPath(BASE.id, 'completed')).kind).toBe('clean');
  expect(merge(done, `# moved\n${bytes(BASE)}`).kind).toBe('conflict');
});

test('given a file that one side broke, when it is merged, then that side is named with what is wrong', () => {
  expect(merge('title: "', next({ labels: ['y'] }))).toMatchObject({
    kind: 'conflict',
    message: expect.stringMatching(/^WRK-20260103-0001 was changed on both sides, and ours cannot be read: /),
  });
});

test('given the settings, when both sides changed them, then it is a conflict', () => {
  const merged = merge('schema: 1\na: 1\n', 'schema: 1\na: 2', 'ledger.yaml');
  expect(merged).toMatchObject({ kind: 'conflict', message: 'ledger.yaml was changed on both sides' });
});
