import {
  accessSync,
  chmodSync,
  constants,
  lstatSync,
  readdirSync,
  readFileSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CLONE_NAME } from '../domain/values.ts';
import { type Fault, setAside } from '../git/fault.ts';
import { foreignState } from './local-state.ts';

// Local state that cannot be used as it is. All of it can be made anew, so that what is broken is moved aside.

const FOLDERS: ReadonlySet<string> = new Set([
  'clones',
  'executions',
  'inboxes',
  'locks',
  'mail',
  'offers',
  'pools',
  'reviews',
  'sessions',
]);
/** Small facts that no key of the write path names. */
const FACTS = ['config-cache.json', 'observed', 'verified'];
const NAMES = 'clones';
const EXECUTIONS = 'executions';
const DATABASE = /\.sqlite$/;
const HEAD_OF_DATABASE = 'SQLite format 3\0';

/**
 * @param local the folder of local state, which need not be there
 * @param keys under which the write path keeps small facts, a file each
 */
export function damagedState(
  local: string,
  keys: readonly string[],
  now: number,
  groupShared = false,
): Fault[] {
  const facts = new Set([...FACTS, ...keys]);
  // Of what has another name, it is not known here what it has to be.
  const isFact = (name: string): boolean => DATABASE.test(name) || facts.has(name);
  const gitDir = dirname(local);
  const folder = lstatSync(local, { throwIfNoEntry: false });
  if (folder === undefined) return [];
  if (!folder.isDirectory() && !folder.isSymbolicLink()) return [inTheWay(gitDir, local, 'a folder', now)];
  const [planted] = groupShared ? [] : foreignState(local, folder);
  if (planted !== undefined) return [notOwn(gitDir, local, planted, now)];
  const closed = shut(local, folder);
  if (closed !== undefined) return [closed];
  const faults = readdirSync(local).flatMap((name): Fault[] => {
    const path = join(local, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return [];
    const isFolder = FOLDERS.has(name);
    if (isFolder !== found.isDirectory() && (isFolder || isFact(name)))
      return [inTheWay(gitDir, path, isFolder ? 'a folder' : 'a file', now)];
    const fault =
      shut(path, found) ?? (DATABASE.test(name) ? noDatabase(gitDir, path, found, now) : undefined);
    return fault === undefined ? [] : [fault];
  });
  if (faults.length > 0) return faults;
  const name = damagedName(local, now);
  return name === undefined ? [] : [name];
}

/** What could be at stake: an index, from which questions are answered, or how processes take turns. */
const kindOf = (path: string): Fault['kind'] => (/^index-v/.test(basename(path)) ? 'index' : 'state');

function inTheWay(gitDir: string, path: string, wanted: string, now: number): Fault {
  return {
    kind: kindOf(path),
    wrong: `${path} is in the place of ${wanted} of local state`,
    how: 'wl doctor --fix moves it aside; it is made anew',
    repair: async () => setAside(gitDir, path, now),
  };
}

/** Someone else may have put it there, to be believed. */
function notOwn(gitDir: string, local: string, path: string, now: number): Fault {
  return {
    kind: 'state',
    wrong: `${path} is local state, and a link or another user's, so that nothing in ${local} is believed`,
    how: 'wl doctor --fix moves the folder aside; it is made anew',
    repair: async () => setAside(gitDir, local, now),
  };
}

function shut(path: string, { uid, mode }: Stats): Fault | undefined {
  const isFolder = (mode & constants.S_IFMT) === constants.S_IFDIR;
  const own = isFolder ? 0o700 : 0o600;
  try {
    accessSync(path, constants.R_OK | constants.W_OK | (isFolder ? constants.X_OK : 0));
    return undefined;
  } catch {
    const wrong = `${path}, which is local state, cannot be read and written`;
    if (uid !== process.geteuid?.())
      return {
        kind: 'state',
        wrong,
        how: 'it belongs to another user, or its disk is read-only: ask who owns it',
      };
    return {
      kind: 'state',
      wrong,
      how: `wl doctor --fix allows it to its owner: chmod u+rw '${path}'`,
      async repair() {
        chmodSync(path, (mode & 0o777) | own);
        return `allowed its owner to read and write ${path}`;
      },
    };
  }
}

function noDatabase(gitDir: string, path: string, { size }: Stats, now: number): Fault | undefined {
  // One in which nothing was ever written is empty.
  if (
    size === 0 ||
    readFileSync(path).subarray(0, HEAD_OF_DATABASE.length).toString('latin1') === HEAD_OF_DATABASE
  )
    return undefined;
  return {
    kind: kindOf(path),
    wrong: `${path} is no database, as a lock and the index are`,
    how: 'wl doctor --fix moves it aside; it is made anew',
    repair: async () => setAside(gitDir, path, now),
  };
}

/** The note of the clone's name: under it stands what this clone claimed. */
function damagedName(local: string, now: number): Fault | undefined {
  const numbers = namesIn(join(local, NAMES)).map(Number).filter(Number.isSafeInteger);
  const newest = Math.max(0, ...numbers);
  if (newest === 0) return undefined;
  const path = join(local, NAMES, String(newest));
  const known = numbers.flatMap((number) => nameAt(join(local, NAMES, String(number))) ?? []);
  if (nameAt(path) !== undefined) return undefined;
  const claimed = namesIn(join(local, EXECUTIONS)).filter(
    (name) => CLONE_NAME.test(name) && !known.includes(name),
  );
  const [name] = claimed;
  const isClear = name !== undefined && claimed.length === 1;
  return {
    kind: 'state',
    wrong: `${path}, the note of this clone's name, cannot be read`,
    how: isClear
      ? `wl doctor --fix writes it anew: this clone claimed as ${name}`
      : 'wl doctor --fix moves it aside; this clone then takes a new name',
    async repair() {
      const done = setAside(dirname(local), path, now);
      if (!isClear) return done;
      writeFileSync(path, JSON.stringify({ name, places: [] }), { flag: 'wx' });
      return `${done}; this clone is ${name} again`;
    },
  };
}

function nameAt(path: string): string | undefined {
  try {
    const { name } = JSON.parse(readFileSync(path, 'utf8')) as { name?: unknown };
    return typeof name === 'string' && CLONE_NAME.test(name) ? name : undefined;
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // It was never made.
    return [];
  }
}

/** Commits that are noted under these keys, where they can be read. */
export function notedCommits(local: string, keys: readonly string[]): string[] {
  return keys.flatMap((key) => {
    try {
      return /\b[0-9a-f]{40}\b/.exec(readFileSync(join(local, key), 'latin1'))?.[0] ?? [];
    } catch {
      // Not noted, or not readable.
      return [];
    }
  });
}
