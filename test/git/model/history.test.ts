import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeCommit } from '../../../src/git/model/commit.ts';
import { compareHistories, newestFirst } from '../../../src/git/model/history.ts';
import type { GitObject, ObjectSource } from '../../../src/git/model/object.ts';

const TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** Commits given by the places of their parents before them, and the times of their committers. */
class Graph implements ObjectSource {
  readonly oids: string[] = [];
  readonly #objects = new Map<string, GitObject>();
  readonly #parents = new Map<string, string[]>();
  reads = 0;

  constructor(commits: readonly { parents: readonly number[]; at: number }[]) {
    for (const [n, { parents, at }] of commits.entries()) {
      const names = [...new Set(parents)].flatMap((place) => this.oids[place] ?? []);
      const who = { name: 'a', email: 'a', at };
      const made = makeCommit({ tree: TREE, parents: names, author: who, committer: who, message: `${n}` });
      this.oids.push(made.oid);
      this.#objects.set(made.oid, made);
      this.#parents.set(made.oid, names);
    }
  }

  async read(oid: string): Promise<GitObject | undefined> {
    this.reads += 1;
    return this.#objects.get(oid);
  }

  reach(oid: string): Set<string> {
    const found = new Set([oid]);
    for (const one of found) for (const parent of this.#parents.get(one) ?? []) found.add(parent);
    return found;
  }

  /** Common ancestors that no other common ancestor reaches. */
  bases(left: string, right: string): string[] {
    const common = [...this.reach(left)].filter((oid) => this.reach(right).has(oid));
    return common.filter((oid) => !common.some((other) => other !== oid && this.reach(other).has(oid)));
  }
}

/** Any graph, with clocks that run forward. */
const graphs = fc
  .array(fc.array(fc.nat(20), { maxLength: 3 }), { minLength: 2, maxLength: 20 })
  .map(
    (all) => new Graph(all.map((parents, n) => ({ parents: parents.filter((place) => place < n), at: n }))),
  );

/** Two lines from one trunk, with clocks that run as they like. */
const forks = fc
  .record({
    trunk: fc.array(fc.nat(50), { minLength: 1 }),
    left: fc.array(fc.nat(50)),
    right: fc.array(fc.nat(50)),
  })
  .map(({ trunk, left, right }) => {
    const line = (times: number[], from: number, start: number) =>
      times.map((at, n) => ({ parents: n === 0 ? (from < 0 ? [] : [from]) : [start + n - 1], at }));
    const end = trunk.length - 1;
    const afterLeft = trunk.length + left.length;
    const graph = new Graph([
      ...line(trunk, -1, 0),
      ...line(left, end, trunk.length),
      ...line(right, end, afterLeft),
    ]);
    const at = (place: number): string => graph.oids[place] ?? '';
    return {
      graph,
      left: at(left.length ? afterLeft - 1 : end),
      right: at(right.length ? graph.oids.length - 1 : end),
    };
  });

async function expectRight(graph: Graph, left: string, right: string): Promise<void> {
  const { bases, onlyLeft } = await compareHistories(graph, left, right);
  expect(bases.toSorted()).toEqual(graph.bases(left, right).toSorted());
  const expected = [...graph.reach(left)].filter((oid) => !graph.reach(right).has(oid));
  expect([...onlyLeft.keys()].toSorted()).toEqual(expected.toSorted());
}

describe('comparing histories', () => {
  test('given any graph and clocks that run forward, when two commits are compared, then bases and differences are right', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, fc.nat(), fc.nat(), async (graph, a, b) => {
        const at = (place: number): string => graph.oids[place % graph.oids.length] ?? '';
        await expectRight(graph, at(a), at(b));
      }),
    );
  });

  test('given lines that fork and clocks that run as they like, when their tips are compared, then the answer is right', async () => {
    await fc.assert(fc.asyncProperty(forks, ({ graph, left, right }) => expectRight(graph, left, right)));
  });

  test('given any graph, when its history is read, then each commit comes once, and children before their parents', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, async (graph) => {
        const to = graph.oids.at(-1) ?? '';
        const order: string[] = [];
        for await (const commit of newestFirst(graph, { to, from: undefined, since: undefined })) {
          for (const parent of commit.parents) expect(order).not.toContain(parent);
          order.push(commit.oid);
        }
        expect(order.toSorted()).toEqual([...graph.reach(to)].toSorted());
      }),
    );
  });

  test('given a long line, when its tip is compared with a commit close by, then the rest is not read', async () => {
    const graph = new Graph(
      Array.from({ length: 1_000 }, (_, n) => ({ parents: n === 0 ? [] : [n - 1], at: n })),
    );
    await compareHistories(graph, graph.oids.at(-1) ?? '', graph.oids.at(-5) ?? '');
    expect(graph.reads).toBeLessThan(10);
  });
});
