import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { LedgerError } from '../domain/errors.ts';
import { compareHistories, oldestFirst } from '../git/ancestry.ts';
import { CatFile } from '../git/cat-file.ts';
import { readCommitLinks } from '../git/commit-format.ts';
import { type GitObject, isObjectType, type ObjectSource } from '../git/object-format.ts';
import { RecentObjects } from '../git/recent-objects.ts';
import { type GitResult, gitFailure, runGit } from '../git/run.ts';
import { diffTrees } from '../git/tree-walk.ts';
import { parseCommit } from './commit-object.ts';
import { encodeImport, readMarks } from './fast-import.ts';
import { listCommits, listCommitsNewest } from './native-log.ts';
import type {
  BlobContent,
  CommitQuery,
  CommitRecord,
  CommitRequest,
  CommitResult,
  LedgerStore,
  Oid,
  TreeChange,
  TreeEntry,
} from './port.ts';

const ZERO = '0'.repeat(40);
const SCRATCH = 'refs/work-ledger/tmp';
/** Another process holds a ref's lock for a few milliseconds at most; each try waits 100 by itself. */
const REF_LOCK_TRIES = 20;

/**
 * The store of a clone on disk, by git itself: reading through two helpers that stay, writing through one `fast-import` for
 * each commit or run of commits.
 */
export class NativeStore implements LedgerStore, ObjectSource {
  readonly shared = true;
  readonly #gitDir: string;
  readonly #contents: CatFile;
  readonly #names: CatFile;
  readonly #recent = new RecentObjects();

  constructor(gitDir: string) {
    this.#gitDir = gitDir;
    this.#contents = new CatFile(gitDir, 'contents');
    this.#names = new CatFile(gitDir, 'names');
  }

  async readRef(ref: string): Promise<Oid | undefined> {
    return (await this.#names.ask(ref))?.oid;
  }

  /** An object of any kind, whole. */
  async read(oid: Oid): Promise<GitObject | undefined> {
    const recent = this.#recent.get(oid);
    if (recent !== undefined) return recent;
    const answer = await this.#contents.ask(oid);
    if (answer === undefined || !isObjectType(answer.type)) return undefined;
    const object = { type: answer.type, bytes: answer.bytes };
    this.#recent.add(oid, object);
    return object;
  }

  async listRefs(prefix: string): Promise<{ ref: string; oid: Oid }[]> {
    const pattern = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
    const args = ['for-each-ref', '--format=%(objectname) %(refname)', '--end-of-options', pattern];
    const { stdout } = await this.#git('reading refs', args);
    return lines(stdout)
      .map((line) => ({ ref: line.slice(41), oid: line.slice(0, 40) }))
      .filter(({ ref }) => ref.startsWith(prefix));
  }

  async commit({ ref, expected, base, drafts }: CommitRequest): Promise<CommitResult> {
    if ((await this.readRef(ref)) !== expected) return this.#moved(ref);
    if (drafts.length === 0) {
      if (base === undefined) throw new LedgerError('INTERNAL', 'A commit without drafts needs a base.');
      return (await this.moveRef(ref, expected, base))
        ? { kind: 'committed', tip: base, oids: [] }
        : this.#moved(ref);
    }
    if (base === expected) return this.#append(ref, base, drafts);
    return this.#rebuild({ ref, expected, base, drafts });
  }

  /** `fast-import` moves the ref itself, and only by fast-forward from what it finds there. */
  async #append(ref: string, base: Oid | undefined, drafts: CommitRequest['drafts']): Promise<CommitResult> {
    for (let attempt = 0; ; attempt += 1) {
      const result = await this.#import(encodeImport(ref, base, drafts));
      if (result.code === 0) return committed(readMarks(result.stdout));
      if (/not updating|does not contain/i.test(result.stderr)) return this.#moved(ref);
      if ((await this.readRef(ref)) !== base)
        return (await this.#landed(ref, base, drafts)) ?? this.#moved(ref);
      if (!isRefLocked(result)) throw gitFailure('the commit', result);
      if (attempt >= REF_LOCK_TRIES) throw stillLocked(result);
      await pause();
    }
  }

  /** A `fast-import` that was killed may have moved the ref before: then its commits stand, and must not be made again. */
  async #landed(
    ref: string,
    base: Oid | undefined,
    drafts: CommitRequest['drafts'],
  ): Promise<CommitResult | undefined> {
    const tip = await this.readRef(ref);
    if (tip === undefined) return undefined;
    const oids: Oid[] = [];
    for await (const { oid, message } of this.commits({ from: base, to: tip })) {
      if (message !== drafts[oids.length]?.message) return undefined;
      oids.push(oid);
      if (oids.length === drafts.length) return committed(oids);
    }
    return undefined;
  }

  /** The chain is made under a name of its own; the ref then takes it over in one transaction. */
  async #rebuild({ ref, expected, base, drafts }: CommitRequest): Promise<CommitResult> {
    const scratch = `${SCRATCH}/${randomUUID()}`;
    const made = await this.#import(encodeImport(scratch, base, drafts));
    if (made.code !== 0) throw gitFailure('the commit', made);
    const oids = readMarks(made.stdout);
    const tip = oids.at(-1) ?? ZERO;
    const moved = await this.#updateRefs([refChange(ref, expected, tip), refChange(scratch, tip, undefined)]);
    if (moved) return committed(oids);
    await this.moveRef(scratch, tip, undefined);
    return this.#moved(ref);
  }

  async moveRef(ref: string, expected: Oid | undefined, next: Oid | undefined): Promise<boolean> {
    return this.#updateRefs([refChange(ref, expected, next)]);
  }

  async #updateRefs(changes: readonly string[]): Promise<boolean> {
    const input = ['start', ...changes, 'prepare', 'commit', ''].join('\n');
    for (let attempt = 0; ; attempt += 1) {
      const result = await this.#run(['update-ref', '--no-deref', '--stdin'], input);
      if (result.code === 0) return true;
      if (/but expected|reference already exists|unable to resolve reference/.test(result.stderr))
        return false;
      if (!isRefLocked(result)) throw gitFailure('moving a ref', result);
      if (attempt >= REF_LOCK_TRIES) throw stillLocked(result);
      await pause();
    }
  }

  async readTree(commit: Oid): Promise<TreeEntry[]> {
    const { stdout } = await this.#git('reading a tree', ['ls-tree', '-r', '-z', '--full-tree', commit]);
    return records(stdout).map((record) => {
      const tab = record.indexOf('\t');
      const [mode = '', , oid = ''] = record.slice(0, tab).split(' ');
      return { path: record.slice(tab + 1), mode, oid };
    });
  }

  async diffTrees(before: Oid, after: Oid): Promise<TreeChange[]> {
    return diffTrees(
      this,
      (await readCommitLinks(this, before)).tree,
      (await readCommitLinks(this, after)).tree,
    );
  }

  async readBlobs(oids: Iterable<Oid>, maxBytes: number): Promise<Map<Oid, BlobContent>> {
    const found = new Map<Oid, BlobContent>();
    const read = async (oid: Oid): Promise<void> => {
      const known = await this.#names.ask(oid);
      if (known === undefined) return;
      if (known.size > maxBytes) {
        found.set(oid, { kind: 'too_large', size: known.size });
        return;
      }
      const answer = await this.#contents.ask(oid);
      if (answer !== undefined) found.set(oid, { kind: 'bytes', bytes: answer.bytes });
    };
    await Promise.all([...new Set(oids)].map(read));
    return found;
  }

  /**
   * What lies between two tips is short and is walked here; whole histories, and those of single paths, are read by `git log`.
   */
  async *commits(query: CommitQuery): AsyncIterable<CommitRecord> {
    if (query.from !== undefined && query.paths === undefined && query.newest === undefined) {
      for (const { oid } of await oldestFirst(this, { to: query.to, from: query.from, since: query.since })) {
        yield await this.#record(oid);
      }
      return;
    }
    const read = (args: readonly string[]) => this.#git('reading history', args);
    const record = (oid: Oid, changes: readonly TreeChange[]) => this.#record(oid, changes);
    yield* query.newest === undefined
      ? listCommits(query, read, record)
      : listCommitsNewest(query, read, record);
  }

  async #record(oid: Oid, known?: readonly TreeChange[]): Promise<CommitRecord> {
    const { tree, parents } = await readCommitLinks(this, oid);
    const bytes = (await this.read(oid))?.bytes ?? new Uint8Array();
    if (known !== undefined || parents.length > 1)
      return { oid, ...parseCommit(bytes), changes: known ?? [] };
    const [parent] = parents;
    const before = parent === undefined ? undefined : (await readCommitLinks(this, parent)).tree;
    return { oid, ...parseCommit(bytes), changes: await diffTrees(this, before, tree) };
  }

  async mergeBase(a: Oid, b: Oid): Promise<Oid | undefined> {
    return a === b ? a : (await compareHistories(this, a, b)).bases[0];
  }

  async close(): Promise<void> {
    this.#contents.close();
    this.#names.close();
  }

  async #moved(ref: string): Promise<CommitResult> {
    return { kind: 'moved', tip: await this.readRef(ref) };
  }

  async #import(input: Uint8Array): Promise<GitResult> {
    const result = await this.#run(['fast-import', '--quiet', '--done'], input);
    // What it says of its end is in its words; the report beside it would stay for ever.
    const report = /dumping crash report to (.+)/.exec(result.stderr)?.[1];
    if (report !== undefined) await rm(resolve(this.#gitDir, report), { force: true });
    return result;
  }

  #run(args: readonly string[], input?: Uint8Array | string): Promise<GitResult> {
    return runGit({ args: ['--git-dir', this.#gitDir, ...args], cwd: this.#gitDir, input });
  }

  async #git(what: string, args: readonly string[], input?: Uint8Array | string): Promise<GitResult> {
    const result = await this.#run(args, input);
    if (result.code !== 0) throw gitFailure(what, result);
    return result;
  }
}

function committed(oids: readonly Oid[]): CommitResult {
  return { kind: 'committed', tip: oids.at(-1) ?? '', oids };
}

function refChange(ref: string, expected: Oid | undefined, next: Oid | undefined): string {
  if (next === undefined) return `delete ${ref}${expected === undefined ? '' : ` ${expected}`}`;
  return expected === undefined ? `create ${ref} ${next}` : `update ${ref} ${next} ${expected}`;
}

const isRefLocked = ({ stderr }: GitResult): boolean => /File exists|Unable to create .*\.lock/.test(stderr);

/** Whether a lock's owner still lives cannot be known from here, so it is named and never removed. */
function stillLocked({ stderr }: GitResult): LedgerError {
  const lock = /Unable to create '([^']+\.lock)'/.exec(stderr)?.[1];
  const what = lock ?? "a ref's lock";
  return new LedgerError('CONTENDED', `Another process holds ${what} and did not let go in time.`, {
    hint: 'Try again. If no git process is running here, one that died has left the file behind.',
    details: { lock: lock ?? null },
  });
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2 + Math.random() * 10));
const lines = (output: Buffer): string[] =>
  output
    .toString()
    .split('\n')
    .filter((line) => line !== '');
const records = (output: Buffer): string[] =>
  output
    .toString()
    .split('\0')
    .filter((record) => record !== '');
