import { spawn } from 'node:child_process';
import { NativeStore } from '../../src/store/native.ts';
import type { Oid } from '../../src/store/port.ts';
import { isolatedEnv } from '../helpers/temp-repo.ts';
import { BRANCH } from './ledgers.ts';

export interface ForgedFile {
  path: string;
  /** `undefined` removes the file. */
  text: string | Buffer | undefined;
  mode?: string;
}

/** A commit as anyone with git can make it. */
export interface ForgedCommit {
  message: string;
  author: string;
  /** Seconds. */
  at: number;
  files: readonly ForgedFile[];
  /** Places in the list; the one before where left out, none for a root. */
  parents?: readonly number[];
  /** The committer's date, in seconds. */
  committed?: number;
}

/** The ledger of a repository, as a list to be tampered with. */
export async function readHistory(gitDir: string): Promise<ForgedCommit[]> {
  const store = new NativeStore(gitDir);
  const found: ForgedCommit[] = [];
  for await (const record of store.commits({ to: (await store.readRef(BRANCH)) ?? '' })) {
    const after = record.changes.flatMap((change) => change.after?.oid ?? []);
    const blobs = await store.readBlobs(after, 10_000_000);
    const files = record.changes.map(({ path, after: file }) => {
      const blob = blobs.get(file?.oid ?? '');
      return { path, text: blob?.kind === 'bytes' ? Buffer.from(blob.bytes).toString() : undefined };
    });
    found.push({ message: record.message, author: record.author.name, at: record.author.at, files });
  }
  await store.close();
  return found;
}

let forged = 0;

/** Writes a history by `git fast-import`. @returns its tip */
export async function writeHistory(gitDir: string, commits: readonly ForgedCommit[]): Promise<Oid> {
  forged += 1;
  const ref = `refs/heads/forged-${process.pid}-${forged}`;
  const parts: (string | Buffer)[] = ['feature done\n'];
  commits.forEach(({ message, author, at, files, parents, committed = 1_767_438_000 }, index) => {
    const [first, ...others] = parents ?? (index === 0 ? [] : [index - 1]);
    if (first === undefined && index > 0) parts.push(`reset ${ref}\n`);
    parts.push(`commit ${ref}\nmark :${index + 1}\nauthor ${author} <a@example.invalid> ${at} +0000\n`);
    parts.push(`committer Test <test@example.invalid> ${committed} +0000\n`, ...data(message));
    if (first !== undefined) parts.push(`from :${first + 1}\n`);
    for (const other of others) parts.push(`merge :${other + 1}\n`);
    for (const { path, text, mode = '100644' } of files) {
      if (text === undefined) parts.push(`D ${path}\n`);
      else parts.push(`M ${mode} inline ${path}\n`, ...data(text));
    }
  });
  parts.push(`get-mark :${commits.length}\ndone\n`);
  const input = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return (await fastImport(gitDir, input)).trim();
}

function data(content: string | Buffer): (string | Buffer)[] {
  return [`data ${Buffer.byteLength(content)}\n`, Buffer.from(content), '\n'];
}

function fastImport(gitDir: string, input: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['--git-dir', gitDir, 'fast-import', '--quiet', '--done', '--force'], {
      env: isolatedEnv(),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(output) : reject(new Error(`fast-import: ${code}`))));
    child.stdin.end(input);
  });
}

/** History up to the first commit whose message begins with `start`, and that commit changed by `tamper`. */
export function forge(
  history: readonly ForgedCommit[],
  start: string,
  tamper: (commit: ForgedCommit) => Partial<ForgedCommit>,
): ForgedCommit[] {
  const index = history.findIndex(({ message }) => message.startsWith(start));
  const commit = history[index];
  if (commit === undefined) throw new Error(`no commit begins with ${start}`);
  return [...history.slice(0, index), { ...commit, ...tamper(commit) }];
}

/** Replaces in the one file that a commit writes. */
export function inFile(commit: ForgedCommit, from: string | RegExp, to: string): Pick<ForgedCommit, 'files'> {
  return {
    files: commit.files.map((file) =>
      typeof file.text === 'string' ? { ...file, text: replaced(file.text, from, to) } : file,
    ),
  };
}

/** Replaces in a commit's message. */
export function inMessage(
  commit: ForgedCommit,
  from: string | RegExp,
  to: string,
): Pick<ForgedCommit, 'message'> {
  return { message: replaced(commit.message, from, to) };
}

function replaced(text: string, from: string | RegExp, to: string): string {
  const next = text.replace(from, to);
  if (next === text) throw new Error(`${from} does not occur in ${text}`);
  return next;
}
