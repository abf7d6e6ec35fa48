import { decodeLedgerMessage, encodeConfigureMessage, encodeInitMessage } from '../codec/ledger-message.ts';
import { readTrailers } from '../codec/message.ts';
import { parsePath, SETTINGS_PATH } from '../codec/path.ts';
import { encodeSettings } from '../codec/settings.ts';
import { type Request, requestSchema } from '../domain/commands.ts';
import { type ConfigureCommand, decideSettings, diffSettings } from '../domain/configure.ts';
import { isLedgerError } from '../domain/errors.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import type { CommitRecord } from '../store/port.ts';
import { checkRequest } from './check-request.ts';
import { checkFirstLine } from './check-trailers.ts';
import { type Blobs, readSettingsFile } from './files.ts';
import type { CommitFindings } from './findings.ts';

/** Checks the commit that history begins with. */
export function checkRoot(record: CommitRecord, blobs: Blobs, findings: CommitFindings): void {
  const items = record.changes.filter(({ path }) => parsePath(path) !== undefined).length;
  if (items > 0) findings.add('root', `it lays down ${items} items`);
  const file = readSettingsFile(record.changes, blobs);
  const request = readRequest('init', record, findings);
  if (request === undefined) findings.add('root', 'it is not `init`');
  if (file?.kind !== 'settings') return findings.add('root', file?.message ?? `it has no ${SETTINGS_PATH}`);
  if (request !== undefined)
    checkFirstLine(record.message, encodeInitMessage(file.settings.ledger_id, request), findings);
}

/** Checks a change of settings against those before it. */
export function checkConfigure(
  record: CommitRecord,
  blobs: Blobs,
  before: LedgerSettings,
  findings: CommitFindings,
): void {
  for (const { path } of record.changes) {
    if (path !== SETTINGS_PATH) findings.add('configure', `it touches ${path}`);
  }
  const file = readSettingsFile(record.changes, blobs);
  const request = readRequest('configure', record, findings);
  if (request === undefined) findings.add('message', 'the message is not one of `configure`');
  if (file?.kind !== 'settings')
    return findings.add('configure', file?.message ?? `it leaves ${SETTINGS_PATH} as it is`);
  const { settings: after, bytes } = file;
  const { keys, patch } = diffSettings(before, after);
  if (request === undefined) return;
  checkFirstLine(record.message, encodeConfigureMessage(keys, request), findings);
  if (keys.length === 0) findings.add('configure', 'it changes no setting');
  const decided = decideAgain(before, { ...request, verb: 'configure', patch }, findings);
  if (decided === undefined || encodeSettings(decided).equals(bytes)) return;
  const rule = encodeSettings(after).equals(bytes) ? 'configure' : 'canonical';
  findings.add(rule, `${SETTINGS_PATH} is not what changing ${keys.join(', ')} gives`);
}

function decideAgain(
  before: LedgerSettings,
  command: ConfigureCommand,
  findings: CommitFindings,
): LedgerSettings | undefined {
  try {
    return decideSettings(before, command).after;
  } catch (error) {
    if (!isLedgerError(error)) throw error;
    findings.add(`illegal:${error.code}`, error.message);
    return undefined;
  }
}

export function readRequest(
  verb: 'init' | 'configure' | 'repair',
  record: CommitRecord,
  findings: CommitFindings,
): Request | undefined {
  const { repeated } = readTrailers(record.message);
  if (repeated.length > 0) findings.add('repeated', `${repeated.join(', ')} occurs more than once`);
  const request = decodeLedgerMessage(record.message);
  if (request?.verb !== verb) return undefined;
  if (!requestSchema().safeParse(request).success) findings.add('message', 'a trailer has no valid value');
  checkRequest(request, record, findings);
  return request;
}
