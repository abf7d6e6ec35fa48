import { describe, expect, test } from 'vitest';
import type { WorkId } from '../../src/domain/ids.ts';
import { ask, FakeView, idOf, refusal } from '../helpers/fake-view.ts';

const ONE = 1_000;
const MOST = 2_000;
const create = (view: FakeView, fields: object) => view.do('create', { fields: { title: 'x', ...fields } });
const labels = (count: number): string[] => Array.from({ length: count }, (_, n) => `l${n}`);
const ids = (count: number): WorkId[] => Array.from({ length: count }, (_, n) => idOf(n + 1));

describe('given more than people write', () => {
  test('when an item is to have it, then that is refused, and as much as is allowed is taken', () => {
    const view = new FakeView();
    for (const fields of [
      { labels: labels(1_001) },
      { dependencies: ids(10_001) },
      { links: ids(1_001).map((target) => ({ kind: 'related', target })) },
    ])
      expect(refusal(() => create(view, fields)).code).toBe('INVALID_INPUT');
    const item = create(view, { labels: labels(1_000) });
    const more = { id: item.id, patch: { labels: { add: ['more'] } } };
    expect(refusal(() => view.do('update', more)).code).toBe('INVALID_INPUT');
  });
});

describe('given a thousand items in the way of another', () => {
  const view = new FakeView();
  const parent = create(view, {});
  const child = create(view, { parent_id: parent.id });
  view.put(
    ...ids(ONE)
      .slice(2)
      .map((id) => ({ ...child, id })),
  );
  const waiting = create(view, { dependencies: ids(ONE).slice(1) });

  test.each<[string, () => unknown]>([
    ['the whole is claimed', () => view.do('claim', { id: parent.id, execution_id: 'e' })],
    ['what waits for them is claimed', () => view.do('claim', { id: waiting.id, execution_id: 'e' })],
    ['others are named that are not there', () => create(view, { dependencies: ids(5_000).slice(ONE + 1) })],
    [
      'a way through all of them is closed',
      () => view.run(ask('update', { id: child.id, patch: { dependencies: { add: [waiting.id] } } })),
    ],
  ])('when %s, then the refusal names some, and tells how many there are', (_what, task) => {
    const error = refusal(task);
    expect(error.message.length).toBeLessThan(MOST);
    expect(JSON.stringify(error.details).length).toBeLessThan(20_000);
  });
});
