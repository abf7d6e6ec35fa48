import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeSettings, encodeSettings } from '../../src/codec/settings.ts';
import { settingsSchema } from '../../src/domain/settings.ts';
import { settings } from '../helpers/arbitraries.ts';
import { LEDGER_ID, refusal } from '../helpers/fake-view.ts';

const BYTES = `schema: 1
ledger_id: "${LEDGER_ID}"
rules_version: 1
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
  ['line 3', BYTES.replace('rules_version: 1', 'rules_version: 0')],
  ['line 5', BYTES.replace('3600', '0')],
  ['line 4', BYTES.replace('WRK', 'wrk')],
  ['line 8', BYTES.replace('archive', 'forget')],
  ['line 5', BYTES.replace('WRK', '[WRK')],
  ['line 9', `${BYTES}<<<<<<< ours\n`],
  ['not a map', 'text'],
])('given damaged settings, when read, then they are refused and %s is told', (where, text) => {
  const error = refusal(() => decodeSettings(Buffer.from(text)));
  expect(error).toMatchObject({ code: 'DAMAGED_ITEM' });
  expect(error.message).toContain(where);
  expect(error.hint).toBeTypeOf('string');
});

test.each([
  ['canonical', BYTES.replace('rules_version: 1\n', '')],
  ['other', `# by hand\n${BYTES.replace('rules_version: 1\n', '')}`],
])(
  'given settings of a ledger before the first rules, in %s bytes, when read, then they are refused as such',
  (_how, text) => {
    expect(refusal(() => decodeSettings(Buffer.from(text)))).toMatchObject({
      code: 'UNSUPPORTED_LEDGER',
      details: { path: 'ledger.yaml' },
    });
  },
);

describe('given settings under newer rules', () => {
  const NEWER = BYTES.replace('rules_version: 1', 'rules_version: 2');

  test.each([
    ['a value of another form', `${NEWER}limits: none\n`.replace('3600', 'for ever'), { lease_ttl_s: 3600 }],
    [
      'a rule for a verb that is not known',
      `${NEWER}allow:\n  - verbs:\n      - split\n    roles:\n      - anyone\n`,
      {},
    ],
    [
      'a role that is not known',
      `${NEWER}allow:\n  - verbs:\n      - claim\n    roles:\n      - peers\n`,
      {},
    ],
    ['a key that is not known', `${NEWER}budgets:\n  day: 5\n`, { budgets: { day: 5 } }],
  ])('with %s, when read, then the rest is read', (_what, text, expected) => {
    const read = decodeSettings(Buffer.from(text));
    expect(read).toMatchObject({ rules_version: 2, max_attempts: 3, ...expected });
    expect([read.allow, read.limits]).toEqual([undefined, undefined]);
  });

  test.each([
    ['another lineage', NEWER.replace(LEDGER_ID, 'x')],
    ['another schema', NEWER.replace('schema: 1', 'schema: 2')],
    ['no rules version that is a number', BYTES.replace('rules_version: 1', 'rules_version: newest')],
  ])('with %s, when read, then they are damaged', (_what, text) => {
    expect(refusal(() => decodeSettings(Buffer.from(text)))).toMatchObject({ code: 'DAMAGED_ITEM' });
  });
});
