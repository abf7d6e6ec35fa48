import { describe, expect, test } from 'vitest';
import { observeHolder } from '../../src/domain/holding.ts';
import type { WorkItem } from '../../src/domain/item.ts';
import type { NewWork } from '../../src/domain/item-schema.ts';
import type { LedgerSettings } from '../../src/domain/settings.ts';
import { FakeView, idOf, refusal } from '../helpers/fake-view.ts';

const ID = idOf(1);
const LEADS = { leads: { members: ['lea', 'leo'] } };
const BUGS = [{ types: ['bug' as const] }];

function ledger(review: LedgerSettings['review'], fields: Omit<NewWork, 'title'>, more = {}): FakeView {
  const view = new FakeView({ roles: LEADS, review, ...more });
  view.do('create', { id: ID, actor: 'carol', fields: { title: 'One', ...fields } });
  return view;
}

let executions = 0;
const claim = (view: FakeView, actor = 'ada') => {
  executions += 1;
  return view.do('claim', { id: ID, actor, execution_id: `exec-${executions}` });
};
const release = (view: FakeView, actor = 'ada') => view.do('release', { id: ID, actor });
const complete = (view: FakeView, actor = 'ada') =>
  view.do('complete', { id: ID, actor, result: { ok: true } });
const submit = (view: FakeView, actor = 'ada') => view.do('submit', { id: ID, actor, result: { ok: true } });
const approve = (view: FakeView, actor: string) => view.do('approve', { id: ID, actor });
type Change = { type?: WorkItem['type']; swarm_name?: string; add?: string[]; remove?: string[] };
const change = (view: FakeView, actor: string, { add = [], remove = [], ...set }: Change) =>
  view.do('update', { id: ID, actor, patch: { set, labels: { add, remove } } });

describe('given an item that was led out from under a rule of review', () => {
  /** What each rule goes by, and the change by which it applies no more. */
  const OUT: [string, LedgerSettings['review'], Omit<NewWork, 'title'>, Change][] = [
    ['type', BUGS, { type: 'bug' }, { type: 'documentation' }],
    ['type, to one that is never reviewed', [{}], {}, { type: 'escalation' }],
    ['label', [{ labels: ['sec*'] }], { labels: ['security'] }, { remove: ['security'] }],
    ['swarm', [{ swarms: ['pay*'] }], { swarm_name: 'payments' }, { swarm_name: 'docs' }],
    ['exception', [{}, { labels: ['trivial'], approvals: 0 }], {}, { add: ['trivial'] }],
  ];

  test.each(OUT)(
    'when who leads it out by %s completes it, then it needs the review',
    (_by, review, fields, out) => {
      const view = ledger(review, fields);
      change(view, 'ada', out);
      claim(view);
      expect(refusal(() => complete(view))).toMatchObject({ code: 'REVIEW_REQUIRED', details: { rule: 1 } });
      submit(view);
      expect(approve(view, 'bob').status).toBe('completed');
    },
  );

  test.each(OUT)(
    'when who worked on it before leads it out by %s, then it needs the review',
    (_by, review, fields, out) => {
      const view = ledger(review, fields);
      claim(view);
      release(view);
      change(view, 'ada', out);
      claim(view);
      expect(refusal(() => complete(view)).code).toBe('REVIEW_REQUIRED');
    },
  );

  test.each(OUT)(
    'when it was taken and others lead it out by %s, then what was worked on is reviewed',
    (_by, review, fields, out) => {
      const view = ledger(review, fields);
      claim(view);
      change(view, 'bob', out);
      expect(refusal(() => complete(view)).code).toBe('REVIEW_REQUIRED');
    },
  );

  test('when somebody else takes it who never worked on it, then what it is now counts', () => {
    const view = ledger(BUGS, { type: 'bug' });
    change(view, 'bob', { type: 'documentation' });
    claim(view);
    expect(complete(view).status).toBe('completed');
  });

  test.each<[string, (view: FakeView) => unknown]>([
    [
      'fails and is tried again',
      (view) => [
        view.do('fail', { id: ID, actor: 'ada', error: 'x' }),
        view.do('retry', { id: ID, actor: 'ada' }),
      ],
    ],
    [
      'is recovered',
      (view) =>
        view.do('recover', { id: ID, actor: 'bob', reason: 'silent', observed: observeHolder(view.get(ID)) }),
    ],
    [
      'is cancelled and opened again',
      (view) => [
        view.do('cancel', { id: ID, actor: 'ada' }),
        view.do('reopen', { id: ID, actor: 'ada', reason: 'x' }),
      ],
    ],
  ])('when it %s meanwhile, then nothing is forgotten', (_what, between) => {
    const view = ledger(BUGS, { type: 'bug' });
    claim(view);
    between(view);
    change(view, 'ada', { type: 'documentation' });
    claim(view);
    expect(refusal(() => complete(view)).code).toBe('REVIEW_REQUIRED');
  });

  test('when another type was between, then every rule of the way counts', () => {
    const view = ledger([...BUGS, { types: ['design'], approvals: 2 }], { type: 'bug' });
    change(view, 'ada', { type: 'design' });
    change(view, 'ada', { type: 'documentation' });
    claim(view);
    submit(view);
    expect(approve(view, 'bob').status).toBe('in_review');
    expect(approve(view, 'zoe').status).toBe('completed');
  });

  test('when the policy changes meanwhile, then the rules of now are held against what it was', () => {
    const view = ledger(BUGS, { type: 'bug' });
    claim(view);
    release(view);
    change(view, 'ada', { type: 'documentation' });
    claim(view);
    view.settings.review = [{ types: ['bug'], approvals: 2 }];
    submit(view);
    expect(approve(view, 'bob').status).toBe('in_review');
    view.settings.review = [];
    expect(approve(view, 'zoe').status).toBe('completed');
  });

  test('when one of those who may approve leads it out in review, then the others still have to approve', () => {
    const view = ledger([{ types: ['bug'], approvals: 2, roles: ['leads'] }], { type: 'bug' });
    claim(view);
    submit(view);
    change(view, 'lea', { type: 'documentation' });
    expect(refusal(() => approve(view, 'zoe')).code).toBe('POLICY_DENIED');
    expect(approve(view, 'lea').status).toBe('in_review');
    expect(refusal(() => approve(view, 'lea')).code).toBe('ILLEGAL_TRANSITION');
    expect(approve(view, 'leo').status).toBe('completed');
  });

  test('when it is led out again and again by the same one, then the item grows no more', () => {
    const view = ledger(BUGS, { type: 'bug' });
    for (const label of ['a', 'b', 'c']) {
      change(view, 'ada', { type: 'documentation' });
      change(view, 'ada', { type: 'bug', add: [label] });
    }
    expect(view.find(ID)?.worked_as).toEqual([{ by: 'ada', type: 'bug' }]);
  });
});

describe('given an item under no rule of review', () => {
  test('when it is taken and changed, then it remembers nothing', () => {
    const view = ledger(BUGS, {});
    claim(view);
    change(view, 'bob', { type: 'documentation', add: ['x'] });
    expect(complete(view)).not.toHaveProperty('worked_as');
  });

  test('when it is completed and then put under one, then that is refused: it was never reviewed', () => {
    const view = ledger([{ types: ['bug'], roles: ['leads'] }], {});
    claim(view);
    complete(view);
    expect(refusal(() => change(view, 'ada', { type: 'bug' }))).toMatchObject({
      code: 'REVIEW_REQUIRED',
      details: { id: ID, rule: 1 },
    });
    expect(change(view, 'ada', { type: 'design', add: ['x'] }).type).toBe('design');
  });

  test('when it was completed by enough whom that rule names, then it may', () => {
    const view = ledger([{ types: ['bug'], roles: ['leads'] }, { types: ['task'] }], {});
    claim(view);
    submit(view);
    approve(view, 'lea');
    expect(change(view, 'zoe', { type: 'bug' }).type).toBe('bug');
  });
});

test('given a rule that lets somebody cancel, when the one it names puts an item of others under it, then that is refused', () => {
  const view = ledger(
    undefined,
    {},
    {
      allow: [{ verbs: ['cancel'], types: ['documentation'], roles: ['leads', 'creator'] }],
    },
  );
  expect(refusal(() => change(view, 'lea', { type: 'documentation' })).code).toBe('POLICY_DENIED');
  expect(change(view, 'carol', { type: 'documentation' }).type).toBe('documentation');
});
