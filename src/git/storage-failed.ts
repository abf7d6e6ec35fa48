import { LedgerError } from '../domain/errors.ts';

/** Runs a step that writes; what the system reports becomes a refusal that says what was being done. */
export async function storing<T>(what: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new LedgerError('STORAGE_FAILED', `${what} failed: ${reason}`, { cause: error });
  }
}
