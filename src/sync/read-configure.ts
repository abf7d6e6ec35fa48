import { readTextBeside } from '../codec/known-files.ts';
import { SETTINGS_PATH } from '../codec/path.ts';
import { decodeSettings } from '../codec/settings.ts';
import {
  type ConfigureCommand,
  diffSettings,
  type FileBeside,
  type SettingsPatch,
} from '../domain/configure.ts';
import { isLedgerError } from '../domain/errors.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import type { BlobContent, CommitRecord, Oid, TreeChange } from '../store/port.ts';

type Blobs = ReadonlyMap<Oid, BlobContent>;

const PLAIN_FILE = '100644';

/**
 * Reads a commit of the verb `configure` back into what was asked.
 *
 * @param request what its message says
 * @returns `undefined` where its files cannot be read: it is no transition then
 */
export function readConfigure(
  request: ConfigureCommand,
  { changes }: CommitRecord,
  blobs: Blobs,
): ConfigureCommand | undefined {
  const settings = changes.find(({ path }) => path === SETTINGS_PATH);
  const patch = settings && patchOf(settings, blobs);
  if (settings !== undefined && patch === undefined) return undefined;
  const files: FileBeside[] = [];
  for (const { path, after } of changes) {
    if (path === SETTINGS_PATH) continue;
    const text = after && textOf(after, blobs);
    if (after !== undefined && text === undefined) return undefined;
    files.push({ path, text });
  }
  return { ...request, patch, files };
}

function patchOf({ before, after }: TreeChange, blobs: Blobs): SettingsPatch | undefined {
  const [old, now] = [settingsIn(before?.oid, blobs), settingsIn(after?.oid, blobs)];
  return old && now && diffSettings(old, now).patch;
}

function settingsIn(oid: Oid | undefined, blobs: Blobs): LedgerSettings | undefined {
  const blob = blobs.get(oid ?? '');
  if (blob?.kind !== 'bytes') return undefined;
  try {
    return decodeSettings(blob.bytes);
  } catch (error) {
    // A commit whose settings cannot be read is no transition; it must not stop the reading of the others.
    if (isLedgerError(error, 'DAMAGED_ITEM')) return undefined;
    throw error;
  }
}

function textOf({ mode, oid }: { mode: string; oid: Oid }, blobs: Blobs): string | undefined {
  const blob = mode === PLAIN_FILE ? blobs.get(oid) : undefined;
  return blob?.kind === 'bytes' ? readTextBeside(blob.bytes) : undefined;
}
