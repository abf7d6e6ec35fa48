import { describe, expect, test } from 'vitest';
import { decideSettings, type SettingsPatch } from '../../src/domain/configure.ts';
import type { NewWork } from '../../src/domain/item-schema.ts';
import { keysAsked } from '../../src/domain/policy.ts';
import type { LedgerSettings } from '../../src/domain/settings.ts';
import { FakeView, idOf, opOf, refusal, time } from '../helpers/fake-view.ts';

type Policy = Pick<LedgerSettings, 'roles' | 'allow' | 'review' | 'retention_days'>;

const ID = idOf(1);
const ROLES = {
  leads: { members: ['lea', 'pull-request'] },
  workers: { members: ['team/*', 'ada'] },
};

function ledger(policy: Policy, ...fields: Omit<NewWork, 'title'>[]): FakeView {
  const view = new FakeView({ roles: ROLES, ...policy });
  fields.forEach((given, index) => {
    view.do('create', {
      id: idOf(index + 1),
      actor: 'carol',
      fields: { title: `Item ${index + 1}`, ...given },
    });
  });
  return view;
}

const claim = (view: FakeView, actor = 'ada', id = ID) =>
  view.do('claim', { id, actor, execution_id: `exec-${actor}` });
const submit = (view: FakeView, actor = 'ada') => {
  claim(view, actor);
  return view.do('submit', { id: ID, actor, result: { pr: 1 } });
};

describe('who may do what', () => {
  test('given no policy, when anyone asks, then the table alone decides', () => {
    expect(claim(ledger({ roles: undefined }, {}), 'zoe').owner).toBe('zoe');
  });

  test('given a rule for a verb, when someone without its roles asks, then it is refused, and the rule is named', () => {
    const view = ledger({ allow: [{ verbs: ['claim'], roles: ['workers'] }] }, {}, {});
    const error = refusal(() => claim(view, 'zoe'));
    expect(error).toMatchObject({
      code: 'POLICY_DENIED',
      retryable: false,
      details: { verb: 'claim', actor: 'zoe', rule: 1, roles: ['workers'], id: ID },
    });
    expect(error.message).toBe(`zoe may not claim ${ID}: rule 1 of \`allow\` leaves it to workers.`);
    expect(claim(view, 'team/7').owner).toBe('team/7');
    expect(view.do('comment', { id: ID, actor: 'zoe', body: 'hi' }).comments).toHaveLength(1);
    expect(refusal(() => view.do('start', { id: idOf(2), actor: 'zoe', execution_id: 'e' })).code).toBe(
      'POLICY_DENIED',
    );
  });

  test('given several rules that apply, when one asks, then the last decides, be it wider or narrower', () => {
    const view = ledger(
      {
        allow: [
          { verbs: ['*'], roles: ['workers'] },
          { verbs: ['claim'], labels: ['sec*'], roles: ['leads'] },
          { verbs: ['comment'], roles: ['anyone'] },
          { verbs: ['create'], roles: ['anyone'] },
        ],
      },
      { labels: ['security', 'web'] },
      { labels: ['web'] },
    );
    expect(refusal(() => claim(view)).details.rule).toBe(2);
    expect(claim(view, 'ada', idOf(2)).owner).toBe('ada');
    expect(
      refusal(() => view.do('update', { id: ID, actor: 'zoe', patch: { set: { title: 'x' } } })).code,
    ).toBe('POLICY_DENIED');
    expect(view.do('comment', { id: ID, actor: 'zoe', body: 'hi' }).rev).toBe(2);
  });

  test('given a scope of type, label and swarm, when an item misses one of them, then the rule does not apply', () => {
    const scope = { types: ['bug' as const], labels: ['a', 'b'], swarms: ['dev*'] };
    const view = ledger(
      { allow: [{ verbs: ['claim'], ...scope, roles: ['leads'] }] },
      { type: 'bug', labels: ['b'], swarm_name: 'dev1' },
      { type: 'bug', labels: ['c'], swarm_name: 'dev1' },
      { type: 'bug', labels: ['b'] },
      { type: 'task', labels: ['b'], swarm_name: 'dev1' },
    );
    expect(refusal(() => claim(view)).code).toBe('POLICY_DENIED');
    for (const n of [2, 3, 4]) expect(claim(view, 'ada', idOf(n)).status).toBe('in_progress');
  });

  test('given the built-in roles, when creator, owner and others ask, then each is who it says', () => {
    const view = ledger({ allow: [{ verbs: ['update', 'comment'], roles: ['creator', 'owner'] }] }, {});
    claim(view);
    const comment = (actor: string) => view.do('comment', { id: ID, actor, body: 'hi' });
    expect(comment('carol').comments).toHaveLength(1);
    expect(comment('ada').comments).toHaveLength(2);
    expect(refusal(() => comment('bob')).code).toBe('POLICY_DENIED');
  });

  test('given a rule for creating bugs, when others create one or import one, then only what the rule is about is refused', () => {
    const view = ledger({ allow: [{ verbs: ['create'], types: ['bug'], roles: ['leads'] }] });
    const create = (actor: string, type: 'bug' | 'task') =>
      view.do('create', { actor, fields: { title: 'x', type } });
    expect(refusal(() => create('ada', 'bug')).code).toBe('POLICY_DENIED');
    expect(create('ada', 'task').type).toBe('task');
    expect(create('lea', 'bug').type).toBe('bug');
  });

  test('given a rule for nobody, when anyone asks, then it is refused', () => {
    const view = ledger({ allow: [{ verbs: ['reopen'], roles: [] }] }, {});
    claim(view);
    view.do('complete', { id: ID, result: undefined });
    expect(refusal(() => view.do('reopen', { id: ID, actor: 'lea', reason: 'x' })).message).toContain(
      'leaves it to nobody',
    );
  });

  test('given a rule for cancelling, when whom it names cancels, then they need be neither creator nor owner', () => {
    const view = ledger({ allow: [{ verbs: ['cancel'], roles: ['leads', 'creator'] }] }, {}, {});
    claim(view);
    expect(refusal(() => view.do('cancel', { id: ID, actor: 'ada' })).code).toBe('POLICY_DENIED');
    expect(view.do('cancel', { id: ID, actor: 'lea' }).status).toBe('cancelled');
    expect(view.do('cancel', { id: idOf(2), actor: 'carol' }).status).toBe('cancelled');
  });

  test('given a rule for every verb, when the right of the table asks for more, then it still does', () => {
    const view = ledger({ allow: [{ verbs: ['*'], roles: ['anyone'] }] }, {});
    claim(view);
    expect(refusal(() => view.do('complete', { id: ID, actor: 'lea', result: undefined })).code).toBe(
      'NOT_OWNER',
    );
  });

  test('given a rule for unblocking, when a blocker completes, then what follows by itself is not held up', () => {
    const view = ledger({ allow: [{ verbs: ['unblock'], roles: ['leads'] }] }, {}, {});
    view.do('block', { id: idOf(2), reason: 'waits', blocker_id: ID });
    claim(view);
    expect(refusal(() => view.do('unblock', { id: idOf(2) })).code).toBe('POLICY_DENIED');
    view.do('complete', { id: ID, result: undefined });
    expect(view.do('unblock', { id: idOf(2) }).status).toBe('pending');
  });
});

describe('what an update cannot undo', () => {
  const policy: Policy = {
    allow: [
      { verbs: ['claim'], roles: ['leads'] },
      { verbs: ['claim'], labels: ['open'], roles: ['anyone'] },
      { verbs: ['complete'], labels: ['security'], roles: ['leads'] },
    ],
    review: [{ types: ['feature'], roles: ['leads'] }],
  };
  const label = (view: FakeView, actor: string, change: { add?: string[]; remove?: string[] }) =>
    view.do('update', { id: ID, actor, patch: { labels: change } });

  test('given a rule by label, when a label is taken off or put on so that another rule decides, then only whom the first admits may', () => {
    const view = ledger(policy, { labels: ['security'] });
    expect(refusal(() => label(view, 'ada', { remove: ['security'] })).message).toContain(
      'rule 3 of `allow`',
    );
    expect(refusal(() => label(view, 'ada', { add: ['open'] })).details).toMatchObject({
      list: 'allow',
      rule: 1,
    });
    expect(label(view, 'ada', { add: ['web'] }).labels).toEqual(['security', 'web']);
    expect(label(view, 'lea', { remove: ['security'], add: ['open'] }).labels).toEqual(['open', 'web']);
  });

  test('given an item without the label, when anyone puts it under the stricter rule, then they may', () => {
    expect(label(ledger(policy, {}), 'ada', { add: ['security'] }).labels).toEqual(['security']);
  });

  test('given a type that is reviewed, when its worker changes the type, then it is refused, and a reviewer may', () => {
    const view = ledger(policy, { type: 'feature' });
    claim(view, 'lea');
    const retype = (actor: string) => view.do('update', { id: ID, actor, patch: { set: { type: 'task' } } });
    expect(refusal(() => retype('lea')).details).toMatchObject({ list: 'review', rule: 1 });
    expect(refusal(() => retype('bob')).code).toBe('POLICY_DENIED');
    expect(retype('pull-request').type).toBe('task');
  });
});

describe('review', () => {
  test('given a rule, when a held item is completed without review, then it says to submit it', () => {
    const view = ledger(
      { review: [{ types: ['bug'] }, { labels: ['trivial'], approvals: 0 }] },
      { type: 'bug' },
      {
        type: 'bug',
        labels: ['trivial'],
      },
    );
    claim(view);
    claim(view, 'ada', idOf(2));
    expect(refusal(() => view.do('complete', { id: ID, result: undefined }))).toMatchObject({
      code: 'REVIEW_REQUIRED',
      hint: `Submit it instead: wl submit ${ID} --result JSON`,
      details: { rule: 1, approvals: 1 },
    });
    expect(view.do('complete', { id: idOf(2), result: undefined }).status).toBe('completed');
  });

  test('given a role of reviewers, when others approve or reject, then it is refused; the worker never may', () => {
    const view = ledger({ review: [{ roles: ['leads', 'workers'] }] }, {});
    submit(view);
    expect(refusal(() => view.do('approve', { id: ID, actor: 'zoe' })).code).toBe('POLICY_DENIED');
    expect(refusal(() => view.do('reject', { id: ID, actor: 'zoe', reason: 'x' })).code).toBe(
      'POLICY_DENIED',
    );
    expect(refusal(() => view.do('approve', { id: ID, actor: 'ada' })).code).toBe('NOT_OWNER');
    expect(view.do('approve', { id: ID, actor: 'lea' }).status).toBe('completed');
  });

  test('given two approvals that are needed, when each approves, then the last one completes the item', () => {
    const view = ledger({ review: [{ approvals: 2 }] }, {});
    submit(view);
    const first = view.do('approve', { id: ID, actor: 'lea', reason: 'looks right', at: time(3) });
    expect(first).toMatchObject({
      status: 'in_review',
      rev: 4,
      review: { approvals: [{ by: 'lea', at: time(3), note: 'looks right' }] },
    });
    expect(first.review).not.toHaveProperty('verdict');
    expect(refusal(() => view.do('approve', { id: ID, actor: 'lea' })).message).toContain('approved');
    expect(view.do('approve', { id: ID, actor: 'bob', at: time(5) })).toMatchObject({
      status: 'completed',
      completed_at: time(5),
      review: { approvals: [{ by: 'lea' }], verdict: 'approved', by: 'bob' },
    });
  });

  test('given an approval, when the work is sent back and submitted again, then it is asked for again', () => {
    const view = ledger({ review: [{ approvals: 2 }] }, {});
    submit(view);
    view.do('approve', { id: ID, actor: 'lea' });
    expect(view.do('reject', { id: ID, actor: 'bob', reason: 'no tests' }).review?.approvals).toBeUndefined();
    view.do('submit', { id: ID, result: { pr: 2 } });
    expect(view.do('approve', { id: ID, actor: 'bob' }).status).toBe('in_review');
  });

  test('given an approval of someone whom the rule no longer names, when another approves, then it does not count', () => {
    const view = ledger({ review: [{ approvals: 2 }] }, {});
    submit(view);
    const approved = view.do('approve', { id: ID, actor: 'zoe' });
    const narrower = ledger({ review: [{ approvals: 2, roles: ['leads', 'workers'] }] }).put(approved);
    expect(narrower.do('approve', { id: ID, actor: 'team/1' }).status).toBe('in_review');
    expect(narrower.do('approve', { id: ID, actor: 'lea' }).status).toBe('completed');
  });

  test('given a rule for everything, when a question is answered, then no review is asked for, unless a rule names the type', () => {
    const answer = (review: LedgerSettings['review']) => {
      const view = ledger({ review }, { type: 'escalation' });
      claim(view, 'lea');
      return view.do('complete', { id: ID, actor: 'lea', result: undefined });
    };
    expect(answer([{}]).status).toBe('completed');
    expect(refusal(() => answer([{ types: ['escalation'] }])).code).toBe('REVIEW_REQUIRED');
  });
});

test('given days that ended work is kept, when it is deleted sooner, then it is refused until then', () => {
  const view = ledger({ retention_days: 2 }, {});
  claim(view);
  view.do('complete', { id: ID, result: undefined, at: time() });
  const remove = (minutes: number) =>
    view.run({ verb: 'delete', id: ID, actor: 'ada', op: opOf(7_000 + minutes), at: time(minutes) });
  expect(refusal(() => remove(2 * 24 * 60 - 1))).toMatchObject({
    code: 'POLICY_DENIED',
    details: { until: time(2 * 24 * 60) },
  });
  expect(remove(2 * 24 * 60).kind).toBe('transition');
});

describe('keys', () => {
  const key = (letter: string) => `ssh-ed25519 ${letter.repeat(68)}`;
  const roles = {
    leads: { members: ['lea'], keys: [key('L')] },
    chiefs: { members: ['lea', 'cid'], keys: [key('C'), key('D')] },
    workers: { members: ['ada', 'lea'] },
  };

  test('given roles with keys, when they alone admit, then one of their keys has to have signed; else none', () => {
    const asked = (allowed: string[], actor: string) =>
      keysAsked(
        ledger({ roles, allow: [{ verbs: ['claim'], roles: allowed }] }, {}).settings,
        'claim',
        actor,
        ledger({}, {}).get(ID),
      );
    expect(asked(['leads', 'chiefs'], 'lea')).toEqual([[key('L'), key('C'), key('D')]]);
    expect(asked(['leads', 'chiefs'], 'cid')).toEqual([[key('C'), key('D')]]);
    expect(asked(['leads', 'workers'], 'lea')).toEqual([]);
    expect(asked(['workers'], 'ada')).toEqual([]);
  });

  test('given reviewers with keys, when one approves, then the review rule asks as well', () => {
    const { settings } = ledger({
      roles,
      allow: [{ verbs: ['approve'], roles: ['chiefs'] }],
      review: [{ roles: ['leads'] }],
    });
    const item = ledger({}, {}).get(ID);
    expect(keysAsked(settings, 'approve', 'lea', item)).toEqual([[key('C'), key('D')], [key('L')]]);
    expect(keysAsked(settings, 'comment', 'lea', item)).toEqual([]);
  });
});

describe('changing the policy', () => {
  const change = (policy: Policy, actor: string, patch: SettingsPatch) =>
    decideSettings(ledger(policy).settings, { verb: 'configure', op: opOf(1), actor, at: time(), patch });

  test('given a rule for settings, when others change them, then the settings before the change decide', () => {
    const policy: Policy = { allow: [{ verbs: ['configure'], roles: ['leads'] }] };
    const raise = { roles: { leads: { members: ['zoe'] } } };
    expect(refusal(() => change(policy, 'zoe', raise)).message).toBe(
      'zoe may not configure the ledger: rule 1 of `allow` leaves it to leads.',
    );
    expect(change(policy, 'lea', raise).after.roles?.leads).toEqual({ members: ['zoe'] });
  });

  test('given a rule for every verb of items, when settings are changed, then it is not meant', () => {
    expect(change({ allow: [{ verbs: ['*'], roles: [] }] }, 'zoe', { max_attempts: 9 }).keys).toEqual([
      'max_attempts',
    ]);
  });

  test('given roles, when one is changed, then the others stay; null takes one away', () => {
    const { after, keys } = change({}, 'ada', { roles: { workers: null, admins: { members: ['eve'] } } });
    expect(keys).toEqual(['roles']);
    expect(Object.keys(after.roles ?? {})).toEqual(['admins', 'leads']);
  });

  test.each<[string, SettingsPatch, string]>([
    ['a role that is not there', { allow: [{ verbs: ['claim'], roles: ['kings'] }] }, 'kings'],
    [
      'taking away a role that a rule names',
      { roles: { leads: null }, review: [{ roles: ['leads'] }] },
      'leads',
    ],
    ['a built-in name', { roles: { owner: { members: ['x'] } } }, 'owner'],
    [
      'nobody who could change it again',
      { allow: [{ verbs: ['configure'], roles: ['creator'] }] },
      'any more',
    ],
    ['a verb that is none', { allow: [{ verbs: ['fly' as 'claim'], roles: [] }] }, 'allow'],
    ['a key that is none', { roles: { leads: { members: [], keys: ['secret'] } } }, 'key'],
    ['a word that is unknown', { review: [{ priorities: ['high'] } as object] }, 'priorities'],
  ])('given %s, when it is set, then it is refused', (_what, patch, told) => {
    const error = refusal(() => change({}, 'ada', patch));
    expect(error.code).toBe('INVALID_INPUT');
    expect(error.message).toContain(told);
  });
});
