import { expect, test } from 'vitest';
import type { Command } from '../../src/domain/commands.ts';
import type { WorkItem } from '../../src/domain/item.ts';
import { asName } from '../../src/domain/text.ts';
import { ask, FakeView, idOf, refusal } from '../helpers/fake-view.ts';

const ID = idOf(1);
const NONE = { id: ID, unproven: true };
const COMMANDS: [string, Command][] = [
  ['release', ask('release', NONE)],
  ['checkpoint', ask('checkpoint', { ...NONE, checkpoint: { step: 'x' } })],
  ['link_execution', ask('link_execution', { ...NONE, link: 'exec-2' })],
  ['block', ask('block', { ...NONE, reason: 'x' })],
  ['submit', ask('submit', { ...NONE, result: undefined })],
  ['complete', ask('complete', { ...NONE, result: undefined })],
  ['fail', ask('fail', { ...NONE, error: 'x' })],
  ['cancel', ask('cancel', NONE)],
];

/** An item that bob made and ada claimed. */
function claimed(execution_id = 'exec-1'): FakeView {
  const view = new FakeView();
  view.do('create', { actor: 'bob', id: ID, fields: { title: 'One' } });
  view.do('claim', { id: ID, execution_id, clone: 'k3m9x2ab' });
  return view;
}

test.each(COMMANDS)(
  'given a claim, when its holder by name asks to %s and shows none, then it is refused',
  (_, command) => {
    expect(refusal(() => claimed().run(command))).toMatchObject({
      code: 'CLAIMED_ELSEWHERE',
      details: { owner: 'ada', execution_id: 'exec-1', clone: 'k3m9x2ab' },
    });
  },
);

test('given a claim, when it is blocked with force, or cancelled by its creator, then no claim has to be shown', () => {
  expect(claimed().do('block', { ...NONE, reason: 'x', force: true }).status).toBe('blocked');
  expect(claimed().do('cancel', { ...NONE, actor: 'bob' }).status).toBe('cancelled');
});

test('given an item that nobody holds, when who has no claim blocks it, then it is blocked', () => {
  const view = new FakeView();
  view.do('create', { id: ID, fields: { title: 'One' } });
  expect(view.do('block', { ...NONE, reason: 'x' }).status).toBe('blocked');
});

test('given an item that came in progress and was never claimed, when its owner completes it, then its name is enough', () => {
  const view = claimed();
  const { claim: _, ...item } = view.find(ID) as WorkItem;
  view.put(item as WorkItem);
  expect(view.do('complete', { ...NONE, result: undefined }).status).toBe('completed');
});

test('given a blocked item that is held, when an execution of the same name starts it, then only the one that claimed it may', () => {
  const view = claimed();
  view.do('block', { id: ID, reason: 'x' });
  const other = ask('start', { ...NONE, execution_id: 'exec-2' });
  expect(refusal(() => view.run(other)).code).toBe('CLAIMED_ELSEWHERE');
  expect(view.do('start', { id: ID, execution_id: 'exec-1' }).status).toBe('in_progress');
});

test.each([
  ['exec-1', '--execution exec-1,'],
  ['a b', "--execution 'a b',"],
  ["$(rm -rf x) 'q", "--execution '$(rm -rf x) '\\''q',"],
])(
  'given the execution %s, when it is named in a hint, then a shell takes it as it is',
  (execution, named) => {
    expect(refusal(() => claimed(execution).run(ask('cancel', NONE)))).toMatchObject({
      message: expect.stringContaining(`as execution ${asName(execution)} of the clone k3m9x2ab`),
      hint: expect.stringContaining(named),
    });
  },
);
