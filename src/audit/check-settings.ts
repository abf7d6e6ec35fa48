import { problemOfPath, problemOfPaths, readAuxiliaryText } from '../codec/auxiliary-files.ts';
import {
  addPlace,
  decodeLedgerMessage,
  encodeConfigureMessage,
  encodeInitMessage,
  readPlace,
  readTrailers,
} from '../codec/message.ts';
import { parsePath, SETTINGS_PATH } from '../codec/path.ts';
import { encodeSettings } from '../codec/settings.ts';
import type { Request } from '../domain/commands.ts';
import { decideSettings, diffSettings } from '../domain/configure.ts';
import { requestSchema } from '../domain/item-schema.ts';
import { keysAsked } from '../domain/policy.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import type { CommitRecord, TreeChange } from '../store/port.ts';
import { checkRequest } from './check-times.ts';
import { checkSame, checkWritten } from './check-trailers.ts';
import { type Blobs, PLAIN_FILE, readSettingsFile } from './files.ts';
import type { CommitFindings } from './findings.ts';

/** Checks the commit that history begins with. */
export function checkRoot(record: CommitRecord, blobs: Blobs, findings: CommitFindings): void {
  const items = record.changes.filter(({ path }) => parsePath(path) !== undefined).length;
  if (items > 0) findings.add('root', `it lays down ${items} items`);
  for (const change of record.changes)
    if (change.path !== SETTINGS_PATH && parsePath(change.path) === undefined)
      checkAuxiliary(change, blobs, findings);
  const file = readSettingsFile(record.changes, blobs);
  const request = readRequest('init', record, findings);
  if (request === undefined) findings.add('root', 'it is not `init`');
  // No ledger of this program: nothing in it can be judged.
  if (file?.kind === 'damaged' && file.error?.code === 'UNSUPPORTED_LEDGER') throw file.error;
  if (file?.kind !== 'settings') return findings.add('root', file?.message ?? `it has no ${SETTINGS_PATH}`);
  if (request !== undefined)
    checkSame(record.message, encodeInitMessage(file.settings.ledger_id, request), findings);
}

/** Checks a change of settings, or of auxiliary files, against the settings before it. */
export function checkConfigure(
  record: CommitRecord,
  blobs: Blobs,
  before: LedgerSettings,
  findings: CommitFindings,
): void {
  const auxiliary = record.changes.filter(({ path }) => path !== SETTINGS_PATH);
  const paths = auxiliary.map(({ path }) => path).filter((path) => problemOfPath(path) === undefined);
  for (const change of auxiliary) checkAuxiliary(change, blobs, findings);
  const together = problemOfPaths(paths);
  if (together !== undefined) findings.add('configure', `it touches ${together}`);
  const request = readRequest('configure', record, findings);
  if (request === undefined) findings.add('message', 'the message is not one of `configure`');
  const file = readSettingsFile(record.changes, blobs);
  if (file?.kind === 'damaged') return findings.add('configure', file.message);
  const { keys, patch } = diffSettings(before, file?.settings ?? before);
  if (keys.length === 0 && (file !== undefined || paths.length === 0))
    findings.add('configure', 'it changes no setting, and no file beside items');
  if (request === undefined) return;
  if (keys.length + paths.length > 0) {
    const alone = encodeConfigureMessage(keys, paths, request);
    const place = readPlace(readTrailers(record.message).values);
    checkSame(record.message, place === undefined ? alone : addPlace(alone, place), findings);
  }
  findings.keys = keysAsked(before, 'configure', request.actor, undefined);
  const files = paths.map((path) => ({ path, text: undefined }));
  const command = { ...request, verb: 'configure', patch, files } as const;
  const decided = findings.decideAgain(() => decideSettings(before, command).after);
  if (file === undefined) return;
  if (decided === undefined || encodeSettings(decided).equals(file.bytes)) return;
  const rule = encodeSettings(file.settings).equals(file.bytes) ? 'configure' : 'canonical';
  findings.add(rule, `${SETTINGS_PATH} is not what changing ${keys.join(', ')} gives`);
}

function checkAuxiliary({ path, after }: TreeChange, blobs: Blobs, findings: CommitFindings): void {
  const problem = problemOfPath(path);
  if (problem !== undefined) return findings.add('configure', `it touches ${path}: ${problem}`);
  if (after === undefined) return;
  if (after.mode !== PLAIN_FILE) return findings.add('mode', `${path} has mode ${after.mode}`);
  const blob = blobs.get(after.oid);
  if (blob?.kind !== 'bytes' || readAuxiliaryText(blob.bytes) === undefined)
    findings.add('configure', `${path} is missing, too large, or not a text`);
}

export function readRequest(
  verb: 'init' | 'configure' | 'repair' | 'acknowledge',
  record: CommitRecord,
  findings: CommitFindings,
): Request | undefined {
  checkWritten(readTrailers(record.message), findings);
  const request = decodeLedgerMessage(record.message);
  if (request?.verb !== verb) return undefined;
  if (!requestSchema().safeParse(request).success) findings.add('message', 'a trailer has no valid value');
  checkRequest(request, record, findings);
  return request;
}
