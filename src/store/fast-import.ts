import type { CommitDraft, Identity, Oid } from './port.ts';

/** The stream that makes `drafts` one after another on `base` and points `ref` at the last; it asks for each commit's name. */
export function encodeImport(ref: string, base: Oid | undefined, drafts: readonly CommitDraft[]): Buffer {
  const parts: (string | Uint8Array)[] = ['feature done\n'];
  drafts.forEach((draft, index) => {
    const mark = index + 1;
    const message = Buffer.from(draft.message);
    parts.push(
      `commit ${ref}\nmark :${mark}\n`,
      `author ${person(draft.author, draft.authored_at)}\n`,
      `committer ${person(draft.committer, draft.committed_at)}\n`,
      `data ${message.length}\n`,
      message,
      '\n',
    );
    if (index === 0 && base !== undefined) parts.push(`from ${base}\n`);
    for (const { path, bytes } of draft.changes) {
      if (bytes === undefined) parts.push(`D ${path}\n`);
      else parts.push(`M 100644 inline ${path}\ndata ${bytes.length}\n`, bytes, '\n');
    }
    parts.push(`get-mark :${mark}\n`);
  });
  parts.push('done\n');
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}

const person = ({ name, email }: Identity, at: number): string => `${name} <${email}> ${at} +0000`;

/** The commits' names, in order. */
export const readMarks = (stdout: Buffer): Oid[] =>
  stdout
    .toString()
    .split('\n')
    .filter((line) => line !== '');
