import { isKnownFile } from '../codec/auxiliary-files.ts';
import { decodeItem } from '../codec/item.ts';
import { parsePath, SETTINGS_PATH, type State } from '../codec/path.ts';
import type { Problem } from '../codec/problem.ts';
import { MAX_FILE_BYTES } from '../codec/read-yaml.ts';
import { decodeSettings } from '../codec/settings.ts';
import { LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import type { BlobContent, LedgerStore, Oid, TreeEntry } from '../store/port.ts';
import type { Content } from './index-writer.ts';

const PLAIN_FILE = '100644';

/** What a file of the ledger's tree comes to. */
export type Placed =
  | { kind: 'item'; path: string; id: WorkId; state: State; content: Content }
  | { kind: 'settings'; settings: LedgerSettings }
  /** Without a problem it is a file that may be there and says nothing. */
  | { kind: 'other'; path: string; problem: Problem | undefined };

/**
 * Reads files of the ledger's tree, each for itself.
 *
 * @param isRead tells whose contents are wanted now; the others are known by path and blob
 * @throws LedgerError `DAMAGED_ITEM` for settings that cannot be read: without them there is no ledger
 */
export async function placeFiles(
  store: Pick<LedgerStore, 'readBlobs'>,
  entries: readonly TreeEntry[],
  isRead: (state: State) => boolean,
): Promise<Placed[]> {
  const wanted = entries.filter(({ path, mode }) => {
    const state = parsePath(path)?.state;
    return mode === PLAIN_FILE && (path === SETTINGS_PATH || (state !== undefined && isRead(state)));
  });
  const blobs = await store.readBlobs(
    wanted.map(({ oid }) => oid),
    MAX_FILE_BYTES,
  );
  return entries.map((entry) => place(entry, blobs, isRead));
}

function place(
  { path, mode, oid }: TreeEntry,
  blobs: ReadonlyMap<Oid, BlobContent>,
  isRead: (state: State) => boolean,
): Placed {
  if (path === SETTINGS_PATH) return { kind: 'settings', settings: settingsIn(blobs.get(oid)) };
  const parsed = parsePath(path);
  if (parsed === undefined) {
    const problem = { rule: 'path', message: 'no work item belongs at this path' };
    return { kind: 'other', path, problem: isKnownFile(path) ? undefined : problem };
  }
  const { id, state } = parsed;
  const unread = mode === PLAIN_FILE && !isRead(state);
  const content: Content = unread ? { kind: 'unread', oid } : contentOf(mode, blobs.get(oid), id, state);
  return { kind: 'item', path, id, state, content };
}

/** The file of an item as what it reads as. */
export function contentOf(mode: string, blob: BlobContent | undefined, id: WorkId, state: State): Content {
  if (mode !== PLAIN_FILE) return damaged('mode', `the entry has mode ${mode}`);
  if (blob === undefined) return damaged('missing', 'the object is missing');
  if (blob.kind === 'bytes') return decodeItem(blob.bytes, id, state);
  return damaged('size', `the file has ${blob.size} bytes; ${MAX_FILE_BYTES} are allowed`);
}

const damaged = (rule: string, message: string): Content => ({ kind: 'damaged', problem: { rule, message } });

function settingsIn(blob: BlobContent | undefined): LedgerSettings {
  if (blob?.kind === 'bytes') return decodeSettings(blob.bytes);
  throw noSettings();
}

export const noSettings = (): LedgerError =>
  new LedgerError('DAMAGED_ITEM', `The ledger has no readable ${SETTINGS_PATH}.`, {
    hint: 'Is this branch a ledger? `git config ledger.branch` names another one.',
    details: { path: SETTINGS_PATH },
  });
