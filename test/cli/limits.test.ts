import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeWorkplace, type Said, type Workplace, wl } from './workplace.ts';

let place: Workplace;
const call = (...args: string[]): Promise<Said> => wl(place.remote, args);
const count = ({ stdout }: Said): number => stdout.split('\n').length - 1;
const LISTS = [['list'], ['ready'], ['search', 'part']];
const NOTICE = '50 of 53 shown; --limit 0 shows all';

beforeAll(async () => {
  place = await makeWorkplace();
  await call('init');
  const issues = Array.from({ length: 53 }, (_, n) => ({
    id: `bd-${n}`,
    title: `Part ${n}`,
    status: 'open',
    priority: 2,
    issue_type: n < 50 ? 'task' : 'bug',
    created_at: '2026-01-03T10:00:00Z',
    updated_at: '2026-01-03T10:00:00Z',
  }));
  const file = join(place.path, 'issues.jsonl');
  await writeFile(file, issues.map((issue) => `${JSON.stringify(issue)}\n`).join(''));
  await call('import', file, '--from', 'beads');
});
afterAll(() => place.cleanup());

it.each(LISTS)(
  'given more than 50, when wl %s is asked, then 50 are shown, and that there are more',
  async (...args) => {
    const said = await call(...args);
    expect({ shown: count(said), stderr: said.stderr }).toEqual({ shown: 50, stderr: `${NOTICE}\n` });
    const quiet = await call(...args, '-q');
    expect({ shown: count(quiet), stderr: quiet.stderr }).toEqual({ shown: 50, stderr: `${NOTICE}\n` });
    const json = await call(...args, '--json');
    expect(json.list).toHaveLength(50);
    expect(JSON.parse(json.stderr)).toEqual({ notice: { message: NOTICE } });
  },
);

it.each(LISTS)(
  'given a limit, when wl %s is asked, then it holds without a word, and 0 shows all',
  async (...args) => {
    for (const [limit, shown] of [
      ['0', 53],
      ['3', 3],
      ['53', 53],
      ['99', 53],
    ] as const) {
      const said = await call(...args, '-n', limit);
      expect({ shown: count(said), stderr: said.stderr }, limit).toEqual({ shown, stderr: '' });
    }
  },
);

it('given exactly 50, when they are listed, then nothing is said about more', async () => {
  const said = await call('list', '--type', 'task');
  expect({ shown: count(said), stderr: said.stderr }).toEqual({ shown: 50, stderr: '' });
});
