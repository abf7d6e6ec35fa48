import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { findWorkTree } from '../git/work-tree.ts';
import type { Standing } from './piece.ts';
import { CLIENTS, type ClientName, type Place, type Reach } from './places.ts';

/** What became of one file, or would. */
export interface SetUpFile {
  client: ClientName;
  /** As it is told: from the folder that is set up on. */
  path: string;
  what: string;
  state: Standing | 'refused';
  /** Why nothing is put there. */
  because?: string;
  changed: boolean;
  /** What is put there, for people. */
  shown: string;
}

export interface SetUpReport {
  clients: ClientName[];
  /** Whether the clients were found, or named. */
  found: boolean;
  files: SetUpFile[];
  current: boolean;
}

export type Act = 'put' | 'check' | 'remove' | 'print';

/** @param root the folder of the project, or of the user */
export interface SetUp {
  act: Act;
  reach: Reach;
  root: string;
  home: string;
  named: readonly ClientName[];
}

/** Puts in place what clients read, takes it away again, or tells how it stands. What is there already stays as it is, to the byte. */
export function setUp({ act, reach, root, home, named }: SetUp): SetUpReport {
  const clients = named.length > 0 ? [...named] : clientsIn({ reach, root, home, act });
  const files: SetUpFile[] = [];
  const kept = act === 'remove' ? neededByOthers({ reach, root }, clients) : [];
  for (const client of clients)
    for (const place of placesOf(client, { reach, root }))
      if (!kept.includes(place.path) && !files.some(({ path }) => path === place.path))
        files.push(visit(act, client, root, place));
  const current = files.length > 0 && files.every(({ state }) => state === 'current');
  return { clients, found: named.length === 0, files, current };
}

type Where = Pick<SetUp, 'reach' | 'root'>;

/** What cannot be read tells nothing of where to put it; that is told when it is to be written. */
const placesOf = (client: ClientName, { reach, root }: Where): Place[] =>
  CLIENTS[client].places(reach, (path) => {
    try {
      return readText(root, path);
    } catch {
      return undefined;
    }
  });

/** Files of clients that are set up and not among these: several read AGENTS.md. */
function neededByOthers(where: Where, clients: readonly ClientName[]): string[] {
  const others = (Object.keys(CLIENTS) as ClientName[]).filter((name) => !clients.includes(name));
  const shared = new Set(clients.flatMap((name) => placesOf(name, where).map(({ path }) => path)));
  return others.flatMap((name) => {
    const places = placesOf(name, where);
    const isSetUp = places.some(
      (place) => !shared.has(place.path) && visit('check', name, where.root, place).state === 'current',
    );
    return isSetUp ? places.map(({ path }) => path) : [];
  });
}

/** Clients that are in use in the project; where none is, those that the user has, and what all of them read. */
function clientsIn({ reach, root, home, act }: Omit<SetUp, 'named'>): ClientName[] {
  const names = Object.keys(CLIENTS) as ClientName[];
  const among = (folder: string, of: Reach): ClientName[] =>
    names.filter((name) => CLIENTS[name].signs[of].some((sign) => existsSync(join(folder, sign))));
  const found = among(root, reach);
  if (found.length > 0 || reach === 'user' || act === 'check' || act === 'remove') return found;
  return [...among(home, 'user'), 'agents'];
}

function visit(act: Act, client: ClientName, root: string, { path, what, piece }: Place): SetUpFile {
  const told = { client, path, what, shown: piece.shown };
  try {
    const text = readText(root, path);
    const state = piece.read(text);
    if (act === 'remove') {
      const rest = text === undefined ? undefined : piece.take(text);
      const changed = rest !== text;
      if (changed) write(root, path, rest);
      return { ...told, state: 'missing', changed };
    }
    if (act === 'check' || state === 'current') return { ...told, state, changed: false };
    const next = piece.put(text);
    if (state === 'missing' && piece.take(next) !== text)
      throw new Error('it could not be taken away again as it was');
    if (act === 'print') return { ...told, state, changed: false };
    write(root, path, next);
    return { ...told, state: 'current', changed: true };
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    return { ...told, state: 'refused', because, changed: false };
  }
}

/** @throws Error where it is no text, or leads out of the folder */
function readText(root: string, path: string): string | undefined {
  const file = realFile(root, path);
  if (file === undefined) return undefined;
  const bytes = readFileSync(file);
  const text = bytes.toString();
  if (!Buffer.from(text).equals(bytes)) throw new Error('it is no text in UTF-8');
  return text;
}

/** The file that a path comes to, by links too; `undefined` where there is none. */
function realFile(root: string, path: string): string | undefined {
  const file = join(root, path);
  if (!existsSync(file)) return undefined;
  const real = realpathSync(file);
  const inside = relative(realpathSync(root), real);
  if (inside === '..' || inside.startsWith(`..${sep}`)) throw new Error('it is a link to a file elsewhere');
  if (!statSync(real).isFile()) throw new Error('it is no file');
  return real;
}

/** Writes a file whole or not at all; `undefined` takes it away, and folders that are empty then. */
function write(root: string, path: string, text: string | undefined): void {
  const file = realFile(root, path) ?? join(root, path);
  if (text === undefined) {
    rmSync(file, { force: true });
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
      if (readdirSync(join(root, folder)).length > 0) return;
      rmdirSync(join(root, folder));
    }
    return;
  }
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  const mode = existsSync(file) ? statSync(file).mode : undefined;
  writeFileSync(temporary, text, mode === undefined ? {} : { mode });
  renameSync(temporary, file);
}

/** The top of the project that `dir` is in; `undefined` where it is in no work tree. */
export const projectOf = async (dir: string): Promise<string | undefined> => (await findWorkTree(dir))?.top;
