import { diffTrees } from '../../src/git/model/tree-walk.ts';
import type { Oid } from '../../src/store/port.ts';
import { Folder, treeOf } from './folder.ts';
import type { FuzzObjects } from './objects.ts';
import { sign } from './signatures.ts';

/** A file that a commit sets, or takes away. */
export interface FileEdit {
  path: string;
  mode: string;
  /** A byte in each character; `undefined` takes the file away. */
  text: string | undefined;
}

/** A parent: another draft of the case by its place, or a commit that is there. */
export type Parent = number | Oid;

/** A commit that is still to be made, part by part, so that each part can be bent. All text has a byte in each character. */
export interface Draft {
  parents: Parent[];
  files: FileEdit[];
  /** What is done to its trees after the files, on the bytes. */
  bends: ((root: Folder) => void)[];
  /** Lines between `parent` and the message: `author`, `committer`, others. */
  headers: string[];
  message: string;
  /** Who signs it. */
  signer: string | undefined;
  /** What is done to the whole commit at the end. */
  twists: ((commit: string) => string)[];
}

export const latin = (text: string): string => Buffer.from(text).toString('latin1');
export const unlatin = (bytes: string): string => Buffer.from(bytes, 'latin1').toString();

/** A commit that is there, as a draft. */
export async function draftOf(objects: FuzzObjects, oid: Oid): Promise<Draft> {
  const [head = '', ...rest] = Buffer.from(objects.get(oid)?.bytes ?? [])
    .toString('latin1')
    .split('\n\n');
  const lines = head.split('\n');
  const parents = lines.flatMap((line) => (line.startsWith('parent ') ? [line.slice(7)] : []));
  const trees = [parents[0], oid].map((commit) => commit && treeOf(objects, commit));
  const changes = await diffTrees(objects, trees[0], trees[1]);
  const files = changes.map(({ path, after }): FileEdit => {
    const bytes = after && objects.get(after.oid)?.bytes;
    return {
      path: latin(path),
      mode: after?.mode.replace(/^0/, '') ?? '100644',
      text: bytes && Buffer.from(bytes).toString('latin1'),
    };
  });
  return {
    parents,
    files,
    bends: [],
    headers: lines.filter((line) => !/^(?:tree|parent) /.test(line)),
    message: rest.join('\n\n'),
    signer: undefined,
    twists: [],
  };
}

/** A copy that can be bent without harm to this one. */
export const copyOf = (draft: Draft): Draft => ({
  ...draft,
  parents: [...draft.parents],
  files: draft.files.map((file) => ({ ...file })),
  bends: [...draft.bends],
  headers: [...draft.headers],
  twists: [...draft.twists],
});

/** Makes the drafts in order. @param signing how a commit gets its signature */
export function makeCommits(
  objects: FuzzObjects,
  drafts: readonly Draft[],
  signing: typeof sign = sign,
): Oid[] {
  const made: Oid[] = [];
  for (const draft of drafts) {
    const parents = draft.parents.flatMap((parent) =>
      typeof parent === 'string' ? parent : (made[parent] ?? []),
    );
    const root = Folder.read(objects, parents[0] && treeOf(objects, parents[0]));
    for (const { path, mode, text } of draft.files)
      root.set(
        path,
        text === undefined ? undefined : { mode, oid: objects.add('blob', Buffer.from(text, 'latin1')) },
      );
    for (const bend of draft.bends) bend(root);
    const head = [`tree ${root.write()}`, ...parents.map((parent) => `parent ${parent}`), ...draft.headers];
    const commit = signing(`${head.join('\n')}\n\n${draft.message}`, draft.signer);
    const twisted = draft.twists.reduce((text, twist) => twist(text), commit);
    made.push(objects.add('commit', Buffer.from(twisted, 'latin1')));
  }
  return made;
}
