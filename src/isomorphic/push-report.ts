import type { PushResult } from '../remote/port.ts';
import { displayUrl } from '../trace/mask.ts';
import { decodeLines } from './pkt-line.ts';
import { HttpStatusError } from './smart-http.ts';

/** Someone else was first, in the words of git's versions and of hosts that are not git. */
const BEHIND =
  /fetch first|non-fast-forward|stale info|cannot lock ref|failed to update ref|reference (?:already exists|does not exist)|incorrect old value/i;
const REFUSED = /declined|protected|prohibited|denied|deny|not allowed|not permitted|forbidden|unauthorized/i;
const MISSING_RIGHTS = new Set([401, 403]);
const LINES_TO_QUOTE = 5;

/**
 * What the server's report on one ref says.
 *
 * @param report the lines of `report-status`
 * @param said what hooks printed
 */
export function readPushReport(report: Uint8Array, ref: string, said: string): PushResult {
  const lines = [...decodeLines(report)].map((line) => line?.toString().trim() ?? '');
  if (lines.includes(`ok ${ref}`)) return { kind: 'accepted' };
  const rejection = lines.find((line) => line.startsWith(`ng ${ref} `));
  const reason = rejection?.slice(`ng ${ref} `.length) ?? '';
  if (BEHIND.test(reason)) return { kind: 'behind' };
  if (REFUSED.test(reason))
    return { kind: 'refused', reason: displayUrl([reason, ...quote(said)].join(': ')) };
  return {
    kind: 'unknown',
    cause: new Error(displayUrl(lines.filter((line) => line !== '').join('; ')) || 'no report'),
  };
}

/** What an attempt that got no report comes to: missing rights are final, and all else leaves open what happened. */
export function readPushFailure(error: unknown): PushResult {
  if (error instanceof HttpStatusError && MISSING_RIGHTS.has(error.status)) {
    return { kind: 'refused', reason: error.message };
  }
  return { kind: 'unknown', cause: error instanceof Error ? error : new Error(String(error)) };
}

function quote(said: string): string[] {
  const lines = said.split(/[\r\n]+/).map((line) => line.trim());
  return lines.filter((line) => line !== '').slice(0, LINES_TO_QUOTE);
}
