import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeSettings } from '../../src/codec/settings.ts';
import { decideSettings, diffSettings, mergeLimits, type SettingsPatch } from '../../src/domain/configure.ts';
import { withoutUndefined } from '../../src/domain/item-schema.ts';
import { CONFIGURABLE, type LedgerSettings, settingsSchema } from '../../src/domain/settings.ts';
import { settings } from '../helpers/arbitraries.ts';
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

test('given limits, when some are changed, then the others stay, whatever order they were set in', () => {
  const first = change({ limits: { owner: { bob: 2, '*': 5 }, label: { gpu: 1 } } });
  expect(first.keys).toEqual(['limits']);
  const next = (before: LedgerSettings, limits: object) =>
    decideSettings(before, { verb: 'configure', op: opOf(1), actor: 'ada', at: time(), patch: { limits } });
  const second = next(first.after, { owner: { ada: 3, bob: null }, label: { gpu: null } });
  expect(JSON.stringify(second.after.limits)).toBe('{"owner":{"*":5,"ada":3}}');
  const other = next(next(SETTINGS, { owner: { ada: 3 } }).after, { owner: { '*': 5 } });
  expect(other.after).toEqual(second.after);
  expect(next(second.after, { owner: { ada: 3 } }).keys).toEqual([]);
});

test('given the last limit, when it is taken away, then nothing of limits is left', () => {
  const limited = change({ limits: { swarm: { dev: 1 } } }).after;
  const { after } = decideSettings(limited, {
    verb: 'configure',
    op: opOf(1),
    actor: 'ada',
    at: time(),
    patch: { limits: { swarm: { dev: null } } },
  });
  expect(after).toEqual(SETTINGS);
});

test('given any two settings, when their difference is applied to one, then it is the other', () => {
  fc.assert(
    fc.property(settings, settings, (one, two) => {
      const [before, after] = [sorted(settingsSchema().parse(one)), sorted(settingsSchema().parse(two))];
      const { patch } = diffSettings(before, after);
      const decided = decideSettings(before, {
        verb: 'configure',
        op: opOf(1),
        actor: 'ada',
        at: time(),
        patch,
      });
      expect(encodeSettings(decided.after)).toEqual(encodeSettings(after));
    }),
  );
});

/** As deciding leaves them: names in order, nothing empty; and such as ada may change. */
const sorted = (all: LedgerSettings): LedgerSettings => {
  const limits = mergeLimits(all.limits, {});
  const allow = all.allow?.filter(({ verbs }) => !verbs.includes('configure'));
  return settingsSchema().parse(withoutUndefined({ ...all, limits, allow }));
};

test.each([
  { limits: { team: { a: 1 } } },
  { limits: { owner: { ada: -1 } } },
  { limits: { owner: { ada: 1.5 } } },
  { limits: { owner: { ' ': 1 } } },
  { limits: 3 },
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

test('given the rules version, when it is changed, then it rises as far as the program knows, and never falls', () => {
  const raised = (from: number, to: number, known: number, more: object = {}) =>
    decideSettings(
      { ...SETTINGS, rules_version: from, ...more },
      { verb: 'configure', op: opOf(1), actor: 'ada', at: time(), patch: { rules_version: to } },
      known,
    );
  expect(raised(1, 3, 3)).toMatchObject({ after: { rules_version: 3 }, keys: ['rules_version'] });
  expect(raised(2, 2, 3).keys).toEqual([]);
  expect(refusal(() => raised(1, 3, 2))).toMatchObject({
    code: 'UPGRADE_REQUIRED',
    details: { rules_version: 3, known: 2 },
  });
  expect(refusal(() => raised(3, 2, 3))).toMatchObject({ code: 'INVALID_INPUT' });
  expect(refusal(() => raised(3, 2, 2))).toMatchObject({ code: 'UPGRADE_REQUIRED' });
  const allow = [{ verbs: ['configure'], roles: ['leads'] }];
  const roles = { leads: { members: ['bob'] } };
  expect(refusal(() => raised(1, 2, 2, { allow, roles }))).toMatchObject({ code: 'POLICY_DENIED' });
});
