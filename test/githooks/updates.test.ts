import { expect, it } from 'vitest';
import { kindOf, readOutgoing, readUpdates } from '../../src/githooks/updates.ts';

const [A, B, NONE] = ['a'.repeat(40), 'b'.repeat(40), '0'.repeat(40)];

it('given what git tells a hook of a push, when it is read, then each ref is there, and zeros are no object', () => {
  expect(
    readUpdates(`${A} ${B} refs/heads/work-ledger\n${NONE} ${B} refs/heads/a\n${A} ${NONE} refs/heads/b\n`),
  ).toEqual([
    { ref: 'refs/heads/work-ledger', old: A, now: B },
    { ref: 'refs/heads/a', old: undefined, now: B },
    { ref: 'refs/heads/b', old: A, now: undefined },
  ]);
  expect(readUpdates('')).toEqual([]);
});

it('given what git tells before it pushes, when it is read, then the old value is the remote’s', () => {
  expect(readOutgoing(`refs/heads/x ${B} refs/heads/work-ledger ${A}\n`)).toEqual([
    { ref: 'refs/heads/work-ledger', old: A, now: B },
  ]);
});

it.each([
  'hello',
  `${A} ${B}`,
  `${A} ${B} work-ledger`,
  `${A} -x refs/heads/a`,
  `${A.slice(1)} ${B} refs/heads/a`,
])('given anything else (%s), when it is read, then nothing of it is believed', (line) => {
  expect(readUpdates(`${A} ${B} refs/heads/work-ledger\n${line}\n`)).toBeUndefined();
});

it.each([
  ['refs/heads/work-ledger', 'ledger'],
  ['refs/heads/work-ledger2', 'other'],
  ['refs/work-ledger/inbox/abcd1234', 'inbox'],
  ['refs/work-ledger/presence/ada.1', 'presence'],
  ['refs/heads/review/WRK-20260103-0001', 'review'],
  ['refs/heads/review/login', 'other'],
  ['refs/heads/Work-Ledger', 'alike'],
  ['refs/heads/WORK-LEDGER', 'alike'],
  ['refs/heads/work\u200c-ledger', 'alike'],
  ['refs/Heads/work-ledger', 'alike'],
  ['refs/tags/work-ledger', 'alike'],
  ['refs/tags/Work-Ledger', 'alike'],
  ['refs/work-ledger', 'alike'],
  ['refs/Work-Ledger/inbox/abcd1234', 'alike'],
  ['refs/work-ledger/inbox/ABCD1234', 'alike'],
  ['refs/work-ledger/Inbox/abcd1234', 'alike'],
  ['refs/work-ledger/inbox/a/b', 'alike'],
  ['refs/heads/Review/WRK-20260103-0001', 'alike'],
  ['refs/heads/review/wrk-20260103-0001', 'alike'],
  ['refs/heads/review/WRK-20260103-K3M9X2AB', 'alike'],
  ['refs/heads/Main', 'other'],
  ['refs/heads/main', 'other'],
  ['refs/tags/v1', 'other'],
])('given the ref %s, then to the ledger it is: %s', (ref, kind) => {
  const refs = { branch: 'refs/heads/work-ledger', presence: 'refs/work-ledger/presence' };
  expect(kindOf(ref, refs)).toBe(kind);
});
