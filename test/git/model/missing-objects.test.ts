import { expect, test } from 'vitest';
import { makeCommit } from '../../../src/git/model/commit.ts';
import { missingObjects } from '../../../src/git/model/history.ts';
import { type GitObject, type NamedObject, nameObject } from '../../../src/git/model/object.ts';
import { TreeDraft } from '../../../src/store/build-commits.ts';

const WHO = { name: 'Ada', email: 'ada@example.invalid', at: 1_767_434_400 };

test('given a folder that comes back as it once was, when its history is sent, then all it holds goes along', async () => {
  const objects = new Map<string, GitObject>();
  const source = { read: async (oid: string) => objects.get(oid) };
  const keep = ({ oid, ...object }: NamedObject): string => {
    objects.set(oid, object);
    return oid;
  };
  const blob = (text: string): string => keep(nameObject({ type: 'blob', bytes: Buffer.from(text) }));
  const one = blob('one');
  const two = blob('two');
  const commits: string[] = [];
  let tree: string | undefined;
  const states: [string, string | undefined][] = [
    ['keep', two],
    ['a/b/one', one],
    ['a/b/two', two],
    ['a/b/two', undefined],
  ];
  for (const [path, oid] of states) {
    const draft = await TreeDraft.open(source, tree);
    await draft.set(path, oid);
    const written = draft.write();
    for (const made of written.made) keep(made);
    tree = written.tree;
    const parents = commits.slice(-1);
    commits.push(keep(makeCommit({ tree, parents, author: WHO, committer: WHO, message: path })));
  }
  const sent = await missingObjects(source, commits[3] ?? '', commits[0]);
  const needed = new Set(await missingObjects(source, commits[1] ?? '', undefined));
  for (const had of await missingObjects(source, commits[0] ?? '', undefined)) needed.delete(had);
  expect(sent).toEqual(expect.arrayContaining([...needed]));
});
