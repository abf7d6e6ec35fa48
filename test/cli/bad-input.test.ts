import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runGit } from '../helpers/temp-repo.ts';
import { type CallOptions, makeWorkplace, type Said, type Workplace, wl, wlProcess } from './workplace.ts';

let place: Workplace;
let dir: string;
const call = (args: readonly string[], options?: CallOptions): Promise<Said> => wl(dir, args, options);
const ESC = '\u001b';
const BIDI = '\u202e';
const UNSAFE = /[\p{Cc}\p{Bidi_Control}]/u;

beforeAll(async () => {
  place = await makeWorkplace();
  dir = place.remote;
  await call(['init']);
  await call(['create', 'One', '-d', `plain\n${ESC}[31mred${BIDI}\tgnp.exe\nHistory:\n    fake`]);
  await call(['create', 'Two']);
  await call(['create', 'Three', '--depends-on', '0002']);
});
afterAll(() => place.cleanup());

describe('ids that are no ids exit with 2 and one clear line', () => {
  it.each([
    ['../../etc/passwd'],
    ['--', '--evil'],
    ['WRK-20260103-0001/..'],
    ['a b'],
    [''],
    [`0001${ESC}`],
    ['active/2026'],
  ])('wl show %j', async (...args) => {
    const said = await call(['show', ...args]);
    expect(said).toMatchObject({ status: 2, stdout: '' });
    expect(said.stderr).toMatch(/^wl: ".*" is not a work item id\.\nhint: .*\n$/);
    expect(said.stderr).not.toContain(ESC);
  });

  it('as a process, and for verbs that write', async () => {
    expect(await wl(dir, ['show', '--', '--evil'])).toMatchObject({ status: 2, stdout: '' });
    expect(await call(['claim', '../x'])).toMatchObject({ status: 2 });
    expect(await call(['create', 'T', '--parent', '../x'])).toMatchObject({ status: 2 });
    expect(await call(['history', '../x'])).toMatchObject({ status: 2 });
  });
});

it('given an id that is near others, the hint suggests them; a part of the date is no id', async () => {
  expect((await call(['show', 'WRK-20260103-0009'])).stderr).toMatch(/hint: Did you mean WRK-20260103-000/);
  expect((await call(['show', '20260103'])).status).toBe(3);
});

it.each([
  ['a line break', 'two\nlines'],
  ['a control character', `${ESC}[2J`],
  ['a bidirectional character', `gnp${BIDI}exe`],
  ['nothing', ''],
  ['spaces', '  '],
  ['too much', 'x'.repeat(501)],
])('given a title of %s, it is refused with 2 and nothing is written', async (_, title) => {
  const before = (await call(['list', '--json'])).envelope.as_of?.tip;
  const said = await call(['create', title]);
  expect(said).toMatchObject({ status: 2, stdout: '' });
  expect(said.stderr).not.toContain(ESC);
  expect((await call(['list', '--json'])).envelope.as_of?.tip).toBe(before);
});

it.each<[string[], number, string]>([
  [['create', 'T', '--type', 'epic'], 2, 'INVALID_INPUT'],
  [['create', 'T', '--priority', 'p1'], 2, 'INVALID_INPUT'],
  [['create', 'T', '--context', '{'], 2, 'INVALID_INPUT'],
  [['create', 'T', '-d', '@nowhere'], 2, 'INVALID_INPUT'],
  [['create', 'T', '--not-before', 'soon'], 2, 'INVALID_INPUT'],
  [['create', 'T', '--depends-on', 'WRK-20250101-0001'], 3, 'NOT_FOUND'],
  [['create', 'T', '--parent', 'WRK-20250101-0001'], 3, 'NOT_FOUND'],
  [['list', '--status', 'open'], 2, 'INVALID_INPUT'],
  [['list', '--mine', '--unassigned'], 2, 'INVALID_INPUT'],
  [['update', '0001'], 2, 'INVALID_INPUT'],
  [['update', '0001', '--add-link', 'friend:x'], 2, 'INVALID_INPUT'],
  [['comment', '0001', ' '], 2, 'INVALID_INPUT'],
  [['block', '0001'], 2, 'INVALID_INPUT'],
  [['fail', '0001'], 2, 'INVALID_INPUT'],
  [['reopen', '0001'], 2, 'INVALID_INPUT'],
  [['retry', '0001', '--after', '1', '--not-before', '2027-01-01'], 2, 'INVALID_INPUT'],
  [['assign', '0001'], 2, 'INVALID_INPUT'],
  [['assign', '0001', '<b>'], 2, 'INVALID_INPUT'],
  [['delete', '0001'], 2, 'INVALID_INPUT'],
  [['delete', '0001', '--yes'], 6, 'ILLEGAL_TRANSITION'],
  [['complete', '0003'], 6, 'NOT_READY'],
  [['dep', 'add', '0002', '0003'], 6, 'DEPENDENCY_CYCLE'],
  [['dep', 'add', '0002', '0002'], 6, 'DEPENDENCY_CYCLE'],
  [['list', '--actor', 'a\nb'], 2, 'INVALID_INPUT'],
  [['rejected', 'apply', 'nothing'], 3, 'NOT_FOUND'],
])('wl %j exits with %i and %s', async (args, status, code) => {
  const said = await call([...args, '--json']);
  expect(said).toMatchObject({ status, stdout: '' });
  expect(said.error.code).toBe(code);
});

it('given WL_NOW that is no time, no repository, or no git, one line says so', async () => {
  expect(await call(['list'], { env: { WL_NOW: 'today' } })).toMatchObject({ status: 2, stdout: '' });
  await mkdir(join(place.path, 'plain'));
  const none = await wl(join(place.path, 'plain'), ['list'], {
    env: { GIT_CEILING_DIRECTORIES: place.path },
  });
  expect(none).toMatchObject({ status: 3, stdout: '' });
  expect(none.stderr).toMatch(/^wl: .*plain is not in a git repository\.\nhint: /);
  expect(await call(['-C', join(place.path, 'missing'), 'list'])).toMatchObject({ status: 3, stdout: '' });
  // Of a clone that was used before, all that git says may be known.
  const unused = await place.clone('unused');
  const gitless = await wlProcess(unused, ['list', '--json'], { env: { PATH: place.path } });
  expect(gitless).toMatchObject({ status: 1, stdout: '', error: { code: 'NO_GIT' } });
});

describe('text of the ledger that a terminal would act on', () => {
  it('is escaped, keeps its lines, and stands indented under its heading', async () => {
    await call(['comment', '0001', `${ESC}]0;title\u0007`]);
    const { stdout } = await wl(dir, ['show', '0001']);
    expect(stdout.replaceAll(/[\n\t]/g, '')).not.toMatch(UNSAFE);
    expect(stdout).toContain(
      '\nDescription:\n    plain\n    \\u001b[31mred\\u202e\tgnp.exe\n    History:\n        fake\n',
    );
    expect(stdout).toContain('        \\u001b]0;title\\u0007\n');
    expect(stdout.match(/^History:$/gm)).toHaveLength(1);
  });

  it('is escaped in JSON too, and means the same', async () => {
    const said = await call(['show', '0001', '--json']);
    expect(said.stdout.trimEnd()).not.toMatch(UNSAFE);
    expect(said.data).toMatchObject({
      description: `plain\n${ESC}[31mred${BIDI}\tgnp.exe\nHistory:\n    fake`,
    });
  });

  it('is escaped in errors, with what was typed', async () => {
    const said = await call(['list', '--type', `${ESC}[2J`]);
    expect(said.stderr).not.toContain(ESC);
    expect(said.stderr).toContain('\\u001b[2J');
  });
});

describe('given files that cannot be read as items', () => {
  const folder = 'active/2026-01/x05';
  const item = (lines: string): string => `schema: 1\nid: WRK-20260105-0005\n${lines}`;

  beforeAll(async () => {
    const files = new Map([
      ['active/2026-01/x01/WRK-20260105-0001.yaml', '<<<<<<< ours\nschema: 1\n'],
      ['active/2026-01/x02/WRK-20260105-0002.yaml', 'schema: 1\r\nid: WRK-20260105-0002\r\n'],
      ['active/2026-01/x03/WRK-20260105-0003.yaml', '\ufeffschema: 1\n'],
      ['active/2026-01/x04/WRK-20260105-0004.yaml', item('rev: 1\n')],
      [`${folder}/WRK-20260105-0005.yaml`, item('title: [unclosed\n')],
    ]);
    const index = { GIT_INDEX_FILE: join(place.path, 'index') };
    await runGit(dir, ['read-tree', 'work-ledger'], index);
    for (const [path, text] of files) {
      const blob = await hashObject(text);
      await runGit(dir, ['update-index', '--add', '--cacheinfo', `100644,${blob},${path}`], index);
    }
    const tree = await runGit(dir, ['write-tree'], index);
    const commit = await runGit(dir, ['commit-tree', tree, '-p', 'work-ledger', '-m', 'by hand']);
    await runGit(dir, ['update-ref', 'refs/heads/work-ledger', commit]);
  });

  it('the rest works, with a notice and exit status 0', async () => {
    const said = await call(['list', '-q']);
    expect(said.status).toBe(0);
    expect(said.stdout).toContain('WRK-20260103-0001\n');
    expect(said.stderr).toBe('5 damaged files are left out; see: wl list --damaged\n');
    expect((await call(['ready', '--json'])).stderr).toContain('{"notice":{"message":"5 damaged files');
    expect((await call(['create', 'Still works'])).status).toBe(0);
  });

  it('wl list --damaged names each file, the place in it, and why', async () => {
    const said = await wl(dir, ['list', '--damaged']);
    expect(said).toMatchObject({ status: 0, stderr: '' });
    const lines = said.stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatch(/^active\/2026-01\/x01\/WRK-20260105-0001\.yaml:1:1 +conflict +/);
    expect((await call(['list', '--damaged', '--json'])).envelope).toMatchObject({
      kind: 'damaged',
      data: expect.arrayContaining([expect.objectContaining({ id: 'WRK-20260105-0002' })]),
    });
    const { stdout } = await call(['status']);
    expect(stdout).toMatch(/^damaged +5; see: wl list --damaged$/m);
    expect(stdout).toMatch(/^in question +5; see: wl doctor$/m);
  });

  it('wl show of one exits with 9 and names line and column', async () => {
    const said = await call(['show', 'WRK-20260105-0005']);
    expect(said).toMatchObject({ status: 9, stdout: '' });
    expect(said.stderr).toMatch(/^wl: WRK-20260105-0005 cannot be read: line \d+, column \d+: /);
  });

  async function hashObject(text: string): Promise<string> {
    const { writeFile } = await import('node:fs/promises');
    const path = join(place.path, 'blob');
    await writeFile(path, text);
    return runGit(dir, ['hash-object', '-w', '--no-filters', path]);
  }
});
