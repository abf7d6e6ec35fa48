import { beforeEach, describe, expect, test } from 'vitest';
import type { Decision, Transition } from '../../src/domain/decide.ts';
import { consequences } from '../../src/domain/verbs/unblock.ts';
import { ask, FakeView, idOf, opOf, refusal, time } from '../helpers/fake-view.ts';

const ID = idOf(1);
const BLOCKER = idOf(2);
let view: FakeView;

beforeEach(() => {
  view = new FakeView();
  for (const id of [ID, BLOCKER]) view.do('create', { id, fields: { title: id }, actor: 'carol' });
});

const block = (
  input: { actor?: string; reason?: string; blocker_id?: string; force?: boolean; epoch?: number } = {},
) => view.do('block', { id: ID, reason: 'waits', at: time(3), ...input });

describe('block and unblock', () => {
  test('given a pending item, when anyone blocks and unblocks it, then it is pending again', () => {
    const blocked = block({ actor: 'bob' });
    expect(blocked).toMatchObject({
      status: 'blocked',
      block: { reason: 'waits', since: time(3), from: 'pending' },
    });
    const free = view.do('unblock', { id: ID, actor: 'eve' });
    expect(free).toMatchObject({ status: 'pending' });
    expect(free.block).toBeUndefined();
  });

  test('given an assigned item, when it is blocked and unblocked, then it is pending: no one had claimed it', () => {
    view.do('assign', { id: ID, owner: 'ada' });
    block();
    expect(view.do('unblock', { id: ID })).toMatchObject({ status: 'pending', owner: 'ada' });
  });

  test('given a held item, when its holder blocks it and anyone unblocks it, then the holder goes on in the same epoch', () => {
    view.do('claim', { id: ID, execution_id: 'e' });
    expect(block()).toMatchObject({ status: 'blocked', owner: 'ada', block: { from: 'in_progress' } });
    const going = view.do('unblock', { id: ID, actor: 'eve' });
    expect(going).toMatchObject({
      status: 'in_progress',
      owner: 'ada',
      attempts: 1,
      claim: { epoch: 1 },
    });
    expect(going.block).toBeUndefined();
  });

  test('given an item held by ada, when bob blocks it, then it is refused and names ada; with force, it is done', () => {
    view.do('claim', { id: ID, execution_id: 'e' });
    expect(refusal(() => block({ actor: 'bob' }))).toMatchObject({
      code: 'NOT_OWNER',
      details: { owner: 'ada' },
    });
    expect(block({ actor: 'bob', force: true })).toMatchObject({
      status: 'blocked',
      owner: 'ada',
      claim: { epoch: 1 },
    });
  });

  test('given no reason, when blocked, then it is refused; given many lines, then they are one', () => {
    expect(refusal(() => block({ reason: ' \n' }))).toMatchObject({ code: 'INVALID_INPUT' });
    expect(block({ reason: ' a\r\n\tb\u0007 ' }).block?.reason).toBe('a b');
  });

  test('given a file that tells not where it was blocked from, when unblocked, then an owner means in progress', () => {
    view.put({ ...view.get(ID), status: 'blocked' });
    expect(view.do('unblock', { id: ID }).status).toBe('pending');
    view.put({ ...view.get(ID), status: 'blocked', owner: 'ada' });
    expect(view.do('unblock', { id: ID }).status).toBe('in_progress');
  });
});

describe('what blocks', () => {
  test('given an item that is not there, when named as the blocker, then it is refused', () => {
    expect(refusal(() => block({ blocker_id: idOf(99) }))).toMatchObject({
      code: 'UNKNOWN_REFERENCE',
      details: { missing: [idOf(99)] },
    });
  });

  test('given an item that ended, when named as the blocker, then it is refused: it would block forever', () => {
    view.do('cancel', { id: BLOCKER, actor: 'carol' });
    expect(refusal(() => block({ blocker_id: BLOCKER }))).toMatchObject({
      code: 'ILLEGAL_TRANSITION',
      details: { blocker_id: BLOCKER, status: 'cancelled' },
    });
  });

  test('given an item, when it is named as its own blocker, then it is refused as a cycle', () => {
    expect(refusal(() => block({ blocker_id: ID })).code).toBe('DEPENDENCY_CYCLE');
  });

  test('given an item that waits for this one, when named as the blocker, then the cycle is told', () => {
    view.do('update', { id: BLOCKER, patch: { dependencies: { add: [ID] } } });
    expect(refusal(() => block({ blocker_id: BLOCKER }))).toMatchObject({
      code: 'DEPENDENCY_CYCLE',
      details: { cycle: [ID, BLOCKER, ID] },
    });
  });

  test('given a parent of this one, when named as the blocker, then it is refused: the parent waits for its parts', () => {
    view.do('update', { id: ID, patch: { set: { parent_id: BLOCKER } } });
    expect(refusal(() => block({ blocker_id: BLOCKER })).code).toBe('DEPENDENCY_CYCLE');
  });

  test('given an open item whose file is damaged, when named as the blocker, then it may be', () => {
    view.damage(BLOCKER);
    expect(block({ blocker_id: BLOCKER }).block?.blocker_id).toBe(BLOCKER);
  });
});

describe('consequences', () => {
  const THIRD = idOf(3);
  const transition = (decision: Decision): Transition => {
    if (decision.kind === 'unchanged') throw new Error('nothing changed');
    return decision;
  };

  beforeEach(() => {
    view.do('create', { id: THIRD, fields: { title: 'Third' } });
    block({ blocker_id: BLOCKER });
    view.do('claim', { id: THIRD, execution_id: 'e3' });
    view.do('block', { id: THIRD, reason: 'waits', blocker_id: BLOCKER });
    view.do('claim', { id: BLOCKER, actor: 'bob', execution_id: 'e2' });
  });

  test('given items blocked by an item, when it is completed, then each is unblocked, in the name of who completed it', () => {
    const done = transition(
      view.run(ask('complete', { id: BLOCKER, actor: 'bob', result: undefined, at: time(50) })),
    );
    const commands = consequences(view, done);
    expect(commands).toEqual(
      [ID, THIRD].map((id) => ({
        verb: 'unblock',
        id,
        actor: 'bob',
        at: time(50),
        reason: `${BLOCKER} is completed`,
      })),
    );
    for (const [n, command] of commands.entries()) view.run({ ...command, op: opOf(5000 + n) });
    expect([view.get(ID).status, view.get(THIRD).status]).toEqual(['pending', 'in_progress']);
  });

  test('given a review, when it is approved, then what was blocked is unblocked', () => {
    view.do('submit', { id: BLOCKER, actor: 'bob', result: undefined });
    const done = transition(view.run(ask('approve', { id: BLOCKER, actor: 'eve' })));
    expect(consequences(view, done).map((command) => [command.id, command.actor])).toEqual([
      [ID, 'eve'],
      [THIRD, 'eve'],
    ]);
  });

  test('given anything else that happens to the blocker, when it happens, then nothing follows', () => {
    const cases = [
      ask('checkpoint', { id: BLOCKER, actor: 'bob', checkpoint: {} }),
      ask('fail', { id: BLOCKER, actor: 'bob', error: 'x' }),
      ask('reopen', { id: BLOCKER, reason: 'again' }),
      ask('cancel', { id: BLOCKER, actor: 'carol' }),
    ];
    for (const command of cases) expect(consequences(view, transition(view.run(command)))).toEqual([]);
  });

  test('given a completed blocker, when it is commented on, then what follows has followed', () => {
    view.do('complete', { id: BLOCKER, actor: 'bob', result: undefined });
    const comment = transition(view.run(ask('comment', { id: BLOCKER, body: 'well done' })));
    expect(consequences(view, comment)).toEqual([]);
  });

  test('given an item that is imported as completed, when it arrives, then nothing follows', () => {
    const item = { ...view.get(THIRD), status: 'completed' as const, block: undefined };
    const imported = transition(view.run(ask('import', { id: idOf(9), item })));
    expect(consequences(view, imported)).toEqual([]);
  });
});
