import { readVersions } from '../audit/diff.ts';
import type { ErrorDetails } from '../domain/error-details.ts';
import type { LedgerError } from '../domain/errors.ts';
import { type Connection, currentTip } from './connection.ts';
import type { Won } from './results.ts';

/**
 * What was made before under the same key by a request for the same, where that was deleted since: as it last was, so that whoever asks again
 * knows that it is done, and nobody makes it twice.
 *
 * @returns `undefined` where the key was used for something else
 */
export async function madeBefore(
  connection: Connection,
  { details: { id, same, deleted } }: LedgerError<'KEY_USED', ErrorDetails<'KEY_USED'>>,
): Promise<Won | undefined> {
  if (!same || !deleted) return undefined;
  const versions = await readVersions(await connection.store(), await currentTip(connection), id);
  const item = versions.findLast((version) => version.item !== undefined)?.item;
  return item && { ok: true, item, commit: undefined, where: 'remote' };
}
