import { LedgerError } from '../domain/errors.ts';

/** What git allows below `refs/`, without the parts that a file system could take for something else. */
const REF_NAME = /^refs(?:\/(?!\.)[^\p{Cc} ~^:?*[\\/]+(?<!\.|\.lock))+$/u;

export const isRefName = (ref: string): boolean =>
  REF_NAME.test(ref) && !ref.includes('..') && !ref.includes('@{');

/** @throws LedgerError `INVALID_INPUT` where `ref` is no full ref name */
export function assertRefName(ref: string): void {
  if (isRefName(ref)) return;
  throw new LedgerError('INVALID_INPUT', `${JSON.stringify(ref)} cannot be the name of a git ref.`, {
    details: { ref },
  });
}
