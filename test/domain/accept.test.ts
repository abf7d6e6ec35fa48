import { describe, expect, test } from 'vitest';
import type { Observation } from '../../src/domain/commands.ts';
import { ask, FakeView, idOf, refusal } from '../helpers/fake-view.ts';

const ID = idOf(1);
const CRITERIA = ['it works', 'it is told', 'it is fast'];

function ledger(settings = {}, criteria: readonly string[] = CRITERIA): FakeView {
  const view = new FakeView(settings);
  const acceptance = criteria.map((text) => ({ text }));
  view.do('create', { id: ID, actor: 'carol', fields: { title: 'One', acceptance } });
  return view;
}
const claim = (view: FakeView) => view.do('claim', { id: ID, actor: 'ada', execution_id: 'exec-1' });
const complete = (view: FakeView) => view.do('complete', { id: ID, actor: 'ada', result: undefined });
/** Says that a criterion is met, having seen this. */
const onWhatWasSeen = (view: FakeView, observed: Observation, criterion: string) =>
  view.run({ ...ask('accept', { id: ID, met: [criterion] }), observed });
const met = (view: FakeView): string[] =>
  view.get(ID).acceptance.flatMap(({ text, done }) => (done ? [text] : []));

describe('given an item with criteria of acceptance', () => {
  test('when some are said to be met, and one is taken back, then that is what it shows', () => {
    const view = ledger();
    view.do('accept', { id: ID, met: ['it works', 'it is fast'] });
    expect(met(view)).toEqual(['it works', 'it is fast']);
    view.do('accept', { id: ID, met: ['it is told'], open: ['it works'] });
    expect(met(view)).toEqual(['it is told', 'it is fast']);
  });

  test('when two say it of different criteria that both saw open, then both count', () => {
    const view = ledger();
    view.do('accept', { id: ID, met: ['it is fast'] });
    onWhatWasSeen(view, { 'acceptance.it works': false }, 'it works');
    expect(met(view)).toEqual(['it works', 'it is fast']);
  });

  test('when both say it of the same one, then they agree', () => {
    const view = ledger();
    view.do('accept', { id: ID, met: ['it works'] });
    onWhatWasSeen(view, { 'acceptance.it works': false }, 'it works');
    expect(met(view)).toEqual(['it works']);
  });

  test.each([
    ['was met, and is open now', { 'acceptance.it works': true }],
    ['was not there', {}],
  ])('when what its author saw is that it %s, then it is lost', (_seen, observed) => {
    const lost = refusal(() => onWhatWasSeen(ledger(), observed, 'it works'));
    expect(lost).toMatchObject({
      code: 'CONFLICT',
      details: { changed: [{ field: 'acceptance.it works' }] },
    });
  });

  test('when it is none of them, then the refusal names it', () => {
    expect(refusal(() => ledger().do('accept', { id: ID, met: ['it sings'] }))).toMatchObject({
      code: 'INVALID_INPUT',
      details: { criteria: ['it sings'] },
    });
  });
});

describe('given a ledger that asks for all criteria to be met', () => {
  test('when one is open, then it is not completed, and is once that one is met', () => {
    const view = ledger({ acceptance: 'required' });
    claim(view);
    view.do('accept', { id: ID, met: CRITERIA.slice(1) });
    expect(refusal(() => complete(view))).toMatchObject({
      code: 'CRITERIA_OPEN',
      details: { id: ID, criteria: ['it works'] },
    });
    view.do('accept', { id: ID, met: ['it works'] });
    expect(complete(view).status).toBe('completed');
  });

  test('when it is submitted with one open, then only the last approval waits for that', () => {
    const view = ledger({ acceptance: 'required', review: [{ approvals: 2 }] });
    claim(view);
    view.do('submit', { id: ID, actor: 'ada', result: undefined });
    view.do('approve', { id: ID, actor: 'bob' });
    const last = () => view.do('approve', { id: ID, actor: 'carol' });
    expect(refusal(last)).toMatchObject({ code: 'CRITERIA_OPEN' });
    view.do('accept', { id: ID, actor: 'carol', met: CRITERIA });
    expect(last().status).toBe('completed');
  });

  test('when it has none, then nothing is asked', () => {
    const view = ledger({ acceptance: 'required' }, []);
    claim(view);
    expect(complete(view).status).toBe('completed');
  });
});

test('given a ledger that does not ask for it, when criteria are open, then the item is completed', () => {
  const view = ledger();
  claim(view);
  expect(complete(view).status).toBe('completed');
});
