import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Fault, setAside } from './fault.ts';
import { writeWhole } from './files/durable.ts';
import { diskFs, errorCode } from './files/fs.ts';
import { gitFailure, runGit } from './process/run.ts';
import { parsePackedRefs } from './refs/ref-files.ts';
import { LockFile } from './refs/swap-ref.ts';

// Refs of a ledger that git cannot read, or that name what is not there. One of them is enough for git to refuse every fetch.

/** Which refs of a repository are a ledger's. */
export interface LedgerRefs {
  gitDir: string;
  /** The ledger's branch. */
  local: string;
  /** What was seen of the remote; `undefined` where there is none. */
  seen: string | undefined;
  /** What people see of the remote's branch. */
  shown: string | undefined;
  /** What keeps what waits on the branch. */
  kept: string;
  /** Commits that the branch was at, as is noted elsewhere: the newest first. */
  known: readonly string[];
  now: number;
}

const OWN = 'refs/work-ledger';
const OID = /^[0-9a-f]{40}$/;
const SYMBOLIC = /^ref:\s*refs\/\S+$/;
const PACKED = /^(?:#.*|\^[0-9a-f]{40}|[0-9a-f]{40} refs\/\S+|)$/;
/** A lock that is held while this is mended is that of somebody at work. */
const LOCK_WAIT_MS = 500;

/** The values that the ref had, as git noted them: the newest first. */
export function loggedValues(gitDir: string, ref: string): string[] {
  return readLog(gitDir, ref)
    .flatMap(({ from, to }) => [from, to])
    .reverse();
}

/** A move of a ref, as git noted it. */
export interface LoggedMove {
  from: string;
  to: string;
  /** In seconds since 1970. */
  at: number;
  /** What moved it, in its own words. */
  by: string;
}

const LOGGED = /^([0-9a-f]{40}) ([0-9a-f]{40}) .*> (\d+) [-+]\d{4}\t?(.*)$/;

/** The moves of a ref, oldest first; none where no log is kept. */
export function readLog(gitDir: string, ref: string): LoggedMove[] {
  const lines = (textAt(join(gitDir, 'logs', ref)) ?? '').split('\n');
  return lines.flatMap((line) => {
    const [, from = '', to = '', at = '', by = ''] = LOGGED.exec(line) ?? [];
    return from === '' ? [] : [{ from, to, at: Number(at), by }];
  });
}

export async function damagedRefs(refs: LedgerRefs): Promise<Fault[]> {
  const packed = damagedPackedRefs(refs);
  if (packed !== undefined) return [packed];
  const standing = standingRefs(refs);
  const unreadable = standing.filter(({ value }) => value === undefined);
  if (unreadable.length > 0) return Promise.all(unreadable.map((one) => faultOf(refs, one)));
  const there = await existing(refs.gitDir, new Set(standing.flatMap(({ value }) => value ?? [])));
  const dangling = standing.filter(({ value }) => value !== '' && !there.has(value ?? ''));
  return Promise.all(dangling.map((one) => faultOf(refs, one)));
}

/** A ref as its file has it, or `packed-refs`. */
interface Standing {
  ref: string;
  /** Where its own file stands; `undefined` where it has none. */
  path: string | undefined;
  /** The object that it names: `''` where it points to another ref, `undefined` where it names none. */
  value: string | undefined;
}

function standingRefs({ gitDir, local, seen, shown }: LedgerRefs): Standing[] {
  const packed = parsePackedRefs(textAt(join(gitDir, 'packed-refs')) ?? '');
  const names = new Set([local, ...[seen, shown].flatMap((ref) => ref ?? []), ...filesBelow(gitDir, OWN)]);
  for (const ref of packed.keys()) if (ref.startsWith(`${OWN}/`)) names.add(ref);
  return [...names].flatMap((ref): Standing[] => {
    const path = join(gitDir, ref);
    const file = lstatSync(path, { throwIfNoEntry: false });
    if (file === undefined || (file.isDirectory() && filesBelow(gitDir, ref).length === 0)) {
      const value = packed.get(ref);
      return value === undefined ? [] : [{ ref, path: undefined, value }];
    }
    const text = file.isDirectory() ? undefined : textAt(path)?.trimEnd();
    const value = text === undefined ? undefined : SYMBOLIC.test(text) ? '' : OID.exec(text)?.[0];
    return [{ ref, path, value }];
  });
}

async function faultOf(refs: LedgerRefs, { ref, path, value }: Standing): Promise<Fault> {
  const { gitDir, local, seen, now } = refs;
  const wrong = value === undefined ? `${ref} holds no commit` : `${ref} names ${value}, which is not here`;
  const away = async (): Promise<string[]> => {
    if (path !== undefined) return [setAside(gitDir, path, now)];
    await updateRef(gitDir, ref, undefined);
    return [`removed ${ref}`];
  };
  const better = ref === local ? await newestWhole(refs) : ref === seen ? await shownTip(refs) : undefined;
  const how =
    better !== undefined
      ? `wl doctor --fix sets it to ${better.slice(0, 12)}, the newest that is known of it`
      : ref === local
        ? 'wl doctor --fix fetches it again; what only this clone had is nowhere here: look for it in a backup'
        : ref === seen
          ? 'wl doctor --fix fetches it again'
          : 'wl doctor --fix moves it aside';
  // Without a remote to fetch it from, a branch that is taken away is nowhere.
  if (ref === local && better === undefined && seen === undefined)
    return { kind: 'ref', wrong, how: `find it in a backup, and set it: git update-ref ${ref} COMMIT` };
  return {
    kind: 'ref',
    wrong,
    how,
    async repair() {
      const done = await away();
      if (better !== undefined) {
        await updateRef(gitDir, ref, better);
        done.push(`set ${ref} to ${better.slice(0, 12)}`);
      }
      return done.join('; ');
    },
  };
}

async function newestWhole(refs: LedgerRefs): Promise<string | undefined> {
  const { gitDir, local, seen, known } = refs;
  const packed = parsePackedRefs(textAt(join(gitDir, 'packed-refs')) ?? '');
  const others = [refs.kept, local, seen, refs.shown].flatMap((ref) => {
    const text = ref === undefined ? undefined : textAt(join(gitDir, ref))?.trimEnd();
    return [text, ref && packed.get(ref)].filter((value) => value !== undefined && OID.test(value));
  }) as string[];
  return firstWhole(gitDir, [...loggedValues(gitDir, local), ...known, ...others]);
}

const shownTip = ({ gitDir, shown }: LedgerRefs): Promise<string | undefined> =>
  firstWhole(gitDir, shown === undefined ? [] : [(textAt(join(gitDir, shown)) ?? '').trimEnd()]);

const MOST_VALUES = 200;

/** The first of these commits that is here with its tree. */
async function firstWhole(gitDir: string, oids: readonly string[]): Promise<string | undefined> {
  const asked = [...new Set(oids)].filter((oid) => OID.test(oid)).slice(0, MOST_VALUES);
  const here = await existing(
    gitDir,
    asked.map((oid) => `${oid}^{tree}`),
  );
  return asked.find((oid) => here.has(`${oid}^{tree}`));
}

/** Those of these names that stand for an object that is here. */
async function existing(gitDir: string, names: Iterable<string>): Promise<Set<string>> {
  const asked = [...names].filter((name) => name !== '');
  if (asked.length === 0) return new Set();
  const args = ['--git-dir', gitDir, 'cat-file', '--batch-check=%(objecttype)'];
  const { stdout } = await runGit({ args, cwd: gitDir, input: `${asked.join('\n')}\n` });
  const answers = stdout.toString().split('\n');
  return new Set(asked.filter((_, at) => /^(?:commit|tree|blob|tag)$/.test(answers[at] ?? '')));
}

/** Without its log's help, git removes what it cannot read. */
async function updateRef(gitDir: string, ref: string, oid: string | undefined): Promise<void> {
  const change = oid === undefined ? ['-d', ref] : ['-m', 'wl doctor', ref, oid];
  const done = await runGit({
    args: ['--git-dir', gitDir, 'update-ref', '--no-deref', ...change],
    cwd: gitDir,
  });
  if (done.code !== 0) throw gitFailure(`moving ${ref}`, done);
}

function damagedPackedRefs({ gitDir, now }: LedgerRefs): Fault | undefined {
  const path = join(gitDir, 'packed-refs');
  const lines = textAt(path)?.split('\n') ?? [];
  const bad = lines.filter((line) => !PACKED.test(line));
  const [first] = bad;
  if (first === undefined) return undefined;
  const count = bad.length === 1 ? '1 line' : `${bad.length} lines`;
  return {
    kind: 'ref',
    wrong: `${path} has ${count} that git cannot read: ${JSON.stringify(first.slice(0, 60))}`,
    how: 'wl doctor --fix takes them out, and keeps the file as it was',
    async repair() {
      const lock = await LockFile.acquire({ fs: diskFs, lockWaitMs: LOCK_WAIT_MS }, path);
      try {
        const good = (textAt(path) ?? '').split('\n').filter((line) => PACKED.test(line));
        const done = setAside(gitDir, path, now);
        await writeWhole(diskFs, path, Buffer.from(good.join('\n')), 0o666);
        return `${done}; wrote it anew without ${count}`;
      } finally {
        await lock.release();
      }
    },
  };
}

/** Refs that have a file of their own below `folder`; locks are none. */
function filesBelow(gitDir: string, folder: string): string[] {
  let entries: import('node:fs').Dirent[];
  try {
    entries = readdirSync(join(gitDir, folder), { withFileTypes: true });
  } catch {
    // There is none, or none that can be entered.
    return [];
  }
  return entries.flatMap((entry) => {
    const ref = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesBelow(gitDir, ref);
    return ref.endsWith('.lock') ? [] : [ref];
  });
}

/** @returns `undefined` where there is no such file, or none that can be read */
function textAt(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}
