import { conflictOf, isKnownFile, MAX_AUXILIARY_BYTES, readAuxiliaryText } from '../codec/auxiliary-files.ts';
import type { AuxiliaryContent } from '../domain/view.ts';
import type { BlobContent, LedgerStore, Oid } from '../store/port.ts';
import type { Planned } from './local.ts';
import type { ReadCommit } from './read-commits.ts';

/** Auxiliary files as they stand, by path. */
export type AuxiliaryFiles = ReadonlyMap<string, AuxiliaryContent>;

const PLAIN_FILE = '100644';

/** Reads the auxiliary files that commands are about to set; nothing where none does. */
export function readAuxiliaryFiles(
  store: LedgerStore,
  tip: Oid,
  commands: readonly (Planned | undefined)[],
): Promise<AuxiliaryFiles> {
  const files = commands.flatMap((command) =>
    typeof command === 'object' && command.verb === 'configure' ? (command.files ?? []) : [],
  );
  return readFiles(
    store,
    tip,
    files.map(({ path }) => path),
  );
}

/** Reads files of a tree, as far as they are there, and what stands in the way of them. */
export async function readFiles(
  store: LedgerStore,
  tip: Oid,
  paths: readonly string[],
): Promise<AuxiliaryFiles> {
  if (paths.length === 0) return new Map();
  const named = new Set(paths);
  const entries = (await store.readTree(tip)).filter(
    ({ path }) => named.has(path) || (isKnownFile(path) && conflictOf([path], paths) !== undefined),
  );
  const plain = entries.filter(({ mode }) => mode === PLAIN_FILE);
  const blobs = await store.readBlobs(
    plain.map(({ oid }) => oid),
    MAX_AUXILIARY_BYTES,
  );
  return new Map(
    entries.map(({ path, mode, oid }) => [path, mode === PLAIN_FILE ? contentOf(blobs.get(oid)) : 'other']),
  );
}

/** As `readAuxiliaryFiles`, for commits that are decided again. */
export const readAuxiliaryFilesFor = (
  store: LedgerStore,
  tip: Oid,
  commits: readonly ReadCommit[],
): Promise<AuxiliaryFiles> =>
  readAuxiliaryFiles(
    store,
    tip,
    commits.map(({ command }) => command),
  );

function contentOf(blob: BlobContent | undefined): AuxiliaryContent {
  const text = blob?.kind === 'bytes' ? readAuxiliaryText(blob.bytes) : undefined;
  return text === undefined ? 'other' : { text };
}
