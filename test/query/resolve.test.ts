import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { stateOf } from '../../src/codec/path.ts';
import { isLedgerError } from '../../src/domain/errors.ts';
import { parseId, type WorkId } from '../../src/domain/ids.ts';
import { isTerminal, type WorkItem, type WorkStatus } from '../../src/domain/item.ts';
import { needsOpen, VERBS, type Verb } from '../../src/domain/verbs.ts';
import { IndexDatabase } from '../../src/projection/index-database.ts';
import { IndexView, Unread } from '../../src/projection/index-view.ts';
import { IndexWriter } from '../../src/projection/index-writer.ts';
import { resolveId, shortIds } from '../../src/query/resolve.ts';

interface Known {
  id: WorkId;
  status?: WorkStatus;
  /** What it was called where it came from. */
  old?: string | undefined;
  /** Finished, and its file was not read yet. */
  unread?: boolean;
}

const AT = '2026-01-03T10:00:00.000Z';

function itemOf({ id, status = 'pending', old }: Known): WorkItem {
  return {
    ...{
      schema: 1,
      id,
      rev: 1,
      last_op: '',
      title: `The work of ${id}`,
      type: 'task',
      priority: 'medium',
      status,
    },
    ...{
      labels: [],
      description: '',
      acceptance: [],
      dependencies: [],
      links: [],
      attempts: 0,
      comments: [],
    },
    ...{ context: old === undefined ? {} : { imported: { id: old } } },
    ...{ created_at: AT, created_by: 'ada', updated_at: AT },
  } as WorkItem;
}

/** A view that notes how SQLite finds what it is asked for. */
class Explained extends IndexView {
  readonly plans: string[] = [];

  override rows(sql: string, ...values: (string | number)[]) {
    this.plans.push(
      ...super.rows(`EXPLAIN QUERY PLAN ${sql}`, ...values).map(({ detail }) => String(detail)),
    );
    return super.rows(sql, ...values);
  }
}

function viewOf(...items: readonly Known[]): Explained {
  const index = IndexDatabase.inMemory(undefined);
  index.write(() => {
    const writer = new IndexWriter(index);
    for (const known of items) {
      const item = itemOf(known);
      const content = known.unread
        ? ({ kind: 'unread', oid: '0'.repeat(40) } as const)
        : ({ kind: 'item', item } as const);
      writer.put(known.id, stateOf(item.status), content);
    }
    writer.finish();
  });
  return new Explained(index);
}

/** The id, or the code of the refusal. */
function answerOf(view: IndexView, typed: string, verb?: Verb): string {
  try {
    return resolveId(view, typed, verb && needsOpen(verb));
  } catch (error) {
    if (isLedgerError(error)) return error.code;
    throw error;
  }
}

function refusalOf(view: IndexView, typed: string, verb?: Verb) {
  try {
    resolveId(view, typed, verb && needsOpen(verb));
  } catch (error) {
    if (isLedgerError(error)) return error;
    throw error;
  }
  throw new Error(`${typed} was taken`);
}

const NOV_30 = 'WRK-20261130-0001';

describe('given one item of 30 November, WRK-20261130-0001', () => {
  const view = viewOf({ id: NOV_30 });

  it.each([
    ['1'],
    ['0001'],
    ['000000001'],
    ['1130-1'],
    ['1130-0001'],
    ['20261130-1'],
    ['20261130-0001'],
    [NOV_30],
    ['wrk-20261130-0001'],
  ])('%s names it', (typed) => {
    expect(answerOf(view, typed)).toBe(NOV_30);
  });

  it.each([
    ...['13', '113', '30', '1130', '2026', '20261130', '0', '01130', '11300001', '10', '001-1', '130-1'],
    ...[
      '1130-',
      '1130-2',
      '1129-1',
      '20251130-1',
      '2026113-1',
      '1130-1-1',
      'W',
      'WRK',
      'WRK-1',
      'WRK-20261130',
    ],
    ...[
      'WRK-20261130-1',
      'WRK-20261130-00001',
      'RK-20261130-0001',
      'wrk1',
      'a1',
      '1a',
      '00x1',
      '0001.',
      '9'.repeat(40),
    ],
  ])('%s does not, since it is no number, no day with a number, and no whole id', (typed) => {
    expect(answerOf(view, typed)).toBe('NOT_FOUND');
  });
});

describe('given items with random parts', () => {
  const first = 'WRK-20261130-k3f9abcd';
  const second = 'WRK-20261129-k3f9xyz0';
  const view = viewOf({ id: first }, { id: second }, { id: 'WRK-20261130-1234a567' });

  it('the beginning of one names it, from four characters on', () => {
    expect(answerOf(view, 'k3f9a')).toBe(first);
    expect(answerOf(view, 'K3F9X')).toBe(second);
    expect(answerOf(view, 'k3f9abcd')).toBe(first);
    expect(answerOf(view, 'k3f9')).toBe('AMBIGUOUS_ID');
    expect(answerOf(view, '1234a')).toBe('WRK-20261130-1234a567');
  });

  it.each(['k3f', 'k', '3f9a', 'abcd', '9abcd', 'f9x', '1234', '20261130-k3f9a', '1130-k3f9a', 'k3f9abcd0'])(
    '%s is no such beginning',
    (typed) => {
      expect(answerOf(view, typed)).toBe('NOT_FOUND');
    },
  );
});

describe('given items that were imported', () => {
  const view = viewOf(
    { id: 'WRK-20250101-0001', old: 'bd-1' },
    { id: 'WRK-20250101-0002', old: 'bd-12' },
    { id: 'WRK-20250101-0003', old: '77' },
    { id: 'WRK-20250101-0004', old: '3' },
    { id: 'WRK-20250101-0005', old: 'T9' },
    { id: 'WRK-20250101-0006', old: 'proj-alpha.1' },
    { id: 'WRK-20250101-0007', old: '2024-17' },
  );

  it('a whole id of before goes before longer ones that begin with it, however short it is', () => {
    expect(answerOf(view, 'bd-1')).toBe('WRK-20250101-0001');
    expect(answerOf(view, 'bd-12')).toBe('WRK-20250101-0002');
    expect(answerOf(view, 'T9')).toBe('WRK-20250101-0005');
    expect(answerOf(view, '2024-17')).toBe('WRK-20250101-0007');
  });

  it('with a letter, the beginning of one names it, from four characters on', () => {
    expect(answerOf(view, 'proj')).toBe('WRK-20250101-0006');
    expect(answerOf(view, 'proj-alpha')).toBe('WRK-20250101-0006');
    expect(answerOf(view, 'pro')).toBe('NOT_FOUND');
    expect(answerOf(view, 'bd-')).toBe('NOT_FOUND');
    expect(answerOf(view, 'alpha')).toBe('NOT_FOUND');
    expect(answerOf(view, 'PROJ')).toBe('NOT_FOUND');
  });

  it('digits alone are a number first, else exactly the id of before', () => {
    expect(answerOf(view, '3')).toBe('WRK-20250101-0003');
    expect(answerOf(view, '77')).toBe('WRK-20250101-0003');
    expect(answerOf(view, '077')).toBe('NOT_FOUND');
    expect(answerOf(view, '2024')).toBe('NOT_FOUND');
  });
});

describe('given the same number on several days, of which one item is open', () => {
  const open = 'WRK-20261128-0001';
  const view = viewOf(
    { id: 'WRK-20261130-0001', status: 'completed' },
    { id: open },
    { id: 'WRK-20261129-0001', status: 'cancelled' },
  );

  it.each(VERBS.filter(needsOpen))('%s, which needs an open item, means that one', (verb) => {
    expect(answerOf(view, '1', verb)).toBe(open);
  });

  it.each(VERBS.filter((verb) => !needsOpen(verb)))('%s, which does not, is refused', (verb) => {
    expect(answerOf(view, '1', verb)).toBe('AMBIGUOUS_ID');
  });

  it('a question is refused, and told of all of them, newest first, with their titles', () => {
    expect(refusalOf(view, '1')).toMatchObject({
      message: '1 fits 3 items.',
      hint: 'Type what one of them alone has: 1130-1, 1129-1, 1128-1',
      details: {
        id: '1',
        found: 3,
        candidates: ['WRK-20261130-0001', 'WRK-20261129-0001', open],
        items: [
          {
            id: 'WRK-20261130-0001',
            short: '1130-1',
            status: 'completed',
            title: 'The work of WRK-20261130-0001',
          },
          { short: '1129-1', status: 'cancelled' },
          { short: '1128-1', status: 'pending' },
        ],
      },
    });
  });

  it('and where two are open, a verb that needs one is told of those two', () => {
    const more = viewOf({ id: open }, { id: 'WRK-20261129-0001', status: 'failed' }, { id: NOV_30 });
    expect(refusalOf(more, '1', 'cancel')).toMatchObject({
      message: '1 fits 2 open items.',
      details: { candidates: [NOV_30, open] },
    });
  });
});

test('given a whole id that has ended and a longer one that is open, when an open one is needed, the longer one is not taken for it', () => {
  const view = viewOf(
    { id: 'WRK-20250101-0001', old: 'bd-1', status: 'completed' },
    { id: 'WRK-20250101-0002', old: 'bd-12' },
  );
  expect(answerOf(view, 'bd-1', 'cancel')).toBe('WRK-20250101-0001');
});

describe('given finished work whose files were not read yet', () => {
  const view = viewOf(
    { id: NOV_30, old: 'bd-77' },
    { id: 'WRK-20261129-0002', status: 'completed', unread: true },
    { id: 'WRK-20261128-0002', status: 'completed', unread: true },
  );

  it('numbers are known without them, and so is an open item by its whole id of before', () => {
    expect(answerOf(view, '1')).toBe(NOV_30);
    expect(answerOf(view, '1129-2')).toBe('WRK-20261129-0002');
    expect(answerOf(view, 'bd-77', 'claim')).toBe(NOV_30);
    expect(answerOf(view, 'WRK-20261130-0009')).toBe('NOT_FOUND');
  });

  it('they are read where one of them can be what is meant, or has to be named by its title', () => {
    expect(() => resolveId(view, 'bd-7')).toThrow(Unread);
    expect(() => resolveId(view, 'bd-7', true)).toThrow(Unread);
    expect(() => resolveId(view, '4711')).toThrow(Unread);
    expect(() => resolveId(view, '2')).toThrow(
      expect.objectContaining({ ids: ['WRK-20261129-0002', 'WRK-20261128-0002'] }),
    );
  });
});

test('given a great many that fit, the newest are named, and how many there are', () => {
  const days = Array.from({ length: 25 }, (_, day) => `WRK-202611${String(day + 1).padStart(2, '0')}-0007`);
  const { message, details } = refusalOf(viewOf(...days.map((id) => ({ id }))), '7');
  expect(message).toBe('7 fits 25 items.');
  expect(details.candidates).toEqual(days.toReversed().slice(0, 20));
});

const IDS = [
  ...['WRK-20251130-0001', NOV_30, 'JOB-20261130-0001', 'WRK-20261113-0001', 'WRK-20261113-0013'],
  ...[
    'WRK-20261130-1130',
    'WRK-20261130-k3f9abcd',
    'WRK-20261129-k3f9abxx',
    'WRK-20261129-k3f9abcd',
    'WRK-20261130-1234a567',
  ],
];
const OLD = [undefined, undefined, '13', '1130', 'bd-1', 'bd-12', 'k3f9', 'k3f9ab', '1130-13', 'T9'];
const ledger = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom(...IDS),
    old: fc.constantFrom(...OLD),
    status: fc.constantFrom<WorkStatus>('pending', 'in_review', 'completed'),
  }),
  { selector: ({ id }) => id },
);
/** Every part of anything that is known, so that nearly all of them must not match. */
const PARTS = [
  ...new Set(
    [...IDS, ...OLD, '1', '01', '13', '1130-1', '1113-0013', '20261130-1'].flatMap((text = '') =>
      [...text].flatMap((_, from) => [...text].map((__, length) => text.slice(from, from + length + 1))),
    ),
  ),
].filter((part) => /^[A-Za-z0-9]/.test(part));

/** The rule, one item at a time: how well `typed` names an item, from 1 on, the lowest first; 0 where it does not. */
function rankOf(typed: string, { id, old }: Pick<Known, 'id' | 'old'>): number {
  if (typed === id) return 1;
  const { date, number, suffix } = parseId(id);
  const [day, n = ''] = typed.includes('-') ? typed.split('-', 2) : [undefined, typed];
  const isNumber = /^\d+$/.test(n) && Number(n) === number;
  if (/^\d+$/.test(typed)) return isNumber ? 2 : typed === old ? 4 : 0;
  if (/^(\d{4}|\d{8})-\d+$/.test(typed)) {
    return isNumber && (day === date || day === date.slice(4)) ? 2 : typed === old ? 4 : 0;
  }
  if (typed === old) return 3;
  if (!/[a-z]/i.test(typed)) return 0;
  if (number === undefined && suffix === typed.toLowerCase()) return 3;
  const begins = (number === undefined && suffix.startsWith(typed.toLowerCase())) || old?.startsWith(typed);
  return typed.length >= 4 && begins ? 4 : 0;
}

test('given any ledger, when any part of an id is typed, then the rule alone says what it means', () => {
  fc.assert(
    fc.property(ledger, fc.constantFrom(...PARTS), fc.boolean(), (items, typed, needed) => {
      const ranked = items
        .map((item) => ({ ...item, rank: rankOf(typed, item) }))
        .filter(({ rank }) => rank > 0);
      const best = ranked.filter(({ rank }) => rank === Math.min(...ranked.map((one) => one.rank)));
      const open = best.filter(({ status }) => !isTerminal(status));
      const meant = best.length > 1 && needed && open.length === 1 ? open : best;
      const answer = answerOf(viewOf(...items), typed, needed ? 'cancel' : undefined);
      if (meant.length === 1) expect(answer).toBe(meant[0]?.id);
      else expect(answer).toBe(meant.length === 0 ? 'NOT_FOUND' : 'AMBIGUOUS_ID');
    }),
    { numRuns: 150 },
  );
});

/** All short forms of an id, shortest first. */
function formsOf(id: WorkId): string[] {
  const { date, number, suffix } = parseId(id);
  if (number !== undefined) return [`${number}`, `${date.slice(4)}-${number}`, `${date}-${number}`, id];
  return [...Array.from(suffix, (_, length) => suffix.slice(0, length + 1)), id];
}

test('given any ledger, the short form of each id names it, and no shorter one does', () => {
  fc.assert(
    fc.property(ledger, (items) => {
      const view = viewOf(...items);
      const short = shortIds(view, [...items.map(({ id }) => id), 'WRK-20200101-0001']);
      expect([...short.keys()].sort()).toEqual(items.map(({ id }) => id).sort());
      for (const [id, form] of short) {
        expect(answerOf(view, form)).toBe(id);
        const shorter = formsOf(id).slice(0, formsOf(id).indexOf(form));
        // An id from before an import may hold a beginning back that would do without it.
        if (items.every(({ old }) => old === undefined))
          for (const one of shorter) expect(answerOf(view, one)).not.toBe(id);
      }
    }),
    { numRuns: 80 },
  );
});

test('given an index, when ids are resolved or shortened, then no question walks over all items', () => {
  const view = viewOf(
    { id: NOV_30, old: 'bd-1' },
    { id: 'WRK-20261129-0001', old: 'bd-12' },
    { id: 'WRK-20261130-k3f9abcd' },
  );
  for (const typed of [
    '1',
    '1130-1',
    '20261130-1',
    'bd-1',
    'bd-12',
    'k3f9',
    'nothing',
    '4711',
    'WRK-20261130-0002',
    'WRK-20261130-k3f8',
  ])
    answerOf(view, typed);
  shortIds(view, [NOV_30, 'WRK-20261130-k3f9abcd']);
  expect(view.plans.filter((plan) => /SEARCH items/.test(plan)).length).toBeGreaterThan(20);
  expect(view.plans.filter((plan) => /SCAN items/.test(plan))).toEqual([]);
});
