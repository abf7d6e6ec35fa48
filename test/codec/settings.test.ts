import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeSettings, encodeSettings } from '../../src/codec/settings.ts';
import { settingsSchema } from '../../src/domain/settings.ts';
import { settings } from '../helpers/arbitraries.ts';
import { LEDGER_ID, refusal } from '../helpers/fake-view.ts';

const BYTES = `schema: 1
ledger_id: "${LEDGER_ID}"
id_prefix: WRK
lease_ttl_s: 3600
clock_skew_s: 300
max_attempts: 3
on_complete: archive
`;

test('given nothing but a ledger id, when written, then every default stands in the file', () => {
  expect(encodeSettings(settingsSchema().parse({ schema: 1, ledger_id: LEDGER_ID })).toString()).toBe(BYTES);
});

test('given any settings, when written and read, then they are the same, and are written the same again', () => {
  fc.assert(
    fc.property(settings, (some) => {
      const full = settingsSchema().parse(some);
      const bytes = encodeSettings(full);
      expect(decodeSettings(bytes)).toEqual(full);
      expect(encodeSettings(decodeSettings(bytes)).equals(bytes)).toBe(true);
    }),
  );
});

test('given settings of a later version, when read and written, then unknown keys are kept', () => {
  const bytes = Buffer.from(`${BYTES}zz_later:\n  owner: 3\n`);
  expect(encodeSettings(decodeSettings(bytes)).equals(bytes)).toBe(true);
});

test.each([
  ['line 2', BYTES.replace(LEDGER_ID, 'x')],
  ['line 4', BYTES.replace('3600', '0')],
  ['line 3', BYTES.replace('WRK', 'wrk')],
  ['line 7', BYTES.replace('archive', 'forget')],
  ['line 4', BYTES.replace('WRK', '[WRK')],
  ['line 8', `${BYTES}<<<<<<< ours\n`],
  ['not a map', 'text'],
])('given damaged settings, when read, then they are refused and %s is told', (where, text) => {
  const error = refusal(() => decodeSettings(Buffer.from(text)));
  expect(error).toMatchObject({ code: 'DAMAGED_ITEM' });
  expect(error.message).toContain(where);
  expect(error.hint).toBeTypeOf('string');
});
