import { expect, test } from 'vitest';
import type { HistoryEntry } from '../../src/projection/history-entry.ts';
import { attemptsIn } from '../../src/query/attempts.ts';
import { time } from '../helpers/fake-view.ts';

let minute = 0;
const entry = (
  verb: string,
  actor: string,
  to: string | null,
  more: Partial<HistoryEntry> = {},
): HistoryEntry => {
  minute += 1;
  const none = { epoch: null, execution_id: null, reason: null, from: null };
  return { verb, actor, to, at: time(minute), ...none, ...more } as HistoryEntry;
};
const taken = (epoch: number) => ({ epoch, execution_id: `exec-${epoch}` });

test('given an item that many had, when its history is read, then each is told, and why it ended', () => {
  minute = 0;
  const attempts = attemptsIn([
    entry('create', 'eve', 'pending'),
    entry('claim', 'ada', 'in_progress', taken(1)),
    entry('link_execution', 'ada', 'in_progress', { epoch: 1, execution_id: 'exec-1b' }),
    entry('block', 'ada', 'blocked', taken(1)),
    entry('start', 'ada', 'in_progress', taken(1)),
    entry('recover', 'bob', 'pending', { ...taken(1), reason: 'silent' }),
    entry('claim', 'bob', 'in_progress', taken(2)),
    entry('fail', 'bob', 'failed', taken(2)),
    entry('retry', 'bob', 'pending', { reason: 'it broke' }),
    entry('comment', 'eve', 'pending'),
    entry('start', 'cy', 'in_progress', taken(3)),
    entry('submit', 'cy', 'in_review', taken(3)),
  ]);
  expect(attempts).toEqual([
    {
      epoch: 1,
      actor: 'ada',
      execution_id: 'exec-1b',
      since: time(2),
      ended: { verb: 'recover', at: time(6), by: 'bob', reason: 'silent' },
    },
    {
      epoch: 2,
      actor: 'bob',
      execution_id: 'exec-2',
      since: time(7),
      ended: { verb: 'fail', at: time(8), by: 'bob', reason: 'it broke' },
    },
    { epoch: 3, actor: 'cy', execution_id: 'exec-3', since: time(11), ended: null },
  ]);
});

test('given an item that nobody had, when its history is read, then there is nothing to tell', () => {
  expect(attemptsIn([entry('create', 'eve', 'pending'), entry('cancel', 'eve', 'cancelled')])).toEqual([]);
});
