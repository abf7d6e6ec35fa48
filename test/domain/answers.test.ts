import { beforeEach, expect, test } from 'vitest';
import { isLedgerError } from '../../src/domain/errors.ts';
import type { JsonMap } from '../../src/domain/item.ts';
import { consequences } from '../../src/domain/verbs/unblock.ts';
import { ask, FakeView, idOf, opOf, time } from '../helpers/fake-view.ts';

const WORK = idOf(1);
const QUESTION = idOf(2);
let view: FakeView;

beforeEach(() => {
  view = new FakeView();
  view.do('create', { id: WORK, fields: { title: 'Ship it', context: { repository: 'api' } } });
  view.do('create', {
    id: QUESTION,
    fields: { title: 'Ship?', type: 'escalation', description: 'Ship on Friday?' },
  });
});

const block = () => view.do('block', { id: WORK, reason: 'a question', blocker_id: QUESTION });

/** Bob completes what ada asked, and what follows takes place. */
function answer(result: JsonMap | undefined): void {
  view.do('claim', { id: QUESTION, execution_id: 'answers', actor: 'bob' });
  const done = view.run(ask('complete', { id: QUESTION, result, actor: 'bob', at: time(5) }));
  if (done.kind !== 'transition') throw new Error('it was to be completed');
  for (const next of consequences(view, done)) view.run({ ...next, op: opOf(900) });
}

test('given work that waits for an escalation, when that is answered, then the work goes on with question and answer', () => {
  block();
  answer({ answer: 'On Monday.' });
  expect(view.get(WORK)).toMatchObject({
    status: 'pending',
    context: {
      repository: 'api',
      answers: { [QUESTION]: { question: 'Ship on Friday?', answer: 'On Monday.', by: 'bob', at: time(5) } },
    },
  });
});

test('given work with an answer, when another one comes, then it has both', () => {
  block();
  answer({ answer: 'On Monday.' });
  const second = idOf(3);
  view.do('create', { id: second, fields: { title: 'How?', type: 'escalation' } });
  view.do('block', { id: WORK, reason: 'a question', blocker_id: second });
  view.do('claim', { id: second, execution_id: 'answers', actor: 'bob' });
  view.do('complete', { id: second, result: { answer: 'Slowly.' }, actor: 'bob' });
  const work = view.do('unblock', { id: WORK });
  expect(Object.keys(work.context.answers as JsonMap)).toEqual([QUESTION, second]);
});

test.each([
  ['nobody answered', { note: 'done' }],
  ['the answer is no text', { answer: 7 }],
  ['there is no result', undefined],
])('given work that waits, when %s, then it goes on as it was', (_, result) => {
  block();
  answer(result);
  expect(view.get(WORK)).toMatchObject({ status: 'pending', context: { repository: 'api' } });
  expect(view.get(WORK).context.answers).toBeUndefined();
});

test('given work that waits for a task, when that completes with an answer, then nothing is put into the context', () => {
  const task = idOf(4);
  view.do('create', { id: task, fields: { title: 'Build' } });
  view.do('block', { id: WORK, reason: 'build first', blocker_id: task });
  view.do('claim', { id: task, execution_id: 'e' });
  view.do('complete', { id: task, result: { answer: 'no question' } });
  expect(view.do('unblock', { id: WORK }).context).toEqual({ repository: 'api' });
});

test('given work that waits, when someone unblocks it before the answer, then there is none in its context', () => {
  block();
  expect(view.do('unblock', { id: WORK }).context).toEqual({ repository: 'api' });
});

test('given a context that keeps something else as answers, or is full, when the answer comes, then the work goes on without', () => {
  view.do('update', { id: WORK, patch: { context: { answers: 'forty-two' } } });
  block();
  answer({ answer: 'On Monday.' });
  expect(view.get(WORK)).toMatchObject({ status: 'pending', context: { answers: 'forty-two' } });

  const full = 'x'.repeat(255 * 1024);
  const other = idOf(5);
  view.do('create', { id: other, fields: { title: 'Full', context: { full } } });
  const long = idOf(6);
  view.do('create', { id: long, fields: { title: 'Long', type: 'escalation' } });
  view.do('block', { id: other, reason: 'a question', blocker_id: long });
  view.do('claim', { id: long, execution_id: 'e' });
  view.do('complete', { id: long, result: { answer: 'y'.repeat(2048) } });
  expect(view.do('unblock', { id: other })).toMatchObject({ status: 'pending', context: { full } });
});

test('given an escalation whose file is damaged, when work that waits for it is unblocked, then it goes on', () => {
  block();
  view.damage(QUESTION);
  expect(view.do('unblock', { id: WORK }).status).toBe('pending');

  const torn = new FakeView();
  torn.put(view.get(WORK));
  torn.statusOf = () => 'completed';
  torn.damage(QUESTION);
  expect(() => torn.do('block', { id: WORK, reason: 'again', blocker_id: QUESTION })).toThrow();
  torn.put({ ...view.get(WORK), status: 'blocked', block: waiting(QUESTION) });
  expect(torn.do('unblock', { id: WORK }).status).toBe('pending');
  expect(refusedBy(() => torn.find(QUESTION))).toBe(true);
});

const waiting = (blocker_id: string) => ({
  reason: 'a question',
  blocker_id,
  since: time(),
  from: 'pending' as const,
});

function refusedBy(act: () => unknown): boolean {
  try {
    act();
    return false;
  } catch (error) {
    return isLedgerError(error, 'DAMAGED_ITEM');
  }
}
