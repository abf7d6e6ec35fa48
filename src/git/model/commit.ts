import { isUtf8 } from 'node:buffer';
import { LedgerError } from '../../domain/errors.ts';
import { type GitObject, type NamedObject, nameObject, type ObjectSource } from './object.ts';

interface Signature {
  name: string;
  email: string;
  /** Seconds since 1970. */
  at: number;
}

export interface CommitParts {
  tree: string;
  parents: readonly string[];
  author: Signature;
  committer: Signature;
  message: string;
}

/** A commit in UTC, with the message as it is: the library would trim it. */
export function makeCommit({ tree, parents, author, committer, message }: CommitParts): NamedObject {
  const header = [
    `tree ${tree}`,
    ...parents.map((parent) => `parent ${parent}`),
    `author ${sign(author)}`,
    `committer ${sign(committer)}`,
  ];
  return nameObject({ type: 'commit', bytes: Buffer.from(`${header.join('\n')}\n\n${message}`) });
}

const sign = ({ name, email, at }: Signature): string => `${name} <${email}> ${at} +0000`;

/** A larger commit is read up to here, and is none of the ledger's: docs/format.md, "Limits". */
export const MAX_COMMIT_BYTES = 1024 * 1024;

/** A commit as it was read, also one that is not as git writes it. */
export interface Commit {
  tree: string;
  parents: readonly string[];
  author: Signature;
  committer: Signature;
  message: string;
  /** How it differs from what git and its hosts write; `undefined` where it does not. */
  fault: string | undefined;
}

const LF = 10;
const SPACE = 32;
const OID = /^[0-9a-f]{40}$/;
/** Headers below the fixed ones, in any order: git's own, one that tells versions of a change, and those of commits that were Mercurial's. */
const MORE_HEADERS = /^(?:encoding|gpgsig|gpgsig-sha256|mergetag|change-id|HG:[!-~]+)$/;
/** One for each tag that was merged, or for each fact that was kept. */
const MAY_REPEAT = /^(?:mergetag|HG:.*)$/;
const LONGEST_KEY = 80;
const UTF8 = /^utf-?8$/i;
/** Encodings of people's own machines in which what is ASCII stays ASCII: git shows such a message in others, and none of its trailers anew. */
const OF_MERGES = /^(?:utf-?8|us-ascii|(?:iso-?8859|windows|cp|koi8|latin)-?[0-9a-z]{1,4})$/i;
/** The last second of the year 9999. */
const LATEST = 253_402_300_799;

/**
 * Reads a commit in one pass: `tree`, `parent`s, `author` and `committer` where git writes them and nowhere else, then the
 * headers that are known. What is wrong with it is told, and the rest is taken as it stands.
 *
 * @param size of the whole commit, where `bytes` are only its beginning
 */
export function parseCommit(bytes: Uint8Array, size: number = bytes.length): Commit {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const split = buffer.indexOf('\n\n', 0, 'latin1');
  const header = new Header(split < 0 ? buffer : buffer.subarray(0, split));
  if (size > MAX_COMMIT_BYTES) header.fail(`it has ${size} bytes; ${MAX_COMMIT_BYTES} are allowed`);
  const tree = header.oid(header.read('tree') ?? header.missing('tree'));
  const parents = new Set<string>();
  for (let value = header.read('parent'); value !== undefined; value = header.read('parent')) {
    const parent = header.oid(value);
    if (parents.has(parent)) header.fail(`it has the parent ${parent} twice`);
    if (parent !== '') parents.add(parent);
  }
  const author = header.person('author');
  const committer = header.person('committer');
  header.more(parents.size > 1);
  if (buffer.includes(0)) header.fail('it has a byte zero, at which git ends it');
  // Git shows these bytes as they stand; read here, each would be another text.
  if (parents.size < 2 && size <= MAX_COMMIT_BYTES && !isUtf8(buffer)) header.fail('it is not UTF-8');
  const message = split < 0 ? '' : buffer.toString('utf8', split + 2);
  return { tree, parents: [...parents], author, committer, message, fault: header.fault };
}

/** The lines of a commit above its message, read one after the other. */
class Header {
  readonly #bytes: Buffer;
  #at = 0;
  /** The first thing that is wrong. */
  fault: string | undefined;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  fail(fault: string): void {
    this.fault ??= fault;
  }

  /** The value of the line at hand where that is this header, of which there is one in this place. */
  read(key: string): Buffer | undefined {
    const start = this.#at;
    const value = start + key.length + 1;
    if (this.#bytes[value - 1] !== SPACE || this.#bytes.toString('latin1', start, value - 1) !== key)
      return undefined;
    return this.#bytes.subarray(value, this.#pass());
  }

  missing(key: string): Buffer {
    this.fail(`it has no ${key} where git writes it`);
    return Buffer.alloc(0);
  }

  oid(value: Buffer): string {
    const text = value.length === 40 ? value.toString('latin1') : '';
    const oid = text.toLowerCase();
    if (oid !== text || !OID.test(oid)) this.fail('it names a tree or a parent in a way that git does not');
    return OID.test(oid) ? oid : '';
  }

  /** `name <e-mail> seconds zone`, as git's own check has it. */
  person(key: 'author' | 'committer'): Signature {
    const value = this.read(key) ?? this.missing(key);
    const open = value.indexOf('<');
    const close = value.indexOf('>', Math.max(open, 0));
    const [name, email, rest] =
      open < 0 || close < 0
        ? [value, value.subarray(value.length), '']
        : [
            value.subarray(0, open),
            value.subarray(open + 1, close),
            value.toString('latin1', close + 1, close + 40),
          ];
    const [, digits = '', zone] = /^ (\d{1,15})( [+-]\d{4})?$/.exec(rest) ?? [];
    const seconds = Number(digits);
    const isSound =
      name.at(-1) === SPACE &&
      !name.includes('>') &&
      !email.includes('<') &&
      zone !== undefined &&
      String(seconds) === digits &&
      seconds <= LATEST;
    if (!isSound) this.fail(`its ${key} is not written as git writes one`);
    return {
      name: name.toString('utf8', 0, name.at(-1) === SPACE ? name.length - 1 : name.length),
      email: email.toString(),
      at: digits !== '' && seconds <= LATEST ? seconds : 0,
    };
  }

  /** What follows the fixed headers. Lines that begin with a space go on with the one before. */
  more(isMerge: boolean): void {
    const seen = new Set<string>();
    while (this.#at < this.#bytes.length) {
      const from = this.#at;
      const end = this.#pass();
      const line = this.#bytes.subarray(from, end);
      const space = line.indexOf(SPACE);
      const key = line.toString('latin1', 0, Math.min(space < 0 ? line.length : space, LONGEST_KEY));
      if (!MORE_HEADERS.test(key)) {
        const isFixed = /^(?:tree|parent|author|committer)$/.test(key);
        this.fail(
          isFixed
            ? `its ${key} stands twice, or out of its place`
            : `its header ${JSON.stringify(key)} is not known`,
        );
      } else if (seen.has(key) && !MAY_REPEAT.test(key)) this.fail(`its header ${key} stands twice`);
      const known = isMerge ? OF_MERGES : UTF8;
      if (key === 'encoding' && !known.test(line.toString('latin1', key.length + 1, LONGEST_KEY)))
        this.fail('its message is in another encoding than UTF-8');
      if (key !== 'encoding') while (this.#bytes[this.#at] === SPACE) this.#pass();
      seen.add(key);
    }
  }

  /** Goes on to the next line. @returns where this one ends */
  #pass(): number {
    const found = this.#bytes.indexOf(LF, this.#at);
    const end = found < 0 ? this.#bytes.length : found;
    this.#at = end + 1;
    return end;
  }
}

/** Walks meet a commit several times, and then it is judged; its object is the same one while it is at hand. */
const parsed = new WeakMap<GitObject, Commit>();

/** @throws LedgerError `STORAGE_FAILED` where it is missing, damaged, or no commit */
export async function readCommit(source: ObjectSource, oid: string): Promise<Commit> {
  const object = await source.read(oid, MAX_COMMIT_BYTES);
  if (object?.type !== 'commit')
    throw new LedgerError('STORAGE_FAILED', `The repository has no commit ${oid}.`, { details: { oid } });
  const commit = parsed.get(object) ?? parseCommit(object.bytes, object.whole_size);
  parsed.set(object, commit);
  return commit;
}

/** What walking history needs of a commit. */
export interface CommitLinks {
  oid: string;
  tree: string;
  parents: readonly string[];
  committed_at: number;
}

/** @throws LedgerError as `readCommit` */
export async function readCommitLinks(source: ObjectSource, oid: string): Promise<CommitLinks> {
  const { tree, parents, committer } = await readCommit(source, oid);
  return { oid, tree, parents, committed_at: committer.at };
}
