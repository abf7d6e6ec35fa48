import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runGit } from '../helpers/temp-repo.ts';
import { type CallOptions, idIn, makeWorkplace, type Said, type Workplace, wl } from './workplace.ts';

let place: Workplace;
let dir: string;

beforeAll(async () => {
  place = await makeWorkplace();
  dir = await place.clone('ada');
});
afterAll(() => place.cleanup());

const call = (args: readonly string[], options?: CallOptions): Promise<Said> => wl(dir, args, options);
const shared = async (): Promise<string[]> =>
  (await runGit(place.remote, ['ls-tree', '-r', '--name-only', 'work-ledger'])).split('\n');
const textOf = (path: string): Promise<string> => runGit(place.remote, ['show', `work-ledger:${path}`]);

const ITEMS = ['bug', 'design', 'documentation', 'feature', 'refactor', 'research', 'review', 'task', 'test'];

describe('wl init --host', () => {
  it('lays the files of the host and templates of items, and says what is next', async () => {
    const { status, stdout, stderr } = await call(['init', '--host', 'github']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(
      /^made a ledger .*, shared on origin\nwhoever works here acts as .*\nlaid \.github\/pull_request_template\.md\n/,
    );
    expect(stdout.split('\n').at(-2)).toMatch(
      /^next, say who .* work-ledger on GitHub: .*; docs\/review-hosts\.md tells what to choose$/,
    );
    expect(await shared()).toEqual([
      '.gitattributes',
      '.github/pull_request_template.md',
      '.github/workflows/work-ledger.yml',
      'CODEOWNERS',
      'README.md',
      'ledger.yaml',
      ...ITEMS.map((name) => `templates/${name}.yaml`),
    ]);
    expect(await textOf('.github/workflows/work-ledger.yml')).not.toMatch(/@LEDGER@|@VERSION@/);
  });

  it('again, then nothing is written', async () => {
    const tip = await runGit(place.remote, ['rev-parse', 'work-ledger']);
    expect((await call(['init', '--host', 'github'])).stdout).toContain('the files for github are there\n');
    expect(await runGit(place.remote, ['rev-parse', 'work-ledger'])).toBe(tip);
  });

  it('leaves what a person changed and says so, and lays what is missing', async () => {
    const workflow = '.github/workflows/work-ledger.yml';
    await call(['files', 'set', workflow, 'name: mine']);
    await call(['files', 'set', 'CODEOWNERS', '* @ada']);
    await call(['files', 'rm', 'templates/task.yaml']);
    const { stdout, envelope } = await call(['init', '--host', 'github', '--json']);
    expect(stdout).not.toBe('');
    expect(envelope.data).toMatchObject({
      created: false,
      files: { laid: ['templates/task.yaml'], updated: [], differing: [workflow, 'CODEOWNERS'] },
    });
    expect(await textOf(workflow)).toBe('name: mine');
  });

  it('with --update, then what differs is replaced, but for what people fill in', async () => {
    const { stdout } = await call(['init', '--host', 'github', '--update']);
    expect(stdout).toContain('updated .github/workflows/work-ledger.yml\nleft CODEOWNERS, which differs');
    expect(await textOf('.github/workflows/work-ledger.yml')).toContain('wl verify');
    expect(await textOf('CODEOWNERS')).toBe('* @ada');
  });

  it.each([
    [
      ['init', '--host', 'sourceforge'],
      /--host cannot be "sourceforge".*\nhint: It can be: github, gitlab, gitea/,
    ],
    [['init', '--update'], /--update needs --host/],
  ])('%j is refused', async (args, said) => {
    const { status, stderr } = await call(args);
    expect(status).toBe(2);
    expect(stderr).toMatch(said);
  });

  it('for another branch and host, then the jobs name that branch', async () => {
    const other = await place.clone('other');
    await runGit(other, ['config', 'ledger.branch', 'team/ledger']);
    await wl(other, ['init', '--host', 'gitlab']);
    const jobs = await runGit(place.remote, ['show', 'team/ledger:.gitlab-ci.yml']);
    expect(jobs).toContain('$CI_COMMIT_BRANCH == "team/ledger"');
    expect(jobs).not.toContain('work-ledger"');
  });
});

describe('wl templates', () => {
  it('lists those of the program, those of the ledger, and what is broken', async () => {
    await call(['files', 'set', 'templates/broken.yaml', 'labelz: []']);
    await call(['files', 'set', 'templates/spike.yaml', 'title: A look\ntype: research']);
    const { list } = await call(['templates', '--json']);
    expect(list.map(({ name }) => name)).toEqual(['broken', ...ITEMS, 'spike'].sort());
    expect(list.find(({ name }) => name === 'broken')).toMatchObject({
      from: 'ledger',
      problem: expect.stringMatching(/templates\/broken\.yaml cannot be read: .*labelz/),
    });
    const { stdout } = await call(['templates']);
    expect(stdout).toMatch(/^spike +the ledger's own +A look$/m);
  });

  it('in a ledger that has none of its own, then those of the program are there', async () => {
    const other = await makeWorkplace();
    const bare = await other.clone('bob');
    await wl(bare, ['init']);
    const { list } = await wl(bare, ['templates', '--json']);
    expect(list.map(({ name, from }) => [name, from])).toEqual(ITEMS.map((name) => [name, 'program']));
    await other.cleanup();
  });
});

describe('wl create --template', () => {
  const made = async (...args: string[]): Promise<Record<string, unknown>> =>
    (await call(['show', idIn(await call(['create', ...args])), '--json'])).data;

  it('takes what the template says, and the title that was typed', async () => {
    expect(await made('It', 'hangs', '--template', 'bug')).toMatchObject({
      title: 'It hangs',
      type: 'bug',
      priority: 'high',
      labels: ['defect'],
      description: expect.stringContaining('## What happens'),
      acceptance: [{ text: 'The result names the cause', done: false }, expect.anything()],
    });
  });

  it('options go before it, and labels and context add up', async () => {
    const text =
      'labels: [b, a]\ncontext: {x: 1, y: 1}\npriority: low\nacceptance: [{text: old}]\nmax_attempts: 7';
    await call(['files', 'set', 'templates/mine.yaml', text]);
    const options = ['-p', 'critical', '-l', 'c', '-l', 'a', '--context', 'y=2', '--acceptance', 'new'];
    expect(await made('Mine', '--template', 'mine', ...options)).toMatchObject({
      priority: 'critical',
      labels: ['a', 'b', 'c'],
      context: { x: 1, y: 2 },
      acceptance: [{ text: 'new', done: false }],
      max_attempts: 7,
    });
  });

  it('of a name that there is not, then those there are are listed', async () => {
    const { status, stderr } = await call(['create', 'x', '--template', '../ledger']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/There is no template "\.\.\/ledger"\.\nhint: There are: broken, bug, design/);
  });

  it.each([
    ['an alias bomb', 'a: &a [x, x]\nlabels: *a', /aliases are not allowed/],
    ['another field', 'status: completed', /Unrecognized key: "status"/],
    ['a key that is one item’s alone', 'idempotency_key: x', /Unrecognized key/],
    ['a wrong value', 'type: story', /line 1, column \d+: type/],
    ['no map', '[x]', /not a map/],
    ['a label that moves the cursor', 'labels: ["\\e[2J"]', /labels/],
  ])('of a template with %s, then it is refused and nothing is created', async (_what, text, said) => {
    await call(['files', 'set', 'templates/evil.yaml', text]);
    const before = await runGit(place.remote, ['rev-parse', 'work-ledger']);
    const { status, stderr } = await call(['create', 'x', '--template', 'evil']);
    expect(status).toBe(2);
    expect(stderr).toMatch(said);
    expect(stderr).not.toContain('\u001b');
    expect(await runGit(place.remote, ['rev-parse', 'work-ledger'])).toBe(before);
  });
});

describe('wl files', () => {
  it('sets a file from standard input, from a file and as typed, byte for byte', async () => {
    await call(['files', 'set', 'policy/a', '-'], { input: 'one\r\ntwo' });
    expect(await runGit(place.remote, ['cat-file', 'blob', 'work-ledger:policy/a'])).toBe('one\r\ntwo');
    await call(['files', 'set', 'policy/a', '@@home']);
    expect(await textOf('policy/a')).toBe('@home');
    expect((await call(['files', 'set', 'policy/a', '@@home'])).stdout).toBe('policy/a stands so already\n');
  });

  it('removes them, and says where there is none', async () => {
    expect((await call(['files', 'rm', 'policy/a'])).stdout).toBe('removed policy/a, on origin\n');
    expect((await call(['files', 'rm', 'policy/a'])).stdout).toBe('there is no policy/a\n');
  });

  it.each([
    'ledger.yaml',
    'active/2026-01/x03/WRK-20260103-0001.yaml',
    'templates/../ledger.yaml',
    '.git/hooks/x',
  ])('refuses %s', async (path) => {
    const { status, stderr } = await call(['files', 'set', path, 'x']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/The files cannot be set/);
  });
});

it('all that was done holds before the audit', async () => {
  expect((await call(['verify', '--full'])).stdout).toMatch(/^ok: /);
});
