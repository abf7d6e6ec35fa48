// What a branch may hold beside items and settings. Apart from the paths of items, since questions have no use for it.
import type { AuxiliaryFile } from '../domain/configure.ts';
import { HOST_FILES } from '../hosts/list.ts';

/** Where a repair puts files that are none of the ledger's. */
export const QUARANTINE = 'quarantine/';

/** What one `configure` may write beside items. */
export const MAX_AUXILIARY_FILES = 20;
export const MAX_AUXILIARY_BYTES = 256 * 1024;
const MAX_PATH = 200;

/** What a later version writes: read past, and nobody's to set. See docs/format.md, "The format, for good". */
const SEALS = ['seal.yaml', 'seal/'];

/** What a ledger branch holds beside items and says nothing of them: files, and folders with a `/` at their end. */
const KNOWN = [
  'README.md',
  '.gitattributes',
  'CODEOWNERS',
  'policy/',
  'templates/',
  QUARANTINE,
  ...SEALS,
  ...HOST_FILES,
];
const KNOWN_FILES = new RegExp(
  `^(?:${KNOWN.map((path) => path.replaceAll('.', '\\.').replace(/\/$/, '/.+')).join('|')})$`,
);

/** True for a file beside items and settings that may be there. */
export const isKnownFile = (path: string): boolean => KNOWN_FILES.test(path);

/** Plain letters alone, so that no file system takes one name for another; no space or dot at the end, which some drop. */
const SAFE_NAME = /^[\w.@+-](?:[\w.@+ -]*[\w@+-])?$/;
/** The directory's own name, git's folder in each spelling, devices of Windows. */
const RESERVED_NAME = /^(?:\.|\.git|git~\d+|(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?)$/i;
const isSafeName = (name: string): boolean => SAFE_NAME.test(name) && !RESERVED_NAME.test(name);

/** Why `configure` may not touch `path`; `undefined` where it may. */
export function problemOfPath(path: string): string | undefined {
  if (!isKnownFile(path) || [QUARANTINE, ...SEALS].some((kept) => path.startsWith(kept)))
    return 'no file of the ledger belongs there';
  if (path.length > MAX_PATH) return `a path has at most ${MAX_PATH} characters`;
  if (!path.split('/').every(isSafeName)) return 'a name in it is not safe on every system';
  return undefined;
}

/** True for two paths that no file system can hold together, or not each: one in the other, or the same but for case. */
function areInConflict(one: string, other: string): boolean {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()];
  return one !== other && (a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`));
}

/** Why one `configure` may not touch these paths together; `undefined` where it may. */
export function problemOfPaths(paths: readonly string[]): string | undefined {
  if (paths.length > MAX_AUXILIARY_FILES)
    return `at most ${MAX_AUXILIARY_FILES} files, and not ${paths.length}`;
  if (new Set(paths).size < paths.length) return 'a path is named twice';
  const [one, other] = conflictOf(paths, paths) ?? [];
  return one && `${one} and ${other} cannot stand beside each other`;
}

/** Two paths, of the one list and of the other, that cannot stand together. */
export function conflictOf(
  paths: readonly string[],
  others: readonly string[],
): [string, string] | undefined {
  for (const path of paths) {
    const other = others.find((one) => areInConflict(path, one));
    if (other !== undefined) return [path, other];
  }
  return undefined;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of a file beside items; `undefined` for what is none, or is too large. */
export function readAuxiliaryText(bytes: Uint8Array): string | undefined {
  if (bytes.length > MAX_AUXILIARY_BYTES) return undefined;
  try {
    return utf8.decode(bytes);
  } catch {
    // Bytes that are no UTF-8: only a plain text may stand there.
    return undefined;
  }
}

/** What is wrong with files that `configure` is to set; `undefined` where nothing is. */
export function problemOfFiles(files: readonly AuxiliaryFile[]): string | undefined {
  for (const { path, text } of files) {
    const problem = problemOfPath(path);
    if (problem !== undefined) return `${JSON.stringify(path)}: ${problem}`;
    if (text === undefined) continue;
    if (!text.isWellFormed()) return `${path}: not a text`;
    const size = Buffer.byteLength(text);
    if (size > MAX_AUXILIARY_BYTES) return `${path}: ${size} bytes; ${MAX_AUXILIARY_BYTES} are allowed`;
  }
  return problemOfPaths(files.map(({ path }) => path));
}
