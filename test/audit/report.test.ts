import { describe, expect, it } from 'vitest';
import { reportOn } from '../../src/audit/report/report.ts';
import type { WorkStatus } from '../../src/domain/item.ts';
import type { HistoryEntry } from '../../src/projection/history-entry.ts';

const hour = (n: number): string => new Date(Date.UTC(2026, 0, 3, n)).toISOString();
const entry = (
  n: number,
  id: string,
  verb: string,
  actor: string,
  change: [WorkStatus | null, WorkStatus | null],
): HistoryEntry => ({
  commit: 'c',
  id,
  verb,
  actor,
  at: hour(n),
  committed_at: hour(n),
  machine: 'm',
  from: change[0],
  to: change[1],
  rev: 1,
  reason: null,
  epoch: null,
  execution_id: null,
  op: null,
  merged_by: null,
  merged_at: null,
});

const LIFE: HistoryEntry[] = [
  entry(0, 'A', 'create', 'ada', [null, 'pending']),
  entry(0, 'B', 'create', 'ada', [null, 'pending']),
  entry(0, 'I', 'import', 'ada', [null, 'completed']),
  entry(1, 'A', 'claim', 'bob', ['pending', 'in_progress']),
  entry(2, 'A', 'recover', 'ada', ['in_progress', 'pending']),
  entry(3, 'A', 'claim', 'cy', ['pending', 'in_progress']),
  entry(4, 'A', 'submit', 'cy', ['in_progress', 'in_review']),
  entry(5, 'A', 'approve', 'ada', ['in_review', 'completed']),
  entry(6, 'B', 'claim', 'bob', ['pending', 'in_progress']),
  entry(7, 'B', 'fail', 'bob', ['in_progress', 'failed']),
  entry(8, 'B', 'retry', 'bob', ['failed', 'pending']),
  entry(9, 'C', 'create', 'bob', [null, 'pending']),
  entry(10, 'C', 'cancel', 'bob', ['pending', 'cancelled']),
  entry(11, 'C', 'delete', 'bob', ['cancelled', null]),
];
const LOST = [
  { id: 'A', actor: 'dee', at: hour(1) },
  { id: 'B', actor: 'cy', at: hour(6) },
  { id: undefined, actor: 'cy', at: hour(7) },
];
const report = (since: number | null, until: number, entries = LIFE) =>
  reportOn({
    entries,
    swarms: new Map([['A', 'dev']]),
    lostRaces: LOST,
    since: since === null ? null : hour(since),
    until: hour(until),
  });

describe('given a history', () => {
  it('when all of it is measured, then each thing that was done counts once', () => {
    expect(report(null, 100)).toMatchObject({
      totals: {
        created: 4,
        completed: 2,
        failed: 1,
        cancelled: 1,
        claims: 3,
        recovered: 1,
        released: 0,
        reopened: 0,
      },
      open: { at_start: 0, at_end: 1 },
      lead: { count: 1, median_s: 5 * 3600, p90_s: 5 * 3600 },
      cycle: { count: 1, median_s: 4 * 3600 },
      attempts_per_completed: 1,
      lost_races: 3,
      open_by_age: [{ items: 0 }, { items: 1 }, { items: 0 }, { items: 0 }],
    });
  });

  it('then what work came to counts for its holder, not for who approved it or took it away', () => {
    const { by_agent, by_swarm } = report(null, 100);
    expect(by_agent).toMatchObject([
      { agent: 'ada', created: 3, completed: 1, recovered: 0, claims: 0 },
      { agent: 'bob', created: 1, claims: 2, failed: 1, recovered: 1, completed: 0, cancelled: 1 },
      { agent: 'cy', claims: 1, completed: 1, attempts_per_completed: 2, lost_races: 2, lead: { count: 1 } },
      { agent: 'dee', claims: 0, lost_races: 1 },
    ]);
    expect(by_swarm).toMatchObject([
      { swarm: 'dev', created: 1, completed: 1, claims: 2, open: 0, lost_races: 1 },
    ]);
  });

  it('when a period of it is measured, then only what was asked for in it counts, and lead times reach back', () => {
    expect(report(5, 9)).toMatchObject({
      totals: { created: 1, completed: 1, failed: 1, claims: 1, cancelled: 0 },
      open: { at_start: 2, at_end: 2 },
      lead: { count: 1, median_s: 5 * 3600 },
      lost_races: 2,
    });
  });

  it('when nothing was done, then there are no times and no shares', () => {
    const nothing = report(200, 300);
    expect(nothing).toMatchObject({
      lead: { count: 0, median_s: null, p90_s: null },
      attempts_per_completed: null,
      by_agent: [],
      open: { at_start: 1, at_end: 1 },
    });
    expect(report(null, 1, []).open).toEqual({ at_start: 0, at_end: 0 });
  });

  it('when an item is reopened, then its cycle begins anew, and its lead time does not', () => {
    const again = [
      ...LIFE,
      entry(20, 'A', 'reopen', 'ada', ['completed', 'pending']),
      entry(21, 'A', 'start', 'bob', ['pending', 'in_progress']),
      entry(22, 'A', 'block', 'bob', ['in_progress', 'blocked']),
      entry(23, 'A', 'start', 'bob', ['blocked', 'in_progress']),
      entry(24, 'A', 'complete', 'bob', ['in_progress', 'completed']),
    ];
    expect(report(20, 30, again)).toMatchObject({
      totals: { reopened: 1, claims: 1, completed: 1 },
      lead: { median_s: 24 * 3600 },
      cycle: { median_s: 3 * 3600 },
      attempts_per_completed: 3,
    });
  });

  it('then what is open is the one of its holder, and of nobody once it was given back', () => {
    const held = [...LIFE, entry(12, 'B', 'claim', 'eve', ['pending', 'in_progress'])];
    const open = [{ items: 1 }, { items: 0 }, { items: 0 }, { items: 0 }];
    expect(report(null, 20, held).by_agent.filter((one) => one.open > 0)).toMatchObject([
      { agent: 'eve', open: 1, open_by_age: open },
    ]);
    const left = [...held, entry(13, 'B', 'release', 'eve', ['in_progress', 'pending'])];
    expect(report(null, 20, left).by_agent.filter((one) => one.open > 0)).toEqual([]);
  });

  it('when completed items are told by how long they took, then each is in one span', () => {
    const { times } = report(null, 100);
    expect(times.map(({ lead }) => lead)).toEqual([0, 0, 0, 1, 0, 0, 0, 0]);
    expect(times.map(({ cycle }) => cycle)).toEqual([0, 0, 0, 1, 0, 0, 0, 0]);
  });
});

describe('given a history, when it is told step by step', () => {
  const days = (many: number): HistoryEntry[] => [
    entry(0, 'A', 'create', 'ada', [null, 'pending']),
    entry(24 * many, 'A', 'cancel', 'ada', ['pending', 'cancelled']),
  ];
  const told = (many: number, since: number | null = null) => report(since, 24 * many, days(many)).throughput;

  it('then steps without anything are there, and each thing is in one', () => {
    expect(told(2)).toEqual({
      per: 'day',
      steps: [
        { from: '2026-01-03', created: 1, completed: 0, failed: 0, cancelled: 0 },
        { from: '2026-01-04', created: 0, completed: 0, failed: 0, cancelled: 0 },
        { from: '2026-01-05', created: 0, completed: 0, failed: 0, cancelled: 1 },
      ],
    });
  });

  it.each([
    [62, 'day', 63, '2026-01-03'],
    [63, 'week', 10, '2025-12-29'],
    [800, 'month', 27, '2026-01-01'],
    [4000, 'year', 11, '2026-01-01'],
  ])('and it lasted %i days, then it is told by %s', (many, per, count, first) => {
    const { per: by, steps } = told(many);
    expect([by, steps.length, steps[0]?.from]).toEqual([per, count, first]);
    expect(steps[0]?.created).toBe(1);
    expect(steps.at(-1)?.cancelled).toBe(1);
  });

  it('then it begins no sooner than history does, and with the period where that is later', () => {
    expect(told(2, -24 * 365).steps[0]?.from).toBe('2026-01-03');
    expect(told(2, 30).steps).toMatchObject([{ from: '2026-01-04' }, { from: '2026-01-05' }]);
  });

  it('and there is none, or the period ends before it begins, then there are no steps', () => {
    expect(report(null, 1, []).throughput.steps).toEqual([]);
    expect(report(50, 40).throughput.steps).toEqual([]);
  });

  it('up to the last year there is, then it ends', () => {
    const input = { entries: days(1), swarms: new Map(), lostRaces: [], since: null };
    const { steps } = reportOn({ ...input, until: '9999-12-31T23:59:59.999Z' }).throughput;
    expect(steps).toHaveLength(9999 - 2026 + 1);
  });
});
