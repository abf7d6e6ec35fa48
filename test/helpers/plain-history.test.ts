import { expect, test } from 'vitest';
import { type PlainCommit, unsound } from './plain-history.ts';

const step = (
  n: number,
  [author, verb, status, epoch = '', execution = '']: readonly string[],
): PlainCommit => ({
  commit: `c${n}`,
  parents: n === 0 ? [] : [`c${n - 1}`],
  author: author ?? '',
  subject: '',
  op: `op-${n}`,
  verb: verb ?? '',
  item: 'A',
  status: status ?? '',
  epoch,
  execution,
});

const CREATED = ['ada', 'create', 'none -> pending'];
const TAKEN = ['ada', 'claim', 'pending -> in_progress', '1', 'e1'];
const RECOVERED = ['bob', 'recover', 'in_progress -> pending', '1', 'e1'];
const TAKEN_AGAIN = ['bob', 'claim', 'pending -> in_progress', '2', 'e2'];
const BEFORE = [CREATED, TAKEN, RECOVERED, TAKEN_AGAIN];
const found = (...steps: (readonly string[])[]): string[] => unsound(steps.map((one, n) => step(n, one)));

test('given a life with two holders, when it is checked, then nothing is found', () => {
  expect(found(...BEFORE, ['bob', 'complete', 'in_progress -> completed', '2', 'e2'])).toEqual([]);
});

test.each([
  ['of an epoch', ['ada', 'complete', 'in_progress -> completed', '1', 'e1'], 'complete of epoch 1, e1'],
  ['of an execution', ['bob', 'checkpoint', 'in_progress', '2', 'e1'], 'checkpoint of epoch 2, e1'],
  ['of a holder', ['ada', 'complete', 'in_progress -> completed', '2', 'e2'], 'complete by ada, while bob'],
])('given a write %s that is superseded, when it is checked, then it is found', (_, write, text) => {
  expect(found(...BEFORE, write)).toEqual([expect.stringContaining(text)]);
});

test('given a claim of an epoch that was there, when it is checked, then it is found', () => {
  const again = ['ada', 'claim', 'pending -> in_progress', '1', 'e3'];
  expect(found(CREATED, TAKEN, RECOVERED, again)).toEqual(['twice: epoch 1 of A', 'epoch 1 after 1: c3']);
});

test('given two completions, when they are checked, then the second is found', () => {
  const done = ['bob', 'complete', 'in_progress -> completed', '2', 'e2'];
  expect(found(...BEFORE, done, done)).toEqual(['twice: completion of A']);
});
