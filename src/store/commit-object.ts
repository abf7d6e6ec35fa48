import type { CommitRecord, Identity } from './port.ts';

const PERSON = /^(.*?) ?<([^>]*)> (-?\d+)(?: [+-]\d{4})?$/;

/** Reads a commit object as git stores it. Continuation lines (signatures) are passed over. */
export function parseCommit(bytes: Uint8Array): Omit<CommitRecord, 'oid' | 'changes'> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  const split = text.indexOf('\n\n');
  const header = split < 0 ? text : text.slice(0, split);
  const parents: string[] = [];
  let author = person('');
  let committer = person('');
  for (const line of header.split('\n')) {
    const space = line.indexOf(' ');
    const value = line.slice(space + 1);
    if (line.startsWith('parent ')) parents.push(value);
    else if (line.startsWith('author ')) author = person(value);
    else if (line.startsWith('committer ')) committer = person(value);
  }
  return { parents, author, committer, message: split < 0 ? '' : text.slice(split + 2) };
}

function person(text: string): Identity & { at: number } {
  const [, name = '', email = '', at = '0'] = PERSON.exec(text) ?? [];
  return { name, email, at: Number(at) };
}
