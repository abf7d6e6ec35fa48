import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkSettings, settingsSchema } from '../../src/domain/settings.ts';
import { settings } from '../helpers/arbitraries.ts';
import { runs } from '../helpers/runs.ts';

const KEYS = [...Object.keys(settingsSchema().shape), 'extra', '__proto__'];
const odd = fc.oneof(
  fc.constantFrom(undefined, null, '', 'WRK', 'wrk', 'delete', 0, -0, -1, 1, 1.5, 1000, 1001, 2 ** 53),
  fc.anything(),
);

it('given any settings, when they are checked, then they pass with every default', () => {
  fc.assert(
    fc.property(settings, (map) => {
      expect(checkSettings(map)).toEqual(settingsSchema().parse(map));
    }),
  );
});

it('given settings with anything changed in them, then nothing is taken that the schema would not take', () => {
  fc.assert(
    fc.property(settings, fc.constantFrom(...KEYS), odd, (map, key, value) => {
      const changed = Object.fromEntries([
        ...Object.entries(map).filter(([name]) => name !== key),
        [key, value],
      ]);
      const quick = checkSettings(changed);
      if (quick === undefined) return;
      const { data } = settingsSchema().safeParse(changed);
      expect(quick).toEqual(data);
      expect(JSON.stringify(quick)).toBe(JSON.stringify(data));
    }),
    { numRuns: runs(2_000) },
  );
});
