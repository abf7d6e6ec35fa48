// One tree object: its lines, what git's own check finds wrong with them, and how they are changed.
import { LedgerError } from '../../domain/errors.ts';
import { type NamedObject, nameObject, type ObjectSource } from './object.ts';

export const FOLDER = '040000';
export const FILE = '100644';
const EXECUTABLE = '100755';
const LINK = '120000';
const SUBMODULE = '160000';

/** A folder of a hundred thousand files has a tenth of it. */
export const MAX_TREE_BYTES = 64 * 1024 * 1024;

const PLAIN = /^[\x20-\x7e]*$/;
const SPACE = 32;
const ZERO = 48;
const OID = 20;
const NO_OBJECT = '0'.repeat(2 * OID);

/**
 * One line of a tree.
 *
 * `name` holds a byte of the name in each character, so that names in any encoding come back as they were and compare as git
 * compares them. `rawPath` and `readablePath` are the way in and out.
 */
export interface TreeLine {
  /** Six digits, as git prints it. */
  mode: string;
  name: string;
  oid: string;
}

/**
 * What git's own check (`git fsck --strict`) calls a tree that git would not have written; and, which git leaves to whoever checks it
 * out, `sameName`: two names that some file system takes for one.
 */
export type TreeFaultName =
  | 'sameName'
  | 'badFilemode'
  | 'zeroPaddedFilemode'
  | 'duplicateEntries'
  | 'treeNotSorted'
  | 'fullPathname'
  | 'emptyName'
  | 'hasDot'
  | 'hasDotdot'
  | 'hasDotgit'
  | 'nullSha1';

export const rawPath = (path: string): string => Buffer.from(path).toString('latin1');
export const readablePath = (raw: string): string =>
  PLAIN.test(raw) ? raw : Buffer.from(raw, 'latin1').toString();

/** Where the parts of a line are in the bytes of its tree. */
export interface Span {
  at: number;
  space: number;
  end: number;
  next: number;
}

/** @throws LedgerError `STORAGE_FAILED` where the tree ends in the middle of a line, which git does not take from anyone */
function measure(bytes: Buffer, at: number): Span {
  const space = bytes.indexOf(SPACE, at);
  const end = space < 0 ? -1 : bytes.indexOf(0, space);
  if (end < 0 || end + 1 + OID > bytes.length) throw new LedgerError('STORAGE_FAILED', 'A tree ends early.');
  return { at, space, end, next: end + 1 + OID };
}

/** A mode as git writes it, by its bytes as one number; and what it reads that as. */
const WRITTEN: ReadonlyMap<number, string> = new Map(
  [FILE, FOLDER, EXECUTABLE, LINK, SUBMODULE].map((mode) => {
    const written = Buffer.from(mode.replace(/^0/, ''));
    return [written.readUIntBE(0, written.length), mode];
  }),
);

/** The mode of a line, where it is written as git would write it. */
function writtenMode(bytes: Buffer, { at, space }: Span): string | undefined {
  const length = space - at;
  return length < 5 || length > 6 ? undefined : WRITTEN.get(bytes.readUIntBE(at, length));
}

/**
 * The mode of a line as git reads it: of the bits that it says, the kind of the entry counts, and of a file whether its owner may
 * run it. So `100664` is a plain file, and `40755` a folder, to git as to everyone here.
 */
const modeAt = (bytes: Buffer, span: Span): string =>
  writtenMode(bytes, span) ?? canonical(bytes.toString('latin1', span.at, span.space));

function canonical(written: string): string {
  const bits = Number.parseInt(written.slice(-6), 8);
  switch (bits & 0o170000) {
    case 0o100000:
      return (bits & 0o100) === 0 ? FILE : EXECUTABLE;
    case 0o120000:
      return LINK;
    case 0o040000:
      return FOLDER;
    default:
      return SUBMODULE;
  }
}

const nameAt = (bytes: Buffer, { space, end }: Span): string => bytes.toString('latin1', space + 1, end);
const oidAt = (bytes: Buffer, { end, next }: Span): string => bytes.toString('hex', end + 1, next);

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Where the lines of a tree are in its bytes, of which they begin at `start`. */
export function* spansOf(bytes: Buffer, start: number): Generator<Span> {
  for (let at = start; at < bytes.length; ) {
    const span = measure(bytes, at);
    yield span;
    at = span.next;
  }
}

/** Every line of a tree, as it comes. */
export function* linesOf(bytes: Uint8Array): Generator<TreeLine> {
  const buffer = asBuffer(bytes);
  for (let at = 0; at < buffer.length; ) {
    const span = measure(buffer, at);
    yield { mode: modeAt(buffer, span), name: nameAt(buffer, span), oid: oidAt(buffer, span) };
    at = span.next;
  }
}

/**
 * The lines of a tree that a path can name, by name. Of two of one name git takes the first, and none without a letter, or with a
 * slash in it, is ever looked up. Names beside these are not judged: a strange entry must not hide the others.
 */
export function linesByName(bytes: Uint8Array): Map<string, TreeLine> {
  const lines = new Map<string, TreeLine>();
  for (const line of linesOf(bytes)) {
    const { name } = line;
    if (name !== '' && !name.includes('/') && !lines.has(name)) lines.set(name, line);
  }
  return lines;
}

/** Git sorts a folder as if its name ended in a slash. */
const sortKey = ({ mode, name }: Pick<TreeLine, 'mode' | 'name'>): string =>
  mode === FOLDER ? `${name}/` : name;

const encodeLine = ({ mode, name, oid }: TreeLine): Buffer =>
  Buffer.concat([Buffer.from(`${mode.replace(/^0+/, '')} ${name}\0`, 'latin1'), Buffer.from(oid, 'hex')]);

/** A tree of these lines, as git would write it. */
const encodeLines = (lines: readonly TreeLine[]): Buffer =>
  Buffer.concat(
    lines
      .map((line) => ({ line, key: sortKey(line) }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ line }) => encodeLine(line)),
  );

/** A line that git would not have written where it stands. */
export interface LineFault {
  name: string;
  fault: TreeFaultName;
  /** The mode as it is written. */
  mode: string;
}

/** What is wrong with a tree, in the order of its lines. */
export function findFaults(bytes: Uint8Array): LineFault[] {
  const buffer = asBuffer(bytes);
  const found: LineFault[] = [];
  const seen = new Set<string>();
  const folded = new Set<string>();
  let last = '';
  for (let at = 0; at < buffer.length; ) {
    const span = measure(buffer, at);
    const name = nameAt(buffer, span);
    const mode = modeAt(buffer, span);
    const key = sortKey({ mode, name });
    const add = (fault: TreeFaultName): void => {
      found.push({ name, fault, mode: buffer.toString('latin1', at, span.space) });
    };
    const bare = withoutZeros(buffer, span);
    if (bare.at > at) add('zeroPaddedFilemode');
    if (writtenMode(buffer, bare) === undefined) add('badFilemode');
    if (seen.has(name)) add('duplicateEntries');
    else if (key < last) add('treeNotSorted');
    const wrong = nameFault(name);
    if (wrong !== undefined) add(wrong);
    if (buffer[span.end + 1] === 0 && oidAt(buffer, span) === NO_OBJECT) add('nullSha1');
    const alike = foldedName(name);
    if (folded.has(alike) && !seen.has(name)) add('sameName');
    folded.add(alike);
    seen.add(name);
    last = key;
    at = span.next;
  }
  return found;
}

function withoutZeros(bytes: Buffer, span: Span): Span {
  let { at } = span;
  while (bytes[at] === ZERO) at += 1;
  return { ...span, at };
}

/** Code points that HFS+ leaves out of names, as git knows them. */
const IGNORED = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;
/** As NTFS reads names: spaces and dots at the end are nothing, and a colon begins a stream. */
const NTFS_GIT = /(?:^|\\)(?:\.git|git~1)[ .]*(?:$|[\\:])/i;

const END_OF_NTFS = /[ .]+$/;

/** A name as the file systems have it that know neither case nor how a letter is composed, and leave out what is not seen. */
const foldedName = (raw: string): string =>
  (PLAIN.test(raw) ? raw : readablePath(raw).normalize('NFC').replace(IGNORED, ''))
    .toLowerCase()
    .replace(END_OF_NTFS, '');

/** What is wrong with a name, which has a byte in each character. */
export function nameFault(raw: string): TreeFaultName | undefined {
  if (raw === '') return 'emptyName';
  if (raw.includes('/')) return 'fullPathname';
  if (raw === '.') return 'hasDot';
  if (raw === '..') return 'hasDotdot';
  if (PLAIN.test(raw) && !/git/i.test(raw)) return undefined;
  const name = readablePath(raw);
  return NTFS_GIT.test(name) || name.replace(IGNORED, '').toLowerCase() === '.git' ? 'hasDotgit' : undefined;
}

/** @throws LedgerError `STORAGE_FAILED` where it is missing, damaged, or no tree */
export async function readTreeBytes(source: ObjectSource, oid: string): Promise<Uint8Array> {
  const object = await source.read(oid);
  if (object?.type === 'tree') return object.bytes;
  throw new LedgerError('STORAGE_FAILED', `The repository has no tree ${oid}.`, { details: { oid } });
}

/** @throws LedgerError as `readTreeBytes` */
export async function readTree(
  source: ObjectSource,
  oid: string | undefined,
): Promise<Map<string, TreeLine>> {
  return oid === undefined ? new Map() : linesByName(await readTreeBytes(source, oid));
}

/**
 * One tree object that is changed line by line. What does not change is copied as it stands, but for modes, which are written as
 * git reads them: a folder can hold a hundred thousand files, of which a transition changes one.
 */
export class TreeEdit {
  #bytes: Buffer;
  readonly #changes = new Map<string, TreeLine | undefined>();

  /** @param bytes the tree to begin with */
  constructor(bytes: Uint8Array) {
    this.#bytes = asBuffer(bytes);
  }

  get(name: string): TreeLine | undefined {
    return this.#changes.has(name) ? this.#changes.get(name) : findLine(this.#bytes, name);
  }

  set(line: TreeLine): void {
    this.#changes.set(line.name, line);
  }

  delete(name: string): void {
    this.#changes.set(name, undefined);
  }

  /** Leaves out what no path can name, and puts the rest in git's order. */
  tidy(): void {
    this.#bytes = encodeLines([...linesByName(this.#bytes).values()]);
  }

  /** The tree as it now stands. */
  write(): NamedObject {
    this.#bytes = merge(this.#bytes, this.#changes);
    this.#changes.clear();
    return nameObject({ type: 'tree', bytes: this.#bytes });
  }
}

/** The first line of that name. */
export function findLine(tree: Uint8Array, name: string): TreeLine | undefined {
  const bytes = asBuffer(tree);
  const wanted = Buffer.from(name, 'latin1');
  for (let at = 0; at < bytes.length; ) {
    const span = measure(bytes, at);
    const { space, end, next } = span;
    if (end - space - 1 === wanted.length && wanted.compare(bytes, space + 1, end) === 0)
      return { mode: modeAt(bytes, span), name, oid: oidAt(bytes, span) };
    at = next;
  }
  return undefined;
}

function merge(bytes: Buffer, changes: ReadonlyMap<string, TreeLine | undefined>): Buffer {
  const added = [...changes.values()]
    .filter((line) => line !== undefined)
    .map((line) => ({ key: sortKey(line), bytes: encodeLine(line) }))
    .sort((a, b) => (a.key < b.key ? 1 : -1));
  const parts: Buffer[] = [];
  let kept = 0;
  for (let at = 0; at < bytes.length; ) {
    const span = measure(bytes, at);
    const [name, mode] = [nameAt(bytes, span), modeAt(bytes, span)];
    const key = sortKey({ mode, name });
    const replaced = changes.has(name);
    const odd = !replaced && writtenMode(bytes, span) === undefined;
    let due = added.at(-1);
    if (replaced || odd || (due !== undefined && due.key < key)) {
      parts.push(bytes.subarray(kept, at));
      for (; due !== undefined && due.key < key; due = added.at(-1)) {
        parts.push(due.bytes);
        added.pop();
      }
      if (odd) parts.push(encodeLine({ mode, name, oid: oidAt(bytes, span) }));
      kept = replaced || odd ? span.next : at;
    }
    at = span.next;
  }
  parts.push(bytes.subarray(kept), ...added.reverse().map((line) => line.bytes));
  return Buffer.concat(parts);
}
