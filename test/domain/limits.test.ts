import { expect, test } from 'vitest';
import type { NewWork } from '../../src/domain/item-schema.ts';
import { type Limits, reachedLimits } from '../../src/domain/readiness.ts';
import { FakeView, idOf, refusal } from '../helpers/fake-view.ts';

function ledger(limits: Limits, ...fields: Omit<NewWork, 'title'>[]): FakeView {
  const view = new FakeView({ limits });
  fields.forEach((given, index) => {
    view.do('create', { id: idOf(index + 1), fields: { title: `Item ${index + 1}`, ...given } });
  });
  return view;
}

const claim = (view: FakeView, n: number, actor = 'ada') =>
  view.do('claim', { id: idOf(n), actor, execution_id: `exec-${n}` });

test('given a limit of an owner, when it is used up, then the next claim is refused, and who holds what is told', () => {
  const view = ledger({ owner: { ada: 1 } }, {}, {}, {});
  claim(view, 1);
  const error = refusal(() => claim(view, 2));
  expect(error).toMatchObject({
    code: 'LIMIT_REACHED',
    retryable: true,
    details: {
      id: idOf(2),
      limits: [{ kind: 'owner', name: 'ada', max: 1, items: [{ id: idOf(1), owner: 'ada' }] }],
    },
  });
  expect(error.message).toContain(`ada may have 1 in progress and has 1: ${idOf(1)} (ada)`);
  expect(claim(view, 2, 'bob').owner).toBe('bob');
});

test('given a limit, when what counts is finished or given back, then there is room again', () => {
  const view = ledger({ owner: { '*': 1 } }, {}, {}, {});
  claim(view, 1);
  view.do('complete', { id: idOf(1), result: undefined });
  claim(view, 2);
  view.do('release', { id: idOf(2) });
  expect(claim(view, 3).status).toBe('in_progress');
});

test('given someone who is at their limit, when they answer a question, then they may', () => {
  const view = ledger({ owner: { '*': 1 } }, {}, { type: 'escalation' });
  claim(view, 1);
  expect(claim(view, 2).status).toBe('in_progress');
});

test('given the limit of everyone, when two hold work, then each has its own, and a name goes before it', () => {
  const view = ledger({ owner: { '*': 1, bob: 2 } }, {}, {}, {}, {});
  claim(view, 1);
  claim(view, 2, 'bob');
  claim(view, 3, 'bob');
  expect(refusal(() => claim(view, 4)).code).toBe('LIMIT_REACHED');
  expect(refusal(() => claim(view, 4, 'bob')).code).toBe('LIMIT_REACHED');
  expect(claim(view, 4, 'carol').owner).toBe('carol');
});

test('given limits of a swarm and of labels, when each is used up, then all of them are told', () => {
  const gpu = { swarm_name: 'dev', labels: ['gpu', 'slow'] };
  const view = ledger({ swarm: { dev: 1 }, label: { gpu: 1, slow: 2 } }, gpu, gpu, { labels: ['slow'] });
  claim(view, 1);
  const { details } = refusal(() => claim(view, 2, 'bob'));
  expect(details.limits).toMatchObject([
    { kind: 'swarm', name: 'dev' },
    { kind: 'label', name: 'gpu' },
  ]);
  expect(claim(view, 3, 'bob').status).toBe('in_progress');
});

test('given work that is blocked or in review and held, when limits are asked, then it counts; what waits unheld does not', () => {
  const view = ledger({ owner: { ada: 2 } }, {}, {}, {}, {});
  claim(view, 1);
  view.do('block', { id: idOf(1), reason: 'waits' });
  claim(view, 2);
  view.do('submit', { id: idOf(2), result: undefined });
  view.do('assign', { id: idOf(4), owner: 'ada' });
  view.do('block', { id: idOf(4), reason: 'waits' });
  expect(refusal(() => claim(view, 3)).code).toBe('LIMIT_REACHED');
  expect(reachedLimits(view, view.get(idOf(3)), 'ada')).toMatchObject([
    { items: [{ id: idOf(1) }, { id: idOf(2) }] },
  ]);
});

test('given a holder at its limit, when it takes up its own blocked work or claims it again, then that is no new work', () => {
  const view = ledger({ owner: { ada: 1 } }, {});
  claim(view, 1);
  expect(claim(view, 1).status).toBe('in_progress');
  view.do('block', { id: idOf(1), reason: 'waits' });
  expect(view.do('start', { id: idOf(1), execution_id: 'exec-1' }).status).toBe('in_progress');
});

test('given a limit, when a blocked item that nobody holds is started, then it is decided as for a claim', () => {
  const view = ledger({ owner: { ada: 1 } }, {}, {});
  claim(view, 1);
  view.do('block', { id: idOf(2), reason: 'waits' });
  expect(refusal(() => view.do('start', { id: idOf(2), execution_id: 'e' })).code).toBe('LIMIT_REACHED');
});

test('given a limit of none, when anything is claimed, then it is refused', () => {
  expect(refusal(() => claim(ledger({ owner: { '*': 0 } }, {}), 1)).message).toContain(
    'ada may have 0 in progress and has 0',
  );
});

test('given names that are those of every object, when they are limited or not, then only what was set counts', () => {
  const view = ledger(
    { label: { constructor: 1 } },
    { labels: ['constructor', 'toString'] },
    { labels: ['toString'] },
  );
  claim(view, 1);
  expect(claim(view, 2).status).toBe('in_progress');
});
