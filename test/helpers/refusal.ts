import { isLedgerError, type LedgerError } from '../../src/index.ts';

/** The refusal that a call ends in. @throws where it does not end in one */
export async function refusalOf(call: Promise<unknown>): Promise<LedgerError> {
  const told = await call.catch((error: unknown) => error);
  if (isLedgerError(told)) return told;
  throw new Error(`not refused: ${JSON.stringify(told)}`, { cause: told });
}

/** What a refusal says is kept here until the next sync. */
export function savedBy({ details }: LedgerError): { op: string; verb: string; id: string | undefined }[] {
  return details.saved as ReturnType<typeof savedBy>;
}
