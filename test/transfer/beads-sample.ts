import { existsSync, readFileSync } from 'node:fs';

type Fields = Record<string, unknown>;

/** One issue as Beads exports it. */
export function issue(fields: Fields = {}): Fields {
  return {
    id: 'bd-1',
    title: 'Something',
    status: 'open',
    priority: 2,
    issue_type: 'task',
    created_at: '2025-11-02T21:58:07.295058-08:00',
    updated_at: '2025-11-03T20:56:22.700641-08:00',
    ...fields,
  };
}

export function edge(issue_id: string, type: string, depends_on_id: string): Fields {
  return { issue_id, depends_on_id, type, created_at: '2025-11-03T00:00:00Z', created_by: 'daemon' };
}

export const lines = (...issues: Fields[]): string =>
  issues.map((fields) => `${JSON.stringify(fields)}\n`).join('');

/** Everything that exports of a real project have shown, on a small scale. */
function sample(): string {
  const statuses = [
    'open',
    'closed',
    'hooked',
    'in_progress',
    'tombstone',
    'blocked',
    'deferred',
    'pinned',
    'odd',
  ];
  const types = ['task', 'bug', 'feature', 'epic', 'chore', 'event', 'message', 'gate', 'docs'];
  const kinds = ['blocks', 'parent-child', 'discovered-from', 'relates-to', 'supersedes', 'tracks'];
  const issues = Array.from({ length: 400 }, (_, number) => {
    const id = `bd-${number.toString(36)}`;
    const targets = [number * 7 + 3, number * 3 + 1, number + 1].map(
      (target) => `bd-${(target % 410).toString(36)}`,
    );
    return issue({
      id,
      status: statuses[number % statuses.length],
      issue_type: types[(number * 5) % types.length],
      priority: number % 5,
      created_at: `2025-11-${String((number % 27) + 1).padStart(2, '0')}T21:58:07.295058-08:00`,
      ...(number % 3 === 0 ? { assignee: `crew/${number % 4}` } : {}),
      ...(number % 4 === 0 ? { closed_at: '2025-12-01T00:00:00Z', close_reason: 'done' } : {}),
      ...(number % 5 === 0 ? { notes: 'See\nthe log', external_ref: 'gh-1', ephemeral: true } : {}),
      dependencies: targets.map((target, at) => edge(id, kinds[(number + at) % kinds.length] ?? '', target)),
      comments:
        number % 9 === 0
          ? [{ id: number, author: 'ada', text: 'Hm', created_at: '2025-12-01T00:00:00Z' }]
          : [],
    });
  });
  return `${lines(...issues)}{"id":"bd-bad","title":"A \\\\s and a \\s"\n${lines(issue({ id: 'bd-esc' })).replace('Something', 'A \\s')}`;
}

const REAL = new URL('../../../shared/data/beads-issues.jsonl', import.meta.url);

/** The sample, and an export of a real project where one is at hand. */
export const DATASETS: readonly (readonly [name: string, text: string])[] = [
  ['a sample', sample()],
  ...(existsSync(REAL) ? [['a real export', readFileSync(REAL, 'utf8')] as const] : []),
];
