import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeBareRepo, runGit } from '../helpers/temp-repo.ts';
import { makeWorkplace, type Workplace, wl } from './workplace.ts';

let place: Workplace;
let dir: string;
const file = (): string => join(place.path, 'issues.jsonl');

const ISSUES = [
  {
    id: 'bd-1',
    title: 'Base',
    status: 'closed',
    priority: 1,
    issue_type: 'bug',
    created_at: '2025-01-01T00:00:00Z',
  },
  {
    id: 'bd-2',
    title: 'Above',
    status: 'open',
    priority: 0,
    issue_type: 'epic',
    created_at: '2025-01-02T00:00:00Z',
    dependencies: [{ issue_id: 'bd-2', depends_on_id: 'bd-1', type: 'blocks' }],
  },
  {
    id: 'bd-3',
    title: 'Gone',
    status: 'tombstone',
    priority: 2,
    issue_type: 'task',
    created_at: '2025-01-03T00:00:00Z',
  },
];

beforeAll(async () => {
  place = await makeWorkplace();
  dir = await place.clone('a');
  await wl(dir, ['init']);
  await writeFile(file(), `${ISSUES.map((issue) => JSON.stringify(issue)).join('\n')}\nnot json\n`);
});
afterAll(() => place.cleanup());

describe('wl import of Beads issues', () => {
  const UNREAD = { status: 2, stderr: expect.stringMatching(/^wl: One record of ".*" cannot be read/) };

  it('shows what it would do, and does nothing', async () => {
    const said = await wl(dir, ['import', file(), '--from', 'beads', '--dry-run']);
    expect(said).toMatchObject(UNREAD);
    expect(said.stdout).toMatch(
      /^would import 2 of 4 records\n {2}0 here already, 1 deleted at the source, 1 unusable\n/,
    );
    expect(said.stdout).toMatch(/line 2 +bd-2 +type +type epic became feature/);
    expect((await wl(dir, ['list', '--all', '--json'])).list).toEqual([]);
  });

  it('makes a commit for each item in one push, and finds items by their old ids', async () => {
    const said = await wl(dir, ['import', file(), '--from', 'beads']);
    // What can be read is imported, and a file that was cut off does not pass for a whole one.
    expect(said).toMatchObject(UNREAD);
    expect(said.stdout).toMatch(/^imported 2 of 4 records, on origin\n/);
    expect(await runGit(place.remote, ['rev-list', '--count', 'work-ledger'])).toBe('3');
    const { data } = await wl(dir, ['show', 'bd-2', '--json']);
    expect(data).toMatchObject({
      title: 'Above',
      priority: 'critical',
      dependencies: [expect.stringMatching(/^WRK-/)],
    });
  });

  it('changes nothing when it is done again, and tells all in JSON', async () => {
    const said = await wl(dir, ['import', file(), '--from', 'beads', '--json']);
    expect(said.envelope).toMatchObject({
      kind: 'import',
      data: { dry_run: false, records: 4, planned: 0, imported: 0, unchanged: 2, tombstones: 1, unusable: 1 },
    });
    expect(said.data.notes).toContainEqual(expect.objectContaining({ line: 4, rule: 'bad_json' }));
    expect(await runGit(place.remote, ['rev-list', '--count', 'work-ledger'])).toBe('3');
  });

  it.each([
    ['no format', ['import', 'x']],
    ['an unknown format', ['import', 'x', '--from', 'jira']],
    ['a missing file', ['import', 'nowhere', '--from', 'beads']],
    ['a missing folder', ['import', 'nowhere', '--from', 'json']],
  ])('given %s, it exits with 2', async (_, args) => {
    expect(await wl(dir, args)).toMatchObject({ status: 2, stdout: '' });
  });
});

it('wl export writes the layout of JSON files, and another ledger imports it, ids and all', async () => {
  const to = join(place.path, 'backup');
  expect((await wl(dir, ['export', '--to', to])).stdout).toBe(`exported 2 items to ${to}\n`);
  expect((await readdir(to)).toSorted()).toEqual(['active', 'completed', 'index.json']);
  const index = JSON.parse(await readFile(join(to, 'index.json'), 'utf8')) as { total_count: number };
  expect(index.total_count).toBe(2);
  expect((await wl(dir, ['export', '--to', to])).status).toBe(2);
  expect((await wl(dir, ['export', '--to', `${to}2`, '--format', 'xml'])).status).toBe(2);
  expect((await wl(dir, ['export'])).status).toBe(2);

  const other = await makeBareRepo(place.path, 'other.git');
  await wl(other, ['init']);
  const imported = await wl(other, ['import', to, '--from', 'json']);
  expect(imported.stdout).toMatch(/^imported 2 of 2 records\n/);
  const ids = async (of: string): Promise<string> => (await wl(of, ['list', '--all', '-q'])).stdout;
  expect(await ids(other)).toBe(await ids(dir));
});

describe('wl verify', () => {
  it('is content with what the program wrote', async () => {
    const said = await wl(dir, ['verify']);
    expect(said).toMatchObject({ status: 0, stderr: '' });
    expect(said.stdout).toMatch(/^ok: 3 commits and 2 items, up to [0-9a-f]{40}\n$/);
    expect((await wl(dir, ['verify', '--full', '--json'])).envelope).toMatchObject({
      kind: 'verification',
      data: { ok: true, commits: 3, findings: [] },
    });
  });

  it('names the commit and the rule where someone wrote by hand, and exits with 9', async () => {
    const tree = await runGit(dir, ['rev-parse', 'work-ledger^{tree}']);
    const commit = await runGit(dir, ['commit-tree', tree, '-p', 'work-ledger', '-m', 'by hand']);
    await runGit(dir, ['update-ref', 'refs/heads/work-ledger', commit]);
    const said = await wl(dir, ['verify']);
    expect(said.status).toBe(9);
    expect(said.stdout).toContain(`${commit.slice(0, 10)}  `);
    expect(said.stderr).toMatch(/^wl: \d+ findings? in 1 commit\.\nhint: /);
    const json = await wl(dir, ['verify', '--json']);
    expect(json.envelope).toMatchObject({ data: { ok: false, tip: commit } });
    expect(json.error.code).toBe('VERIFICATION_FAILED');
  });
});
