import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FILE, FOLDER, TreeEdit, type TreeLine } from '../../../src/git/model/tree.ts';

const name = fc.stringMatching(/^[a-c.0\-\x80-\xff]{1,3}$/);
const line: fc.Arbitrary<TreeLine> = fc.record({
  name,
  mode: fc.constantFrom(FILE, FOLDER, '120000', '160000'),
  oid: fc.stringMatching(/^[0-9a-f]{40}$/),
});

/** A tree made from all its lines at once. */
function written(lines: Iterable<TreeLine>): Buffer {
  const key = ({ mode, name: own }: TreeLine): Buffer =>
    Buffer.from(mode === FOLDER ? `${own}/` : own, 'latin1');
  return Buffer.concat(
    [...lines]
      .sort((a, b) => key(a).compare(key(b)))
      .flatMap(({ mode, name: own, oid }) => [
        Buffer.from(`${Number(mode)} ${own}\0`, 'latin1'),
        Buffer.from(oid, 'hex'),
      ]),
  );
}

describe('editing a tree', () => {
  test('given any lines and any changes, when they are made, then the tree is as one that was made from all its lines', () => {
    const change = fc.oneof(line, name);
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.array(change)), (start, rounds) => {
        const lines = new Map(start.map((one) => [one.name, one]));
        const edit = new TreeEdit(written(lines.values()));
        for (const changes of rounds) {
          for (const one of changes) {
            if (typeof one === 'string') {
              edit.delete(one);
              lines.delete(one);
            } else {
              edit.set(one);
              lines.set(one.name, one);
            }
          }
          for (const [own, one] of lines) expect(edit.get(own)).toEqual(one);
          const tree = edit.write();
          const bytes = written(lines.values());
          expect(Buffer.from(tree.bytes).equals(bytes)).toBe(true);
          const sum = createHash('sha1').update(`tree ${bytes.length}\0`).update(bytes);
          expect(tree.oid).toBe(sum.digest('hex'));
        }
      }),
    );
  });

  test('given a tree that ends early, when it is looked into, then that is an error', () => {
    expect(() => new TreeEdit(Buffer.from('100644 a\0short')).get('a')).toThrow('A tree ends early.');
    expect(() => new TreeEdit(Buffer.from('100644')).write()).toThrow('A tree ends early.');
  });
});
