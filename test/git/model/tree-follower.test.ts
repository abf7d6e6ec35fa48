import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type NamedObject, nameObject, type ObjectSource } from '../../../src/git/model/object.ts';
import { FILE } from '../../../src/git/model/tree.ts';
import { TreeFollower } from '../../../src/git/model/tree-follower.ts';
import { diffTrees } from '../../../src/git/model/tree-walk.ts';
import { TreeDraft } from '../../../src/store/build-commits.ts';

const objects = new Map<string, NamedObject>();
const source: ObjectSource = { read: async (oid) => objects.get(oid) };
const keep = (object: NamedObject): string => {
  objects.set(object.oid, object);
  return object.oid;
};
const blob = (text: string): string => keep(nameObject({ type: 'blob', bytes: Buffer.from(text) }));

/** The tree after these changes, made file by file; `undefined` removes one. */
async function treeAfter(tree: string, changes: Iterable<[string, string | undefined]>): Promise<string> {
  const draft = await TreeDraft.open(source, tree);
  for (const [path, text] of changes) await draft.set(path, text === undefined ? undefined : blob(text));
  const written = draft.write();
  for (const made of written.made) keep(made);
  return written.tree;
}

const EMPTY = keep(nameObject({ type: 'tree', bytes: new Uint8Array() }));

const path = fc.stringMatching(/^(?:[ab]\/){0,2}[cde-]{1,2}$/);
const text = fc.stringMatching(/^[xyz]{1,3}$/);

describe('given trees in a row', () => {
  test('when each has what is said of it and nothing else, then its changes are told as by comparing the two', async () => {
    const step = fc.record({
      gone: fc.uniqueArray(path, { maxLength: 3 }),
      left: fc.option(fc.tuple(path, text), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(path, text)), fc.array(step), async (start, steps) => {
        let tree = await treeAfter(EMPTY, start);
        const follower = await TreeFollower.at(source, tree);
        for (const { gone, left } of steps) {
          const others = gone.filter((one) => one !== left?.[0]);
          const next = await treeAfter(tree, [
            ...others.map((one): [string, undefined] => [one, undefined]),
            ...(left === undefined ? [] : [left]),
          ]);
          const file = left && { path: left[0], oid: blob(left[1]) };
          const told = await follower?.follow(next, { gone: others, left: file });
          const compared = await diffTrees(source, tree, next);
          const isSame = compared.every(({ path: one }) => others.includes(one) || one === left?.[0]);
          // What cannot be told is not told: a file in the way of a folder, or one that was there as it is.
          if (told === undefined) return;
          expect(isSame).toBe(true);
          expect(told).toEqual(compared);
          tree = next;
        }
      }),
    );
  });

  test('when one changed something beside what is said of it, then nothing is told', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(path, text)), path, text, path, async (start, left, now, other) => {
        fc.pre(!left.startsWith(other) && !other.startsWith(left));
        const tree = await treeAfter(EMPTY, start);
        const said = await treeAfter(tree, [[left, now]]);
        const next = await treeAfter(said, [[other, 'beside']]);
        fc.pre(next !== said);
        const follower = await TreeFollower.at(source, tree);
        const told = await follower?.follow(next, { gone: [], left: { path: left, oid: blob(now) } });
        expect(told).toBeUndefined();
      }),
    );
  });

  test('when a folder of them is emptied and another one made, then both are told', async () => {
    const tree = await treeAfter(EMPTY, [
      ['a/b/c', 'x'],
      ['d', 'x'],
    ]);
    const next = await treeAfter(tree, [
      ['a/b/c', undefined],
      ['b/b/c', 'y'],
    ]);
    const follower = await TreeFollower.at(source, tree);
    const left = { path: 'b/b/c', oid: blob('y') };
    expect(await follower?.follow(next, { gone: ['a/b/c'], left })).toEqual([
      { path: 'a/b/c', before: { mode: FILE, oid: blob('x') }, after: undefined },
      { path: 'b/b/c', before: undefined, after: { mode: FILE, oid: blob('y') } },
    ]);
  });

  test('when a name comes that some file system takes for another one, then nothing is told', async () => {
    const tree = await treeAfter(EMPTY, [['a/c', 'x']]);
    const next = await treeAfter(tree, [['a/C', 'y']]);
    const follower = await TreeFollower.at(source, tree);
    expect(await follower?.follow(next, { gone: [], left: { path: 'a/C', oid: blob('y') } })).toBeUndefined();
  });

  test('when the first is not as git writes one, then they are not followed', async () => {
    const line = Buffer.concat([Buffer.from('100664 a\0'), Buffer.from(blob('x'), 'hex')]);
    const odd = keep(nameObject({ type: 'tree', bytes: line }));
    expect(await TreeFollower.at(source, odd)).toBeUndefined();
    const above = Buffer.concat([Buffer.from('40000 f\0'), Buffer.from(odd, 'hex')]);
    const follower = await TreeFollower.at(source, keep(nameObject({ type: 'tree', bytes: above })));
    expect(await follower?.follow(odd, { gone: [], left: { path: 'f/a', oid: blob('y') } })).toBeUndefined();
  });
});
