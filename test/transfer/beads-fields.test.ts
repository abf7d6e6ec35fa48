import { describe, expect, test } from 'vitest';
import { keptOf, only, planOf } from './beads-plan.ts';
import { issue, lines } from './beads-sample.ts';
import { NOW } from './memory-ledger.ts';

describe('priority', () => {
  test.each([
    [0, 'critical'],
    [1, 'high'],
    [2, 'medium'],
    [3, 'low'],
  ])('%i is %s', (priority, expected) => {
    const { item, rules } = only({ priority });
    expect(item.priority).toBe(expected);
    expect(rules).toEqual([]);
  });

  test.each([
    [4, 'low'],
    [9, 'medium'],
    ['P1', 'high'],
    ['urgent', 'medium'],
  ])('%s is %s, and what it was is kept', (priority, expected) => {
    const { item, kept, rules } = only({ priority });
    expect(item.priority).toBe(expected);
    expect(kept.priority).toBe(priority);
    expect(rules).toEqual(['priority']);
  });
});

describe('type', () => {
  test.each(['bug', 'feature', 'task', 'research'])('%s is the same', (issue_type) => {
    const { item, rules } = only({ issue_type });
    expect(item.type).toBe(issue_type);
    expect(rules).toEqual([]);
  });

  test.each([
    ['chore', 'task'],
    ['epic', 'feature'],
    ['docs', 'documentation'],
    ['molecule', 'task'],
    ['constructor', 'task'],
  ])('%s becomes %s, and what it was is kept', (issue_type, expected) => {
    const { item, kept, rules } = only({ issue_type });
    expect(item.type).toBe(expected);
    expect(kept.issue_type).toBe(issue_type);
    expect(rules).toEqual(['type']);
  });
});

describe('people', () => {
  test('nobody created it: unknown', () => expect(only({}).item.created_by).toBe('unknown'));

  test('a name that cannot act is made one, and what it was is kept', () => {
    const { item, kept, rules } = only({ created_by: 'Ada <ada@example.com>', assignee: 'bob\u001b[2J' });
    expect(item).toMatchObject({ created_by: 'Ada ada@example.com', owner: 'bob[2J' });
    expect(kept).toMatchObject({ created_by: 'Ada <ada@example.com>', assignee: 'bob\u001b[2J' });
    expect(rules).toEqual(['actor', 'actor']);
  });

  test("Beads' owner is an address, not who does it", () => {
    const { item, kept } = only({ owner: 'ada@example.com' });
    expect(item.owner).toBeUndefined();
    expect(kept.owner).toBe('ada@example.com');
  });
});

describe('text', () => {
  test('a title is made one safe line', () => {
    const { item, kept, rules } = only({ title: ' two\nlines\u202e ' });
    expect(item.title).toBe('two lines');
    expect(kept.title).toBe(' two\nlines\u202e ');
    expect(rules).toEqual(['title']);
  });

  test('no title', () =>
    expect(only({ title: '' })).toMatchObject({ item: { title: '(untitled)' }, rules: ['title'] }));

  test('a description above 64 KiB is cut between two characters, and the whole is kept', () => {
    const description = `a${'é'.repeat(40_000)}`;
    const { item, kept, rules } = only({ description });
    expect(Buffer.byteLength(item.description)).toBe(65_535);
    expect(description.startsWith(item.description)).toBe(true);
    expect(kept.description).toBe(description);
    expect(rules).toEqual(['text_cut']);
  });

  test('what does not fit into the context is left out, the largest first, and told', () => {
    const { kept, notes } = only({ notes: 'n'.repeat(200_000), design: 'd'.repeat(100_000), spec: 'short' });
    expect(Object.keys(kept).sort()).toEqual(['design', 'from', 'id', 'spec']);
    expect(notes.map(({ message }) => message)).toContain(
      'notes (200000 bytes) does not fit into the context and was left out',
    );
  });

  test('an issue larger than a file may be is left out, and told', () => {
    const comments = Array.from({ length: 40 }, () => ({
      author: 'a',
      text: 'x'.repeat(60_000),
      created_at: NOW,
    }));
    const plan = planOf(lines(issue({ comments })));
    expect(plan).toMatchObject({ items: [], unusable: 1, notes: [{ rule: 'too_large', line: 1 }] });
  });

  test('acceptance criteria are a line each, without markers', () => {
    const { item, kept } = only({
      acceptance_criteria: '- [x] first\n* [ ] second\n\n3. third\nplain - text\n-\n',
    });
    expect(item.acceptance).toEqual([
      { text: 'first', done: true },
      { text: 'second', done: false },
      { text: 'third', done: false },
      { text: 'plain - text', done: false },
    ]);
    expect(kept.acceptance_criteria).toBeUndefined();
  });

  test('nested acceptance criteria are kept as they were too', () => {
    const { item, kept } = only({ acceptance_criteria: '- first\n  - inner' });
    expect(item.acceptance.map(({ text }) => text)).toEqual(['first', 'inner']);
    expect(kept.acceptance_criteria).toBe('- first\n  - inner');
  });

  test('labels are sorted, each once, and made safe', () => {
    const { item, kept, rules } = only({ labels: ['b', 'a', 'b', ' c\t', 7] });
    expect(item.labels).toEqual(['a', 'b', 'c']);
    expect(kept.labels).toEqual(['b', 'a', 'b', ' c\t', 7]);
    expect(rules).toEqual(['label', 'label']);
  });

  test('comments keep author and time; their numbers are kept apart', () => {
    const { item, kept, rules } = only({
      comments: [
        { id: 15, issue_id: 'bd-1', author: 'ada', text: 'Hm\r\n', created_at: '2026-01-12T02:16:51Z' },
      ],
    });
    expect(item.comments).toEqual([{ at: '2026-01-12T02:16:51.000Z', by: 'ada', body: 'Hm\n' }]);
    expect(kept.comments).toEqual([{ id: 15 }]);
    expect(rules).toEqual([]);
  });

  test('a comment that cannot be taken over as it was is kept', () => {
    const comments = [{ author: 'a', text: '' }, { text: 'anonymous' }];
    const { item, kept, rules } = only({ comments });
    expect(item.comments).toEqual([{ at: item.created_at, by: 'unknown', body: 'anonymous' }]);
    expect(kept.comments).toEqual(comments);
    expect(rules).toEqual(['comment', 'comment']);
  });
});

describe('fields', () => {
  test('what has no field is kept word for word, and told in one note', () => {
    const fields = {
      notes: 'n',
      external_ref: 'gh-1',
      await_id: 'release.yml',
      timeout: 1_800_000_000_000,
      ephemeral: false,
    };
    const { kept, notes } = only(fields);
    expect(kept).toEqual({ from: 'beads', id: 'bd-1', ...fields });
    expect(notes.map(({ message }) => message)).toEqual([
      'kept under context.imported: notes, external_ref, await_id, timeout, ephemeral',
    ]);
  });

  test('what says nothing is not kept', () => {
    expect(only({ notes: '', design: null, waiters: [] }).kept).toEqual({ from: 'beads', id: 'bd-1' });
  });

  test('a field of the wrong kind is kept, and told', () => {
    const { item, kept, rules } = only({ description: { a: 1 }, labels: 'x', comments: 'y' });
    expect(item).toMatchObject({ description: '', labels: [], comments: [] });
    expect(kept).toMatchObject({ description: { a: 1 }, labels: 'x', comments: 'y' });
    expect(rules).toEqual(['field', 'field', 'field']);
  });

  test('a field with a name that the plan writes itself goes beside it', () => {
    expect(only({ from: 'x', unresolved: 'y' }).kept).toEqual({
      from: 'beads',
      id: 'bd-1',
      source_from: 'x',
      source_unresolved: 'y',
    });
  });

  test('a field that nests deeper than a context may is kept as its text', () => {
    const plan = planOf(lines(issue()).replace('}', `,"deep":${'['.repeat(80)}1${']'.repeat(80)}}`));
    expect(plan.items.map((item) => keptOf(item).deep)).toEqual([`${'['.repeat(80)}1${']'.repeat(80)}`]);
  });

  test('whole numbers that a double cannot hold are kept as they stood', () => {
    const plan = planOf(lines(issue()).replace('}', ',"timeout":9007199254740993}'));
    expect(plan.items.map(keptOf)).toEqual([{ from: 'beads', id: 'bd-1', timeout: '9007199254740993' }]);
  });

  test('times are UTC with milliseconds; one that is none is kept', () => {
    const { item, kept, rules } = only({ updated_at: 'yesterday', defer_until: '0001-01-01T00:00:00Z' });
    expect(item).toMatchObject({
      created_at: '2025-11-03T05:58:07.295Z',
      updated_at: '2025-11-03T05:58:07.295Z',
    });
    expect(item.not_before).toBeUndefined();
    expect(kept.updated_at).toBe('yesterday');
    expect(rules).toEqual(['time']);
  });

  test('without a time of creation the next best is taken, and told', () => {
    expect(only({ created_at: null })).toMatchObject({ id: 'WRK-20251104-0001', rules: ['time'] });
    expect(only({ created_at: null, updated_at: null }).item.created_at).toBe(NOW);
  });
});
