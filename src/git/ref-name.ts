import { LedgerError } from '../domain/errors.ts';
import { CONTROL } from '../domain/text.ts';

/** What git allows below `refs/`, without the parts that a file system could take for something else. */
const REF_NAME = new RegExp(`^refs(?:/(?!\\.)[^${CONTROL} ~^:?*[\\\\/]+(?<!\\.|\\.lock))+$`);

export const isRefName = (ref: string): boolean =>
  REF_NAME.test(ref) && !ref.includes('..') && !ref.includes('@{');

/** @throws LedgerError `INVALID_INPUT` where `ref` is no full ref name */
export function assertRefName(ref: string): void {
  if (isRefName(ref)) return;
  throw new LedgerError('INVALID_INPUT', `${JSON.stringify(ref)} cannot be the name of a git ref.`, {
    details: { ref },
  });
}
