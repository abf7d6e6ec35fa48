import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { gitFailure, runGit } from './process/run.ts';

/** A commit to be made on the one before it. */
export interface ImportedCommit {
  message: string;
  author: Person;
  /** Seconds since 1970, UTC. */
  authored_at: number;
  committer: Person;
  committed_at: number;
  /** Without `bytes` the file is removed. */
  changes: readonly { path: string; bytes: Uint8Array | undefined }[];
}

interface Person {
  name: string;
  email: string;
}

/** A name that the stream needs for what it makes. It is let go of at the end of the stream, so no ref comes of it. */
const SCRATCH = 'refs/work-ledger/tmp/import';

/** Makes the drafts one after another on `base` by one `git fast-import`, durably and under no ref: their names, in order. */
export async function importCommits(
  gitDir: string,
  base: string | undefined,
  drafts: readonly ImportedCommit[],
): Promise<string[]> {
  const result = await runGit({
    // A pack of any size: git would take a small one apart, and wait for the disk once for each object.
    args: ['--git-dir', gitDir, '-c', 'fastimport.unpackLimit=1', 'fast-import', '--quiet', '--done'],
    cwd: gitDir,
    input: encodeImport(base, drafts),
  });
  // What it says of its end is in its words; the report beside it would stay for ever.
  const report = /dumping crash report to (.+)/.exec(result.stderr)?.[1];
  if (report !== undefined) rmSync(resolve(gitDir, report), { force: true });
  if (result.code !== 0) throw gitFailure('the commit', result);
  return result.stdout
    .toString()
    .split('\n')
    .filter((line) => line !== '');
}

/** The stream asks for each commit's name as it is made. */
function encodeImport(base: string | undefined, drafts: readonly ImportedCommit[]): Buffer {
  const parts: (string | Uint8Array)[] = ['feature done\n'];
  drafts.forEach((draft, index) => {
    const mark = index + 1;
    const message = Buffer.from(draft.message);
    parts.push(
      `commit ${SCRATCH}\nmark :${mark}\n`,
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
  parts.push(`reset ${SCRATCH}\n\ndone\n`);
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}

const person = ({ name, email }: Person, at: number): string => `${name} <${email}> ${at} +0000`;
