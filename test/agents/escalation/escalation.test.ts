import { expect, test } from 'vitest';
import { type EscalateInput, EscalationProtocol } from '../../../src/agents/escalation/escalation.ts';
import { refusalOf } from '../../helpers/refusal.ts';
import { makePair, until } from '../pair.ts';

/** Ada has work and a question; Bob answers in another clone. */
async function given() {
  const pair = await makePair();
  const { ada, bob } = pair;
  const { id } = await ada.ledger.createWork({ title: 'Ship it', priority: 'high', swarm_name: 'dev' });
  const asks = new EscalationProtocol({ ledger: ada.ledger });
  const answers = new EscalationProtocol({ ledger: bob.ledger });
  /** Asks about the work, so that both clones know. @returns the escalation's id */
  const ask = async (more: Partial<EscalateInput> = {}): Promise<string> => {
    const asked = await asks.escalate({ work_id: id, question: 'Ship on Friday?', ...more });
    if (!asked.ok) throw new Error(asked.message);
    await bob.ledger.clone.fetch();
    return asked.escalation.id;
  };
  return { ...pair, id, asks, answers, ask };
}

test('given work that someone holds, when he asks, then it is blocked by the question, in one push', async () => {
  const { ada, bob, id, asks } = await given();
  await ada.ledger.claimWork(id, { execution_id: 'e1' });
  const pushes = ada.connection.pushes;
  const asked = await asks.escalate({
    work_id: id,
    question: 'Ship on Friday?\nThe tests are green.',
    options: ['yes', 'no'],
    to: 'carol',
    execution_id: 'e1',
    epoch: 1,
  });
  expect(ada.connection.pushes).toBe(pushes + 1);
  const question = asked.ok ? asked.escalation.id : '';
  expect(asked).toMatchObject({ ok: true, where: 'remote', work: { id, status: 'blocked' } });
  await bob.ledger.clone.fetch();
  expect(await bob.ledger.query.find(id)).toMatchObject({
    status: 'blocked',
    owner: 'ada',
    block: { blocker_id: question, from: 'in_progress', reason: 'waits for an answer: Ship on Friday?' },
  });
  expect(await bob.ledger.query.find(question)).toMatchObject({
    ...{ type: 'escalation', title: 'Ship on Friday?', description: 'Ship on Friday?\nThe tests are green.' },
    ...{ status: 'pending', owner: 'carol', priority: 'high', swarm_name: 'dev', created_by: 'ada' },
    context: { options: ['yes', 'no'], work_id: id },
  });
});

test('given a remote that does not answer, when a question is given up, then it ends at once, and says what waits here', async () => {
  const { ada, id, asks } = await given();
  const abort = new AbortController();
  let hangs = false;
  ada.connection.beforePush = () => {
    hangs = true;
    return new Promise(() => undefined);
  };
  const asked = asks.escalate({ work_id: id, question: 'Ship on Friday?', signal: abort.signal });
  await until(() => hangs);
  abort.abort(new Error('enough'));
  expect(await refusalOf(asked)).toMatchObject({ code: 'TIMED_OUT', cause: new Error('enough') });

  const late = asks.escalate({ question: 'And on Monday?', signal: abort.signal });
  await expect(late).rejects.toThrow('enough');
  expect((await ada.ledger.query.list({ type: ['escalation'] })).map(({ title }) => title)).toEqual([
    'Ship on Friday?',
  ]);
});

test('given the words of the design, when work is named by them, then it is asked about', async () => {
  const { id, asks } = await given();
  expect(await asks.escalate({ workId: id, question: 'Ship?' })).toMatchObject({ work: { id } });
});

test('given a question about held work, when it is answered in another clone, then the holder goes on with the answer, in one push', async () => {
  const { ada, bob, id, ask, answers } = await given();
  await ada.ledger.claimWork(id, { execution_id: 'e1' });
  const escalation = await ask({ execution_id: 'e1' });
  const pushes = bob.connection.pushes;
  const answered = await answers.answer(escalation, { answer: 'On Monday.' });
  expect(bob.connection.pushes).toBe(pushes + 1);
  expect(answered).toMatchObject({
    ok: true,
    where: 'remote',
    escalation: { answer: 'On Monday.', option: null, answered_by: 'bob', status: 'completed' },
    unblocked: [{ id, status: 'in_progress', owner: 'ada' }],
  });
  await ada.ledger.clone.fetch();
  expect(await ada.ledger.query.find(id)).toMatchObject({
    status: 'in_progress',
    claim: { epoch: 1, execution_id: 'e1' },
    context: { answers: { [escalation]: { question: 'Ship on Friday?', answer: 'On Monday.', by: 'bob' } } },
  });
  await ada.ledger.completeWork(id, { execution_id: 'e1', epoch: 1 });
  expect(await ada.ledger.audit.verify()).toMatchObject({ ok: true });
});

test('given work that nobody holds, when a question about it is answered, then it is free again', async () => {
  const { bob, id, ask, answers } = await given();
  const escalation = await ask();
  expect(await bob.ledger.getReadyToStart()).toEqual([]);
  expect(await answers.answer(escalation, { answer: 'yes' })).toMatchObject({
    unblocked: [{ id, status: 'pending' }],
  });
  const [ready] = await bob.ledger.getReadyToStart();
  expect(ready).toMatchObject({ id, context: { answers: { [escalation]: { answer: 'yes', by: 'bob' } } } });
});

test('given options, when one is chosen, then it is the answer; one that was not offered is refused', async () => {
  const { ask, answers } = await given();
  const escalation = await ask({ options: ['now', 'later'] });
  expect(await refusalOf(answers.answer(escalation, { option: 'never' }))).toMatchObject({
    code: 'INVALID_INPUT',
    hint: 'It offers: "now", "later"',
  });
  expect(await refusalOf(answers.answer(escalation, {}))).toMatchObject({ code: 'INVALID_INPUT' });
  expect(await answers.answer(escalation, { option: 'later' })).toMatchObject({
    escalation: { answer: 'later', option: 'later' },
  });
});

test('given options, when someone answers in words, then that is the answer', async () => {
  const { ask, answers } = await given();
  const escalation = await ask({ options: ['now', 'later'] });
  expect(await answers.answer(escalation, { answer: 'After lunch.', option: 'later' })).toMatchObject({
    escalation: { answer: 'After lunch.', option: 'later' },
  });
});

test('given an answer, when someone answers again, then it is refused and names who did; so is one to a cancelled question', async () => {
  const { ada, ask, answers, asks } = await given();
  const escalation = await ask();
  await answers.answer(escalation, { answer: 'yes' });
  expect(await refusalOf(answers.answer(escalation, { answer: 'no' }))).toMatchObject({
    code: 'ILLEGAL_TRANSITION',
    message: `${escalation} was answered by bob already.`,
  });
  const second = await asks.escalate({ question: 'How?' });
  const id = second.ok ? second.escalation.id : '';
  await ada.ledger.work.cancel(id);
  expect(await refusalOf(asks.answer(id, { answer: 'so' }))).toMatchObject({ code: 'ILLEGAL_TRANSITION' });
});

test('given two clones that answer at once, when both push, then one answer stands, in the escalation and in the work', async () => {
  const { ada, bob, id, ask, asks, answers } = await given();
  const escalation = await ask();
  const replies = await Promise.all([
    asks.answer(escalation, { answer: 'of ada' }),
    answers.answer(escalation, { answer: 'of bob' }),
  ]);
  const [won, ...more] = replies.filter((reply) => reply.ok);
  expect(more).toEqual([]);
  const answer = won?.escalation.answer;
  for (const { ledger } of [ada, bob]) {
    await ledger.clone.sync();
    expect(await ledger.query.find(escalation)).toMatchObject({ result: { answer } });
    expect(await ledger.query.find(id)).toMatchObject({
      status: 'pending',
      context: { answers: { [escalation]: { answer } } },
    });
    expect(await ledger.audit.verify()).toMatchObject({ ok: true });
  }
});

test('given several works that wait for one escalation, one of them unknown to who answers, when it is answered, then all go on with the answer', async () => {
  const { ada, bob, id, ask, answers } = await given();
  const escalation = await ask();
  const other = await bob.ledger.createWork({ title: 'Announce it' });
  await bob.ledger.blockWork(other.id, { reason: 'as well', blocker_id: escalation });
  const late = await ada.ledger.createWork({ title: 'Bill it' });
  await ada.ledger.blockWork(late.id, { reason: 'as well', blocker_id: escalation });
  const answered = await answers.answer(escalation, { answer: 'yes' });
  expect(answered.ok && answered.unblocked.map((work) => work.id)).toEqual(
    expect.arrayContaining([id, other.id]),
  );
  await ada.ledger.clone.fetch();
  for (const work of [id, other.id, late.id]) {
    expect(await ada.ledger.query.find(work)).toMatchObject({
      status: 'pending',
      context: { answers: { [escalation]: { answer: 'yes' } } },
    });
  }
});

test('given a question about no work, when it is asked, then nothing is blocked, and it can be answered', async () => {
  const { asks, answers, bob } = await given();
  const asked = await asks.escalate({ question: 'Who is on call?', title: 'On call' });
  expect(asked).toMatchObject({ ok: true, work: undefined, escalation: { title: 'On call', work_id: null } });
  await bob.ledger.clone.fetch();
  const id = asked.ok ? asked.escalation.id : '';
  expect(await answers.answer(id, { answer: 'Carol.' })).toMatchObject({ unblocked: [] });
});

test('given a question to someone, when another answers, then it is refused; the one who was asked can, also who took it up', async () => {
  const { bob, ask, answers, asks } = await given();
  const escalation = await ask({ to: 'carol' });
  expect(await refusalOf(answers.answer(escalation, { answer: 'yes' }))).toMatchObject({ code: 'NOT_OWNER' });
  expect(await answers.pending({ to: 'carol' })).toMatchObject([{ id: escalation, to: 'carol' }]);
  expect(await answers.pending({ to: 'bob' })).toEqual([]);
  await bob.ledger.claimWork(escalation, { owner: 'carol' });
  expect(await answers.answer(escalation, { answer: 'yes', actor: 'carol' })).toMatchObject({
    escalation: { answered_by: 'carol' },
  });
  expect(await answers.pending()).toEqual([]);
  expect(await answers.all()).toMatchObject([{ id: escalation, answer: 'yes' }]);
  expect(await asks.pending()).toMatchObject([{ id: escalation }]);
});

test.each([
  ['nobody who holds it', { actor: 'bob' }, 'NOT_OWNER'],
  ['an execution that was superseded', { execution_id: 'e0' }, 'STALE_EPOCH'],
  ['an earlier epoch', { epoch: 7 }, 'STALE_EPOCH'],
  ['someone without a question', { question: ' ' }, 'INVALID_INPUT'],
  ['someone who offers one option twice', { options: ['a', 'a '] }, 'INVALID_INPUT'],
])('given held work, when %s asks, then it is refused, and nothing is asked', async (_, input, code) => {
  const { ada, id, asks } = await given();
  await ada.ledger.claimWork(id, { execution_id: 'e1' });
  expect(await refusalOf(asks.escalate({ work_id: id, question: 'Why?', ...input }))).toMatchObject({ code });
  expect(await asks.pending()).toEqual([]);
  expect(await ada.ledger.query.find(id)).toMatchObject({ status: 'in_progress' });
});

test('given work that another clone ended meanwhile, when a question about it loses, then none was asked', async () => {
  const { ada, bob, id, asks, answers } = await given();
  await bob.ledger.clone.fetch();
  ada.connection.beforePush = async () => {
    ada.connection.beforePush = async () => undefined;
    await bob.ledger.completeWork(id, { claim: true });
  };
  expect(await asks.escalate({ work_id: id, question: 'Ship?' })).toMatchObject({
    ok: false,
    code: 'ILLEGAL_TRANSITION',
  });
  expect(await asks.pending()).toEqual([]);
  await bob.ledger.clone.fetch();
  expect(await answers.pending()).toEqual([]);
  expect(await answers.all()).toEqual([]);
});

test('given a task, when it is answered, then it is refused; so is what does not exist', async () => {
  const { id, asks } = await given();
  expect(await refusalOf(asks.answer(id, { answer: 'yes' }))).toMatchObject({ code: 'INVALID_INPUT' });
  expect(await refusalOf(asks.get('WRK-20260103-0999'))).toMatchObject({ code: 'NOT_FOUND' });
});

test('given a remote that is away, when something is asked, then it is saved here, and shared with the next sync', async () => {
  const { ada, bob, id, asks, answers } = await given();
  ada.connection.cut = true;
  expect(await refusalOf(asks.escalate({ work_id: id, question: 'Ship?' }))).toMatchObject({
    code: 'REMOTE_UNREACHABLE',
    details: { saved: [{ verb: 'create' }, { verb: 'block' }] },
  });
  ada.connection.cut = false;
  await ada.ledger.clone.sync();
  await bob.ledger.clone.fetch();
  const [asked] = await answers.pending();
  expect(asked).toMatchObject({ question: 'Ship?', work_id: id });
  expect(await answers.answer(asked?.id ?? '', { answer: 'yes' })).toMatchObject({ unblocked: [{ id }] });
});
