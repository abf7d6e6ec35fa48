import { LedgerError } from '../domain/errors.ts';

export function damagedObject(oid: string, cause: unknown): LedgerError {
  return new LedgerError('STORAGE_FAILED', `The git object ${oid} is damaged.`, {
    hint: 'git fsck names everything that is damaged; another clone has the object whole.',
    details: { oid },
    cause,
  });
}
