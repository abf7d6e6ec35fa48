import { expect, test } from 'vitest';
import { VERBS } from '../../src/domain/verbs.ts';
import { explainPermission } from '../../src/query/permission.ts';
import { FakeView, idOf, time } from '../helpers/fake-view.ts';

const ID = idOf(1);
const NOW = new Date(time(60));

function ledger(): FakeView {
  const view = new FakeView({
    roles: { leads: { members: ['lea'], keys: [`ssh-ed25519 ${'A'.repeat(68)}`] } },
    allow: [
      { verbs: ['*'], roles: ['anyone'] },
      { verbs: ['approve'], types: ['bug'], roles: ['leads'] },
      { verbs: ['configure'], roles: ['leads'] },
    ],
    review: [{ approvals: 2 }],
  });
  view.do('create', { id: ID, fields: { title: 'Fix', type: 'bug' } });
  return view;
}

const asked = (
  view: FakeView,
  verb: Parameters<typeof explainPermission>[1],
  actor: string,
  id?: typeof ID,
) => explainPermission(view, verb, { actor, item: id === undefined ? undefined : view.get(id), now: NOW });

test('given a rule that decides, when it is explained, then rule, roles, keys and what a review needs are told', () => {
  const view = ledger();
  view.do('claim', { id: ID, execution_id: 'e' });
  view.do('submit', { id: ID, result: undefined });
  view.put({ ...view.get(ID), review: { ...review(view), approvals: [{ by: 'bob', at: time() }] } });
  expect(asked(view, 'approve', 'lea', ID)).toEqual({
    verb: 'approve',
    actor: 'lea',
    id: ID,
    allowed: true,
    refusal: null,
    rules: [
      { number: 1, verbs: ['*'], roles: ['anyone'] },
      { number: 2, verbs: ['approve'], types: ['bug'], roles: ['leads'] },
    ],
    decides: 2,
    roles: ['leads'],
    review: { rule: 1, needed: 2, given: ['bob'], roles: null },
    keys: [[`ssh-ed25519 ${'A'.repeat(68)}`]],
  });
});

test('given what the item does not allow now, when it is explained, then it is refused as the verb would be', () => {
  const view = ledger();
  expect(asked(view, 'approve', 'lea', ID)).toMatchObject({
    allowed: false,
    refusal: { code: 'ILLEGAL_TRANSITION' },
  });
  expect(asked(view, 'complete', 'zoe', ID).refusal?.code).toBe('ILLEGAL_TRANSITION');
  view.do('claim', { id: ID, execution_id: 'e' });
  expect(asked(view, 'complete', 'ada', ID).refusal?.code).toBe('REVIEW_REQUIRED');
  expect(asked(view, 'complete', 'zoe', ID).refusal?.code).toBe('NOT_OWNER');
});

test('given a verb of the ledger itself, when it is explained, then no rule for items is among them', () => {
  expect(asked(ledger(), 'configure', 'zoe')).toMatchObject({
    allowed: false,
    refusal: { code: 'POLICY_DENIED' },
    rules: [{ number: 3 }],
    decides: 3,
  });
  expect(asked(ledger(), 'repair', 'zoe')).toMatchObject({ allowed: true, decides: null, rules: [] });
});

test('given a verb of items and no item, when it is explained, then its rules are told, and no answer', () => {
  expect(asked(ledger(), 'approve', 'zoe')).toMatchObject({
    allowed: null,
    refusal: null,
    decides: null,
    rules: [{ number: 1 }, { number: 2 }],
    keys: [],
  });
});

test('given any verb, when it is asked about a pending item of no policy, then it is as the verb itself decides', () => {
  const view = new FakeView();
  view.do('create', { id: ID, fields: { title: 'x' } });
  const may = VERBS.filter((verb) => asked(view, verb, 'ada', ID).allowed);
  expect(may).toEqual(['assign', 'claim', 'start', 'block', 'cancel', 'update', 'accept', 'comment']);
});

function review(view: FakeView) {
  const { review: standing } = view.get(ID);
  if (standing === undefined) throw new Error('it is not in review');
  return standing;
}
