import fc from 'fast-check';
import { expect, test } from 'vitest';
import { itemPath, parsePath, possiblePaths, STATES, stateOf } from '../../src/codec/path.ts';
import { id, status } from '../helpers/arbitraries.ts';
import { refusal } from '../helpers/fake-view.ts';

test('given an id and a status, when asked for its path, then state, month and shard lead to it', () => {
  expect(itemPath('WRK-20260103-0001', 'in_review')).toBe('active/2026-01/x01/WRK-20260103-0001.yaml');
  expect(itemPath('WRK-20261231-k3m9x2ab', 'failed')).toBe('failed/2026-12/xab/WRK-20261231-k3m9x2ab.yaml');
});

test('given any id and status, when its path is read by a person, then no folder in it can be taken for a day', () => {
  fc.assert(
    fc.property(id, status, (someId, someStatus) => {
      const folders = itemPath(someId, someStatus).split('/').slice(0, -1);
      for (const folder of folders) expect(folder).not.toMatch(/^\d{1,2}$|^\d{4}-\d\d-\d\d$|^\d{8}$/);
    }),
  );
});

test('given a status, when asked for its directory, then open ones share one and each end has its own', () => {
  expect(
    ['pending', 'in_progress', 'blocked', 'in_review'].map((open) => stateOf(open as 'pending')),
  ).toEqual(Array(4).fill('active'));
  for (const end of ['completed', 'failed', 'cancelled'] as const) expect(stateOf(end)).toBe(end);
});

test('given any id and status, when its path is read back, then it names them', () => {
  fc.assert(
    fc.property(id, status, (someId, someStatus) => {
      const path = itemPath(someId, someStatus);
      expect(parsePath(path)).toEqual({ id: someId, state: stateOf(someStatus) });
      expect(possiblePaths(someId)).toContain(path);
      expect(new Set(possiblePaths(someId)).size).toBe(STATES.length);
    }),
  );
});

test.each([
  '',
  '/',
  'ledger.yaml',
  'README.md',
  'WRK-20260103-0001.yaml',
  '/active/2026-01/x01/WRK-20260103-0001.yaml',
  './active/2026-01/x01/WRK-20260103-0001.yaml',
  'active//2026-01/x01/WRK-20260103-0001.yaml',
  'active/../active/2026-01/x01/WRK-20260103-0001.yaml',
  'active/2026-01/x01/../01/WRK-20260103-0001.yaml',
  'active/2026/01/..-20260103-0001.yaml',
  'active/2026-01/x02/WRK-20260103-0001.yaml',
  'active/2026-02/x01/WRK-20260103-0001.yaml',
  'active/2025-01/x01/WRK-20260103-0001.yaml',
  'Active/2026-01/x01/WRK-20260103-0001.yaml',
  'ACTIVE/2026-01/x01/WRK-20260103-0001.yaml',
  'active/2026-01/x01/wrk-20260103-0001.yaml',
  'active/2026-01/x01/WRK-20260103-0001.YAML',
  'active/2026-01/x01/WRK-20260103-0001.yml',
  'active/2026-01/x01/WRK-20260103-0001.yaml/',
  'active/2026-01/x01/WRK-20260103-0001.yaml\n',
  'active/2026/01/01/WRK-20260103-0001.yaml',
  'active/2026-01/01/WRK-20260103-0001.yaml',
  'active/2026/01/x01/WRK-20260103-0001.yaml',
  'active/2026-01/xAB/WRK-20260103-0AAB.yaml',
  'active/2026-01/x01/WRK-20260103-001.yaml',
  'active/2026-01/x01/WRK-20260103-0001',
  'active\\2026\\01\\01\\WRK-20260103-0001.yaml',
  'pending/2026/01/01/WRK-20260103-0001.yaml',
  'archive/active/2026-01/x01/WRK-20260103-0001.yaml',
])('given the path %j, when read, then no item stands there', (path) => {
  expect(parsePath(path)).toBeUndefined();
});

test('given any text, when read as a path, then it is either none or exactly the path of what it names', () => {
  fc.assert(
    fc.property(fc.mixedCase(id.map((it) => itemPath(it, 'pending'))), (path) => {
      const found = parsePath(path);
      if (found !== undefined) expect(itemPath(found.id, 'pending')).toBe(path);
    }),
  );
});

test.each(['../../x', 'WRK-20260103-0001/..', 'WRK-20260103-00.1', '', 'WRK-20260103-0001\n'])(
  'given %j for an id, when asked for its path, then it is refused',
  (bad) => {
    expect(refusal(() => itemPath(bad, 'pending'))).toMatchObject({ code: 'INVALID_INPUT' });
  },
);
