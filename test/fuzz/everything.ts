import type { GitObject } from '../../src/git/model/object.ts';
import type { Oid } from '../../src/store/port.ts';
import type { Corpus } from './corpus.ts';
import { Folder } from './folder.ts';

const known = new WeakMap<Corpus, Map<Oid, GitObject>>();

/** All that the good line of a corpus reaches. */
export function allOf(corpus: Corpus): Map<Oid, GitObject> {
  const all = known.get(corpus) ?? everything(corpus);
  known.set(corpus, all);
  return all;
}

function everything({ objects, line }: Corpus): Map<Oid, GitObject> {
  const all = new Map<Oid, GitObject>();
  const left = [...line];
  for (let oid = left.pop(); oid !== undefined; oid = left.pop()) {
    const object = objects.get(oid);
    if (object === undefined || all.has(oid)) continue;
    all.set(oid, object);
    if (object.type === 'commit')
      left.push(/^tree (\w+)/.exec(Buffer.from(object.bytes).toString('latin1'))?.[1] ?? '');
    if (object.type === 'tree') left.push(...Folder.read(objects, oid).lines.map((one) => one.oid));
  }
  return all;
}
