import { expect, test } from 'vitest';
import { type ExportEntry, exportJson } from '../../src/transfer/json-export.ts';
import { itemOf, NOW } from './memory-ledger.ts';

function exported(...entries: ExportEntry[]): Record<string, Record<string, unknown>> {
  const files = [...exportJson(entries, NOW)];
  expect(files.at(-1)?.path).toBe('index.json');
  return Object.fromEntries(
    files.map(({ path, text }) => [path, JSON.parse(text) as Record<string, unknown>]),
  );
}

test('an open item has all classic fields, null where it has no value, then the others, then its history', () => {
  const item = { ...itemOf({ labels: ['a'] }), x_other: 1 };
  const file = exported({ item, history: [] })['active/WRK-20260103-0001.json'];
  expect(file).toMatchObject({
    owner: null,
    parent_id: null,
    started_at: null,
    result: null,
    context: {},
    labels: ['a'],
    x_other: 1,
  });
  expect(Object.keys(file ?? {}).slice(0, 20)).toEqual([
    'id',
    'title',
    'type',
    'priority',
    'status',
    'owner',
    'description',
    'context',
    'parent_id',
    'dependencies',
    'created_at',
    'created_by',
    'updated_at',
    'started_at',
    'completed_at',
    'result',
    'error',
    'swarm_name',
    'job_id',
    'execution_id',
  ]);
  expect(Object.keys(file ?? {}).at(-1)).toBe('history');
});

test('history says in words what happened', () => {
  const at = '2026-01-03T11:00:00.000Z';
  const created = { at, verb: 'create', actor: 'CEO', from: undefined, to: 'pending' } as const;
  const claimed = {
    at,
    verb: 'claim',
    actor: 'ada',
    from: 'pending',
    to: 'in_progress',
    epoch: 1,
    execution_id: 'e',
  } as const;
  const file = exported({ item: itemOf(), history: [created, claimed] })['active/WRK-20260103-0001.json'];
  expect(file?.history).toEqual([
    {
      timestamp: at,
      action: 'created',
      actor: 'CEO',
      details: {},
      previous_status: null,
      new_status: 'pending',
    },
    {
      timestamp: at,
      action: 'claimed',
      actor: 'ada',
      details: { epoch: 1, execution_id: 'e' },
      previous_status: 'pending',
      new_status: 'in_progress',
    },
  ]);
});

test('finished items stand by the month in which they were finished', () => {
  const completed_at = '2026-02-03T00:00:00.000Z';
  const updated_at = '2026-03-04T00:00:00.000Z';
  const entry = (number: number, status: 'completed' | 'failed' | 'cancelled' | 'in_review') => ({
    item: itemOf({ id: `WRK-20260103-000${number}`, status, completed_at, updated_at }),
    history: [],
  });
  const paths = Object.keys(
    exported(entry(1, 'completed'), entry(2, 'failed'), entry(3, 'cancelled'), entry(4, 'in_review')),
  );
  expect(paths).toEqual([
    'completed/2026/02/WRK-20260103-0001.json',
    'failed/2026/03/WRK-20260103-0002.json',
    'cancelled/2026/03/WRK-20260103-0003.json',
    'active/WRK-20260103-0004.json',
    'index.json',
  ]);
});

test('the index finds items by id, status, owner, swarm and parent', () => {
  const parent = itemOf({ id: 'WRK-20260104-0007', swarm_name: 'dev' });
  const child = itemOf({ parent_id: parent.id, status: 'in_progress', owner: 'ada' });
  const index = exported({ item: parent, history: [] }, { item: child, history: [] })['index.json'];
  expect(index).toEqual({
    version: '1.0',
    last_updated: NOW,
    total_count: 2,
    id_counter: 7,
    items: { [child.id]: `active/${child.id}.json`, [parent.id]: `active/${parent.id}.json` },
    by_status: {
      pending: [parent.id],
      in_progress: [child.id],
      blocked: [],
      in_review: [],
      completed: [],
      failed: [],
      cancelled: [],
    },
    by_owner: { ada: [child.id] },
    by_swarm: { dev: [parent.id] },
    by_parent: { [parent.id]: [child.id] },
  });
});

test('an empty ledger is an empty index', () => {
  expect(exported()['index.json']).toMatchObject({ total_count: 0, id_counter: 0, items: {} });
});
