import { LedgerError } from '../domain/errors.ts';
import { type NamedObject, nameObject, type ObjectSource } from './object-format.ts';

interface Signature {
  name: string;
  email: string;
  /** Seconds since 1970. */
  at: number;
}

export interface CommitParts {
  tree: string;
  parents: readonly string[];
  author: Signature;
  committer: Signature;
  message: string;
}

/** A commit in UTC, with the message as it is: the library would trim it. */
export function makeCommit({ tree, parents, author, committer, message }: CommitParts): NamedObject {
  const header = [
    `tree ${tree}`,
    ...parents.map((parent) => `parent ${parent}`),
    `author ${sign(author)}`,
    `committer ${sign(committer)}`,
  ];
  return nameObject({ type: 'commit', bytes: Buffer.from(`${header.join('\n')}\n\n${message}`) });
}

const sign = ({ name, email, at }: Signature): string => `${name} <${email}> ${at} +0000`;

/** What walking history needs of a commit. */
export interface CommitLinks {
  oid: string;
  tree: string;
  parents: readonly string[];
  committed_at: number;
}

/** @throws LedgerError `STORAGE_FAILED` where it is missing, damaged, or no commit */
export async function readCommitLinks(source: ObjectSource, oid: string): Promise<CommitLinks> {
  const object = await source.read(oid);
  if (object?.type !== 'commit') {
    throw new LedgerError('STORAGE_FAILED', `The repository has no commit ${oid}.`, { details: { oid } });
  }
  const text = Buffer.from(object.bytes).toString('latin1');
  const header = text.split('\n\n', 1)[0] ?? '';
  return {
    oid,
    tree: /^tree ([0-9a-f]{40})$/m.exec(header)?.[1] ?? '',
    parents: [...header.matchAll(/^parent ([0-9a-f]{40})$/gm)].map(([, parent = '']) => parent),
    committed_at: Number(/^committer .*> (-?\d+)/m.exec(header)?.[1] ?? 0),
  };
}
