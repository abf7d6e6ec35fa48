import { expect, test } from 'vitest';
import type { WorkId } from '../../src/domain/ids.ts';
import type { IndexView } from '../../src/projection/index-view.ts';
import { type DependencyNode, dependencyTree } from '../../src/query/tree.ts';
import { idOf } from '../helpers/fake-view.ts';

/** A view of items that have dependencies and nothing else. */
const viewOf = (edges: ReadonlyMap<WorkId, readonly WorkId[]>): IndexView =>
  ({
    statusOf: (id: WorkId) => (edges.has(id) ? 'pending' : undefined),
    find: (id: WorkId) => (edges.has(id) ? { id, dependencies: edges.get(id) } : undefined),
  }) as unknown as IndexView;

function* nodesOf(root: DependencyNode): Generator<DependencyNode> {
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    yield node;
    open.push(...node.dependencies);
  }
}

test('given a chain of many thousand items, when its tree is asked for, then it is cut, and says where to go on', () => {
  const chain = new Map(Array.from({ length: 9_000 }, (_, at) => [idOf(at + 1), at === 0 ? [] : [idOf(at)]]));
  const nodes = [...nodesOf(dependencyTree(viewOf(chain), idOf(9_000)))];
  expect(nodes.length).toBe(100);
  expect(nodes.at(-1)).toMatchObject({ id: idOf(8_901), cut: true, dependencies: [] });
  expect(nodes.filter(({ cut }) => cut)).toHaveLength(1);
  expect(() => JSON.stringify(nodes[0])).not.toThrow();
});

test('given a graph in which all depend on all before them, when its tree is asked for, then it has a bound', () => {
  const ids = Array.from({ length: 400 }, (_, at) => idOf(at + 1));
  const dense = new Map(ids.map((id, at) => [id, ids.slice(0, at)]));
  const nodes = [...nodesOf(dependencyTree(viewOf(dense), ids.at(-1) ?? ''))];
  expect(nodes.length).toBeLessThanOrEqual(10_000);
  expect(nodes.some(({ cut }) => cut)).toBe(true);
});

test('given what stands in it twice, when its tree is asked for, then it is unfolded where it comes first', () => {
  const [a, b, c, d] = [idOf(1), idOf(2), idOf(3), idOf(4)];
  const edges = new Map([
    [a, [b, c]],
    [b, [c]],
    [c, [d]],
    [d, []],
  ]);
  const tree = dependencyTree(viewOf(edges), a);
  const [first, second] = tree.dependencies;
  expect(first?.dependencies).toMatchObject([{ id: c, repeated: false, dependencies: [{ id: d }] }]);
  expect(second).toMatchObject({ id: c, repeated: true, dependencies: [] });
});
