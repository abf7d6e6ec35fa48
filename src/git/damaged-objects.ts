import {
  closeSync,
  existsSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Fault, setAside } from './fault.ts';
import { gitFailure, runGit } from './process/run.ts';
import { type GitAnswer, lastWords, talk, type Waiting } from './transport.ts';

// Objects of a ledger that are gone or cannot be read. The remote has those that were shared.

interface Source {
  /** Of the remote. */
  name: string;
  branch: string;
  /** Asks it, with the time in which it is to say something. */
  ask<T>(task: (waiting: Waiting) => Promise<T>): Promise<T>;
}

export interface ObjectsPlace {
  gitDir: string;
  /** The commits from which all of the ledger is reached. */
  tips: readonly string[];
  /** Where the objects that were shared can be had. */
  remote: Source | undefined;
  now: number;
}

const CHECK_MS = 300_000;

/** To be asked where something could not be read: it takes as long as git takes to look at everything. */
export async function damagedObjects(place: ObjectsPlace): Promise<Fault[]> {
  const packs = damagedPacks(place);
  if (packs.length > 0) return packs;
  const quick = await check(place, ['--connectivity-only']);
  return quick.length > 0 ? quick : check(place, []);
}

const CORRUPT = /(?:object corrupt or missing|is corrupt|stored in|unable to unpack|corrupt loose object)/;
const LOOSE = /[0-9a-f]{2}\/[0-9a-f]{38}(?![0-9a-f])/g;
const ABSENT = /^missing (commit|tree|blob|tag) ([0-9a-f]{40})$/gm;
const DANGLING_LINK = /^ +to +(commit|tree|blob|tag) ([0-9a-f]{40})$/gm;

async function check(place: ObjectsPlace, options: readonly string[]): Promise<Fault[]> {
  const { gitDir, tips, now } = place;
  const args = ['--git-dir', gitDir, 'fsck', '--no-dangling', '--no-progress', ...options, ...tips];
  const { stdout, stderr } = await runGit({ args, cwd: gitDir, timeout: CHECK_MS });
  const said = `${stdout}\n${stderr}`;
  const loose = new Set(
    said.split('\n').flatMap((line) => (CORRUPT.test(line) ? (line.match(LOOSE) ?? []) : [])),
  );
  const corrupt = [...loose].map((name) => join(gitDir, 'objects', name)).filter((path) => existsSync(path));
  if (corrupt.length > 0) return corrupt.map((path) => corruptObject(gitDir, path, now));
  const missing = new Map([...said.matchAll(ABSENT)].map(([, type = '', oid = '']) => [oid, type]));
  for (const [, type = '', oid = ''] of said.matchAll(DANGLING_LINK)) missing.set(oid, type);
  for (const tip of await missingTips(gitDir, tips)) missing.set(tip, 'commit');
  return missing.size === 0 ? [] : [missingObjects(place, missing)];
}

const corruptObject = (gitDir: string, path: string, now: number): Fault => ({
  kind: 'objects',
  wrong: `${path} holds no object that git can read`,
  how: 'wl doctor --fix moves it aside, and fetches it again',
  repair: async () => setAside(gitDir, path, now),
});

/** Whether all that a tip has, and what was shared has not, is here. */
export async function isWholeSince(gitDir: string, tip: string, shared: string): Promise<boolean> {
  const args = ['--git-dir', gitDir, 'rev-list', '--objects', '--quiet', tip, '--not', shared];
  return (await runGit({ args, cwd: gitDir, timeout: CHECK_MS })).code === 0;
}

async function missingTips(gitDir: string, tips: readonly string[]): Promise<string[]> {
  const args = ['--git-dir', gitDir, 'cat-file', '--batch-check=%(objecttype)'];
  const { stdout } = await runGit({ args, cwd: gitDir, input: `${tips.join('\n')}\n` });
  const answers = stdout.toString().split('\n');
  return tips.filter((_, at) => answers[at] !== 'commit');
}

/** How a fault of objects that are gone begins. */
export const MISSING = 'objects of the ledger are missing here';

function missingObjects(place: ObjectsPlace, missing: ReadonlyMap<string, string>): Fault {
  const { remote } = place;
  const [[oid, type] = ['', '']] = missing;
  const more = missing.size === 1 ? '' : ` and ${missing.size - 1} more`;
  const wrong = `${MISSING}: the ${type} ${oid}${more}`;
  if (remote === undefined)
    return { kind: 'objects', wrong, how: 'no remote has them: look for them in a backup, or another clone' };
  return {
    kind: 'objects',
    wrong,
    how: `wl doctor --fix fetches them again from ${remote.name}`,
    repair: () => fetchAgain(place.gitDir, remote),
  };
}

/**
 * Fetches all of a ledger, whatever this clone believes that it has: into a repository of its own, from which the packs are taken over.
 * So nothing that is broken here is in the way.
 */
async function fetchAgain(gitDir: string, { name, branch, ask }: Source): Promise<string> {
  const folder = mkdtempSync(join(gitDir, 'work-ledger-fetch-'));
  try {
    const made = await runGit({ args: ['init', '--quiet', '--bare', folder], cwd: gitDir });
    if (made.code !== 0) throw gitFailure('fetching again', made);
    const branchRef = `+refs/heads/${branch}:refs/heads/${branch}`;
    const refspecs = [branchRef, '+refs/work-ledger/inbox/*:refs/inbox/*'];
    const { ok, said } = await ask((waiting) => fetchInto({ folder, gitDir, name, refspecs }, waiting));
    if (!ok) {
      const words = lastWords(said);
      throw gitFailure(`fetching again from ${name} (${words})`, { stderr: words });
    }
    const from = join(folder, 'objects', 'pack');
    const to = join(gitDir, 'objects', 'pack');
    // Git sees a pack by its index, which comes last.
    const files = readdirSync(from).sort((a, b) => Number(a.endsWith('.idx')) - Number(b.endsWith('.idx')));
    for (const file of files) if (!existsSync(join(to, file))) renameSync(join(from, file), join(to, file));
    return `fetched all of ${branch} again from ${name}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function fetchInto(
  {
    folder,
    gitDir,
    name,
    refspecs,
  }: { folder: string; gitDir: string; name: string; refspecs: readonly string[] },
  waiting: Waiting,
): Promise<GitAnswer> {
  // The remote is one of the clone's configuration, with all that git needs to reach it; an address can be a path from its work tree.
  const settings = ['-c', `include.path=${join(gitDir, 'config')}`, '-c', 'fetch.unpackLimit=1'];
  const options = ['--progress', '--no-tags', '--no-filter', '--refmap=', '--no-write-fetch-head'];
  const args = ['--git-dir', folder, ...settings, 'fetch', ...options, '--end-of-options', name, ...refspecs];
  return talk(gitDir, args, waiting);
}

const PACK = Buffer.from('PACK');
const INDEX = Buffer.from([0xff, 0x74, 0x4f, 0x63]);
const DIGEST = 20;
/** Of a pack: what belongs to it, and is of no use without it. */
const ENDS = ['.idx', '.rev', '.bitmap', '.mtimes', '.pack'];

/** Packs that git cannot read, told by their beginnings and ends: nothing else of them is read. */
export function damagedPacks({ gitDir, now }: Pick<ObjectsPlace, 'gitDir' | 'now'>): Fault[] {
  const folder = join(gitDir, 'objects', 'pack');
  const files = new Set(existsSync(folder) ? readdirSync(folder) : []);
  const names = new Set([...files].flatMap((file) => /^(pack-.*)\.(?:pack|idx)$/.exec(file)?.[1] ?? []));
  return [...names].flatMap((name): Fault[] => {
    const [pack, index] = [join(folder, `${name}.pack`), join(folder, `${name}.idx`)];
    const aside = (ends: readonly string[]): string =>
      ends
        .filter((end) => files.has(name + end))
        .map((end) => setAside(gitDir, join(folder, name + end), now))
        .join('; ');
    const digest = endOf(pack, PACK, DIGEST);
    if (digest === undefined)
      return [
        {
          kind: 'objects',
          wrong: `${pack} is ${existsSync(pack) ? 'no pack of git' : 'gone, and its index is there'}`,
          how: 'wl doctor --fix moves aside what is left of it, and fetches the ledger again',
          repair: async () => aside(ENDS),
        },
      ];
    if (
      endOf(index, INDEX, 2 * DIGEST)
        ?.subarray(0, DIGEST)
        .equals(digest)
    )
      return [];
    return [
      {
        kind: 'objects',
        wrong: `${index} is not the index of its pack, so that git does not find what is in that`,
        how: 'wl doctor --fix makes it anew',
        async repair() {
          const done = aside(ENDS.filter((end) => end !== '.pack'));
          const made = await runGit({ args: ['index-pack', pack], cwd: gitDir, timeout: CHECK_MS });
          if (made.code !== 0) throw gitFailure(`reading ${pack}`, made);
          return [done, `made ${index} anew`].filter(Boolean).join('; ');
        },
      },
    ];
  });
}

/** The last `length` bytes of a file; `undefined` where it does not begin as its kind does, or cannot be read. */
function endOf(path: string, start: Buffer, length: number): Buffer | undefined {
  try {
    const fd = openSync(path, 'r');
    try {
      const [head, end] = [Buffer.alloc(start.length), Buffer.alloc(length)];
      const { size } = fstatSync(fd);
      if (size < start.length + length) return undefined;
      readSync(fd, head, 0, head.length, 0);
      readSync(fd, end, 0, length, size - length);
      return head.equals(start) ? end : undefined;
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}
