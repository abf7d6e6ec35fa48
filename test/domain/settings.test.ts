import { expect, test } from 'vitest';
import { decideSettings, type SettingsPatch } from '../../src/domain/configure.ts';
import { CONFIGURABLE, settingsSchema } from '../../src/domain/settings.ts';
import { LEDGER_ID, opOf, refusal, time } from '../helpers/fake-view.ts';

const SETTINGS = settingsSchema().parse({ schema: 1, ledger_id: LEDGER_ID, later: { kept: true } });
const change = (patch: object) =>
  decideSettings(SETTINGS, {
    verb: 'configure',
    op: opOf(1),
    actor: 'ada',
    at: time(),
    patch: patch as SettingsPatch,
  });

test('given nothing but a ledger id, when read, then every other setting has its default', () => {
  expect(settingsSchema().parse({ schema: 1, ledger_id: LEDGER_ID })).toMatchObject({
    id_prefix: 'WRK',
    lease_ttl_s: 3600,
    clock_skew_s: 300,
    max_attempts: 3,
    on_complete: 'archive',
  });
});

test('given a change of settings, when decided, then it alone changes, and unknown keys are kept', () => {
  expect(change({ max_attempts: 7, id_prefix: 'WRK' })).toEqual({
    after: { ...SETTINGS, max_attempts: 7 },
    keys: ['max_attempts'],
  });
});

test('given a change to what stands already, when decided, then no key changes', () => {
  expect(change({ lease_ttl_s: 3600 }).keys).toEqual([]);
  expect(change({})).toEqual({ after: SETTINGS, keys: [] });
});

test.each([
  { max_attempts: 0 },
  { lease_ttl_s: 1.5 },
  { clock_skew_s: -1 },
  { id_prefix: 'wrk' },
  { on_complete: 'forget' },
  { max_attempts: null },
])('given the bad setting %j, when decided, then it is refused by name', (patch) => {
  const error = refusal(() => change(patch));
  expect(error.code).toBe('INVALID_INPUT');
  expect(error.message).toContain(Object.keys(patch)[0]);
});

test('given schema or ledger id, when changed, then they stay: they are for life', () => {
  expect(CONFIGURABLE).not.toContain('ledger_id');
  const other = '019b81f3-0000-7000-8000-00000000ffff';
  try {
    expect(change({ ledger_id: other, schema: 2 }).after).toEqual(SETTINGS);
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID_INPUT' });
  }
});
