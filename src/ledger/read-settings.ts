import type { SettingsPatch } from '../domain/configure.ts';

/**
 * Reads settings as a person wrote them, in the form of `ledger.yaml`, for `configure`: any of its keys, also without a value,
 * which takes a setting away.
 *
 * @throws LedgerError `INVALID_INPUT` with line and column
 */
export async function readSettings(text: string): Promise<SettingsPatch> {
  const { decodeSettingsPatch } = await import('../codec/settings-patch.ts');
  return decodeSettingsPatch(Buffer.from(text));
}
