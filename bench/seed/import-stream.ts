import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { CommitDraft, Identity } from '../../src/store/port.ts';
import { benchEnvironment } from '../workspace.ts';

/** Commits that are written at once: some hundred KiB. */
const CHUNK = 200;

/** Streams commits into one `git fast-import`, which makes `ref` of a bare repository. Memory does not grow with their number. */
export async function importHistory(
  gitDir: string,
  ref: string,
  drafts: Iterable<CommitDraft>,
): Promise<void> {
  // Quick to write; what is left is packed well afterwards.
  const args = [
    '--git-dir',
    gitDir,
    '-c',
    'core.compression=1',
    'fast-import',
    '--quiet',
    '--done',
    '--depth=50',
  ];
  const git = spawn('git', args, { env: benchEnvironment(), stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = once(git, 'close') as Promise<[number | null]>;
  // Git may end before it has read everything; its exit code tells that better than a broken pipe.
  git.stdin.on('error', () => undefined);
  let parts: Uint8Array[] = [];
  for (const draft of drafts) {
    parts.push(encodeCommit(ref, draft));
    if (parts.length < CHUNK) continue;
    if (!git.stdin.write(Buffer.concat(parts))) await Promise.race([once(git.stdin, 'drain'), ended]);
    if (git.exitCode !== null) break;
    parts = [];
  }
  git.stdin.end(Buffer.concat([...parts, Buffer.from('done\n')]));
  const [code] = await ended;
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`);
}

function encodeCommit(ref: string, draft: CommitDraft): Buffer {
  const message = Buffer.from(draft.message);
  const head = [
    `commit ${ref}`,
    `author ${person(draft.author, draft.authored_at)}`,
    `committer ${person(draft.committer, draft.committed_at)}`,
    `data ${message.length}\n`,
  ].join('\n');
  const files = draft.changes.flatMap(({ path, bytes }) =>
    bytes === undefined
      ? [Buffer.from(`D ${path}\n`)]
      : [Buffer.from(`M 100644 inline ${path}\ndata ${bytes.length}\n`), bytes, Buffer.from('\n')],
  );
  return Buffer.concat([Buffer.from(head), message, Buffer.from('\n'), ...files]);
}

const person = ({ name, email }: Identity, at: number): string => `${name} <${email}> ${at} +0000`;
