import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planFrom } from '../../src/transfer/import.ts';
import { exportJson } from '../../src/transfer/json-export.ts';
import { json } from '../../src/transfer/json-import.ts';
import type { ImportPlan, TransferFile } from '../../src/transfer/plan.ts';
import { runs } from '../helpers/runs.ts';
import { planOf as planOfBeads } from './beads-plan.ts';
import { issue, lines } from './beads-sample.ts';
import { comparable, ledgerItems } from './json-sample.ts';
import { itemOf, MemoryLedger, NOW } from './memory-ledger.ts';

/** The example of the layout's own description: times without a zone, no claim, no revision. */
const FOREIGN = {
  id: 'WRK-20260103-0001',
  title: 'Implement user authentication',
  type: 'feature',
  priority: 'high',
  status: 'in_progress',
  owner: 'swarm_dev/implementer',
  description: 'Implement JWT-based user authentication...',
  context: { files: ['backend/auth.py'], references: ['ADR-003'] },
  parent_id: null,
  dependencies: [],
  created_at: '2026-01-03T10:30:00',
  created_by: 'CEO',
  updated_at: '2026-01-03T11:45:00.123456',
  started_at: '2026-01-03 11:00:00',
  completed_at: null,
  result: null,
  error: null,
  swarm_name: 'swarm_dev',
  job_id: 'job-abc123',
  execution_id: 'exec-def456',
  history: [
    { timestamp: '2026-01-03T10:30:00', action: 'created', actor: 'CEO', details: {}, previous_status: null },
  ],
};

const file = (fields: Record<string, unknown>): TransferFile => ({
  path: `active/${String(fields.id)}.json`,
  text: JSON.stringify(fields),
});

function planOf(files: Iterable<TransferFile>, ledger = new MemoryLedger()): ImportPlan {
  return planFrom('json', json, { files }, { ledger, now: NOW });
}

/** The one item of a plan, with what was kept of it. */
function only(fields: Record<string, unknown>) {
  const plan = planOf([file({ ...FOREIGN, ...fields })]);
  const [candidate] = plan.items;
  if (candidate === undefined) throw new Error('nothing was planned');
  const kept = candidate.item.context.imported as Record<string, unknown>;
  return { ...candidate, kept, rules: plan.notes.map(({ rule }) => rule) };
}

describe('given a file of the layout as others write it', () => {
  test('then it is the same item, times without a zone being UTC, and its history is kept', () => {
    const { id, item, kept, rules } = only({});
    expect(id).toBe(FOREIGN.id);
    expect(comparable(item)).toEqual({
      id: FOREIGN.id,
      title: FOREIGN.title,
      type: 'feature',
      priority: 'high',
      status: 'in_progress',
      owner: 'swarm_dev/implementer',
      description: FOREIGN.description,
      context: FOREIGN.context,
      created_at: '2026-01-03T10:30:00.000Z',
      created_by: 'CEO',
      updated_at: '2026-01-03T11:45:00.123Z',
      started_at: '2026-01-03T11:00:00.000Z',
      swarm_name: 'swarm_dev',
      job_id: 'job-abc123',
      execution_id: 'exec-def456',
      attempts: 0,
    });
    expect(kept).toEqual({ from: 'json', id: FOREIGN.id, history: FOREIGN.history });
    expect(rules).toEqual([]);
  });

  test('blocked takes its reason from the context', () => {
    const { item } = only({ status: 'blocked', owner: null, context: { block_reason: 'waits\nfor keys' } });
    expect(item.block).toEqual({
      reason: 'waits for keys',
      since: '2026-01-03T11:45:00.123Z',
      from: 'pending',
    });
    expect(item.context).toMatchObject({ block_reason: 'waits\nfor keys' });
  });

  test('completed without a time takes the last update', () => {
    expect(only({ status: 'completed' }).item.completed_at).toBe('2026-01-03T11:45:00.123Z');
  });

  test('in progress without an owner is pending, and told', () => {
    expect(only({ owner: null })).toMatchObject({
      item: { status: 'pending' },
      kept: { status: 'in_progress' },
      rules: ['status'],
    });
  });

  test('unknown words are kept, and told', () => {
    const { item, kept, rules } = only({ status: 'waiting', type: 'spike', priority: 'asap' });
    expect(item).toMatchObject({ status: 'pending', type: 'task', priority: 'medium' });
    expect(kept).toMatchObject({ status: 'waiting', type: 'spike', priority: 'asap' });
    expect(rules.toSorted()).toEqual(['priority', 'status', 'type']);
  });

  test('fields that this version does not know stay fields', () => {
    const { item, rules } = only({ x_cost: { usd: 3 } });
    expect(item).toMatchObject({ x_cost: { usd: 3 } });
    expect(rules).toEqual([]);
  });

  test('fields that an item cannot have are kept, and told', () => {
    const { item, kept, rules } = only({
      result: 'done',
      context: ['x'],
      claim: { epoch: 0 },
      block: 'y',
      links: [{ kind: 'x' }],
    });
    expect(item.result).toBeUndefined();
    expect(item.claim).toBeUndefined();
    expect(kept).toMatchObject({
      result: 'done',
      context: ['x'],
      claim: { epoch: 0 },
      block: 'y',
      links: [{ kind: 'x' }],
    });
    expect(rules.toSorted()).toEqual(['field', 'field', 'field', 'field', 'reference_malformed']);
  });

  test('a context that nests too deep is kept as its text, and told', () => {
    const nested = (levels: number) => JSON.parse(`${'['.repeat(levels)}1${']'.repeat(levels)}`) as unknown;
    expect(only({ context: { x: nested(63) } }).item.context.x).toEqual(nested(63));
    const { item, kept, rules } = only({ context: { x: nested(64) } });
    expect(Object.keys(item.context)).toEqual(['imported']);
    expect(kept.context).toBe(JSON.stringify({ x: nested(64) }));
    expect(rules).toEqual(['field']);
  });

  test('NaN, which its encoder writes, becomes text', () => {
    const plan = planOf([
      {
        path: 'a.json',
        text: JSON.stringify({ ...FOREIGN, result: { loss: 0 } }).replace('"loss":0', '"loss":NaN'),
      },
    ]);
    expect(plan.items[0]?.item.result).toEqual({ loss: 'NaN' });
    expect(plan.notes.map(({ rule }) => rule)).toEqual(['repaired_json', 'misplaced_file']);
  });
});

describe('files', () => {
  test('a bad one is a note, and the others are planned', () => {
    const plan = planOf([
      { path: 'active/x.json', text: '{' },
      { path: 'active/y.json.tmp', text: '{' },
      file(FOREIGN),
    ]);
    expect(plan).toMatchObject({
      records: 2,
      unusable: 1,
      notes: [{ rule: 'bad_json', path: 'active/x.json' }, { rule: 'ignored_file' }],
    });
    expect(plan.items).toHaveLength(1);
  });

  test('what the index lists and is not there is told', () => {
    const index = {
      items: {
        [FOREIGN.id]: `active/${FOREIGN.id}.json`,
        'WRK-20260103-0002': 'active/WRK-20260103-0002.json',
      },
    };
    const plan = planOf([{ path: 'index.json', text: JSON.stringify(index) }, file(FOREIGN)]);
    expect(plan.notes).toMatchObject([{ rule: 'missing_file', source_id: 'WRK-20260103-0002' }]);
    expect(plan.records).toBe(1);
  });

  test('an item that stands twice is taken as it was updated last, and the other told', () => {
    const done = { ...FOREIGN, status: 'completed', updated_at: '2026-01-04T00:00:00' };
    const plan = planOf([
      { path: `completed/2026/01/${FOREIGN.id}.json`, text: JSON.stringify(done) },
      file(FOREIGN),
    ]);
    expect(plan.items.map(({ item }) => item.status)).toEqual(['completed']);
    expect(plan).toMatchObject({
      unusable: 1,
      notes: [{ rule: 'duplicate_id', path: `active/${FOREIGN.id}.json` }],
    });
  });

  test('an item in the wrong folder is told; its own status counts', () => {
    const plan = planOf([file({ ...FOREIGN, status: 'failed' })]);
    expect(plan.items.map(({ item }) => item.status)).toEqual(['failed']);
    expect(plan.notes.map(({ rule }) => rule)).toEqual(['misplaced_file']);
  });
});

describe('ids', () => {
  test('one that the ledger cannot have becomes a new one, and what points to it follows', () => {
    const child = {
      ...FOREIGN,
      id: 'WRK-20260103-0009',
      parent_id: 'job 7',
      links: [{ kind: 'related', target: 'job 7' }],
    };
    const plan = planOf([file(child), file({ ...FOREIGN, id: 'job 7' })]);
    expect(plan.items.map(({ id }) => id)).toEqual(['WRK-20260103-0010', 'WRK-20260103-0009']);
    expect(plan.items[1]?.item).toMatchObject({
      parent_id: 'WRK-20260103-0010',
      links: [{ kind: 'related', target: 'WRK-20260103-0010' }],
    });
    expect(plan.notes).toMatchObject([{ rule: 'id', source_id: 'job 7' }]);
  });

  test('one of an item that was deleted is not used again', () => {
    const ledger = new MemoryLedger();
    ledger.deleted.add(FOREIGN.id);
    const plan = planOf([file(FOREIGN)], ledger);
    expect(plan.items.map(({ id }) => id)).toEqual(['WRK-20260103-0002']);
    expect(plan.notes.map(({ rule }) => rule)).toEqual(['id']);
    ledger.apply(plan);
    expect(planOf([file(FOREIGN)], ledger)).toMatchObject({ items: [], unchanged: 1 });
  });

  test('the same item is unchanged; another one that has its id is not it', () => {
    const ledger = new MemoryLedger();
    ledger.put(itemOf({ id: FOREIGN.id, created_at: '2026-01-03T10:30:00.000Z' }));
    expect(planOf([file(FOREIGN)], ledger)).toMatchObject({ items: [], unchanged: 1, notes: [] });
    const other = planOf([file({ ...FOREIGN, created_at: '2026-01-03T09:00:00' })], ledger);
    expect(other.items.map(({ id }) => id)).toEqual(['WRK-20260103-0002']);
  });

  test('an item that is damaged in the ledger is left alone, and told', () => {
    const ledger = new MemoryLedger();
    ledger.damaged.add(FOREIGN.id);
    const child = { ...FOREIGN, id: 'WRK-20260103-0002', parent_id: FOREIGN.id, dependencies: [FOREIGN.id] };
    const plan = planOf([file(FOREIGN), file(child)], ledger);
    expect(plan).toMatchObject({ unchanged: 1, items: [{ item: { parent_id: FOREIGN.id } }] });
    expect(plan.notes.map(({ rule }) => rule)).toContain('damaged_item');
  });
});

describe('references', () => {
  test('a blocker that is nowhere is let go, and told', () => {
    const block = { reason: 'why', blocker_id: 'WRK-20200101-0001', since: NOW, from: 'pending' };
    const { item, kept, rules } = only({ status: 'blocked', block });
    expect(item.block).toEqual({ reason: 'why', since: NOW, from: 'pending' });
    expect(kept.unresolved).toEqual([
      { kind: 'blocker', target: 'WRK-20200101-0001', rule: 'reference_unknown' },
    ]);
    expect(rules).toEqual(['reference_unknown']);
  });

  test.each(['<bob>k', 'exhausted:WRK-20200101-0001:1'])(
    'the key %s is for who made it, and stays with what is kept',
    (key) => {
      const plan = planOf([file({ ...FOREIGN, idempotency_key: key })]);
      expect(plan.items[0]?.item).toMatchObject({ context: { imported: { idempotency_key: key } } });
      expect(plan.items[0]?.item.idempotency_key).toBeUndefined();
    },
  );

  test('an idempotency key that was used stays with the item that it was used for', () => {
    const ledger = new MemoryLedger();
    ledger.put(itemOf({ id: 'WRK-20200101-0001', idempotency_key: 'k' }));
    const plan = planOf([file({ ...FOREIGN, idempotency_key: 'k' })], ledger);
    expect(plan.items[0]?.item.idempotency_key).toBeUndefined();
    expect(plan.notes.map(({ rule }) => rule)).toEqual(['field']);
  });

  test('an item that came from Beads is still known as that after it came by JSON', () => {
    const issues = lines(issue());
    const first = new MemoryLedger();
    first.apply(planOfBeads(issues, first));
    const entries = [...first.items.values()].map((item) => ({ item, history: [] }));
    const second = new MemoryLedger();
    second.apply(planOf(exportJson(entries, NOW), second));
    expect(planOfBeads(issues, second)).toMatchObject({
      items: [],
      unchanged: 1,
    });
  });
});

test('property: what is exported and imported into an empty ledger is the same, and a second import plans nothing', () => {
  fc.assert(
    fc.property(ledgerItems, (items) => {
      const history = [{ at: NOW, verb: 'create', actor: 'ada', from: undefined, to: 'pending' }] as const;
      const files = [
        ...exportJson(
          items.map((item) => ({ item, history })),
          NOW,
        ),
      ];
      const ledger = new MemoryLedger();
      const plan = planOf(files, ledger);
      expect(plan.notes).toEqual([]);
      ledger.apply(plan);
      for (const item of items) expect(comparable(ledger.find(item.id) ?? {})).toEqual(comparable(item));
      expect(planOf(files, ledger)).toMatchObject({
        items: [],
        unchanged: items.length,
        records: items.length,
      });
    }),
    { numRuns: runs(200) },
  );
});

test('property: whatever the files hold, nothing is thrown, each is counted, and the ledger takes the plan', () => {
  const id = fc.constantFrom('WRK-20260103-0001', 'WRK-20260103-0002', 'WRK-20260103-0003', 'other');
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.string({ unit: 'binary' }),
    id,
    fc.array(id),
    fc.constant(NOW),
  );
  const key = fc.constantFrom(
    ...Object.keys(itemOf()),
    'parent_id',
    'block',
    'owner',
    'history',
    'imported',
    '__proto__',
  );
  const status = fc.constantFrom('pending', 'in_progress', 'blocked', 'in_review', 'completed');
  const object = fc
    .tuple(
      fc.dictionary(key, value),
      fc.record({ id, status, parent_id: id, dependencies: fc.array(id) }, { requiredKeys: ['id'] }),
    )
    .map(([loose, strict]) => file({ ...loose, ...strict }));
  fc.assert(
    fc.property(fc.array(object, { maxLength: 8 }), (files) => {
      const plan = planOf(files);
      expect(plan.items.length + plan.unusable).toBe(plan.records);
      new MemoryLedger().apply(plan);
    }),
    { numRuns: runs(200) },
  );
});
