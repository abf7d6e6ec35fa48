import { expect, test } from 'vitest';
import { choosePresence } from '../../src/ledger/options.ts';

const choose = (presence?: string, branch = 'work-ledger'): string | undefined =>
  choosePresence(
    {
      remotes: new Map(),
      pushes: new Map(),
      settings: new Map(presence === undefined ? [] : [['presence', presence]]),
      identity: { name: 'ada', email: 'ada@example.invalid' },
    },
    branch,
  );

test.each([
  [undefined, 'refs/work-ledger/presence'],
  ['refs/work-ledger/presence', 'refs/work-ledger/presence'],
  ['refs/heads/presence', 'refs/heads/presence'],
  ['refs/heads/bots/at-work', 'refs/heads/bots/at-work'],
  ['none', undefined],
])('given ledger.presence is %j, when it is read, then it is %j', (asked, chosen) => {
  expect(choose(asked)).toBe(chosen);
});

test.each([
  'presence',
  'refs/heads',
  'refs/heads/',
  'refs/heads/a/',
  'refs/heads/../x',
  'refs/heads/a.lock',
  'refs/heads/x:refs/heads/main',
  '--force',
  '',
  'refs/tags/presence',
  'refs/remotes/origin/x',
  'refs/work-ledger/inbox',
  'refs/work-ledger/presence/x',
  'refs/heads/work-ledger',
  'refs/heads/work-ledger/presence',
])('given ledger.presence is %j, when it is read, then it is refused', (asked) => {
  expect(() => choose(asked)).toThrow(/ledger\.presence/);
});

test('given a branch within the place for presence, when it is read, then it is refused', () => {
  expect(() => choose('refs/heads/agents', 'agents/ledger')).toThrow(/ledger\.presence/);
});
