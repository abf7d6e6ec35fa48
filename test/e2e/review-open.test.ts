import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openTerminal, type Terminal } from '../helpers/typed.ts';

const ITEM = /WRK-\d{8}-0001/;

/** A clone whose remote has an address of a host, and an item in review. Arguments of `program` are kept, a line each. */
async function onHost(url: string, program: string, script: string): Promise<Terminal> {
  const terminal = await openTerminal();
  const { repo, dir, install, type } = terminal;
  await repo.git(dir, 'config', `url.${repo.url}.insteadOf`, url);
  await repo.git(dir, 'config', 'remote.origin.url', url);
  await install(program, `{ printf '%s\\0' "$@"; printf '\\1'; } >> '${repo.folder}/asked'\n${script}`);
  const typed = await type(
    'wl init && wl create "Fix \\$(touch pwned) --web" --description "see @bob \\`id\\`" && wl claim 1 && wl submit 1',
  );
  expect(typed).toMatchObject({ status: 0, stderr: '' });
  return terminal;
}

const askedOf = async ({ repo }: Terminal): Promise<string[][]> =>
  (await readFile(join(repo.folder, 'asked'), 'utf8'))
    .split('\u0001')
    .slice(0, -1)
    .map((call) => call.split('\0').slice(0, -1));

test.each([
  [
    'gh',
    'https://github.com/ada/work.git',
    '[ "$2" = list ] && echo \'[]\' || echo https://github.com/ada/work/pull/7',
    ['pr', 'create', '--repo', 'github.com/ada/work', '--base', 'work-ledger', '--head'],
    'https://github.com/ada/work/pull/7',
  ],
  [
    'glab',
    'git@gitlab.example.org:team/work.git',
    "[ \"$2\" = list ] && echo '[]' || printf '!7 approve\\n https://gitlab.example.org/team/work/-/merge_requests/7\\n'",
    [
      'mr',
      'create',
      '--repo',
      'https://gitlab.example.org/team/work',
      '--target-branch',
      'work-ledger',
      '--source-branch',
    ],
    'https://gitlab.example.org/team/work/-/merge_requests/7',
  ],
  [
    'tea',
    'ssh://git@gitea.example.org:2222/ada/work.git',
    '[ "$2" = list ] || echo https://gitea.example.org/ada/work/pulls/7',
    ['pulls', 'create', '--repo', 'ada/work', '--base', 'work-ledger', '--head'],
    'https://gitea.example.org/ada/work/pulls/7',
  ],
])(
  'given %s and a remote at %s, when a request is opened, then the program is asked with these words and no shell',
  async (program, url, script, begins, made) => {
    const terminal = await onHost(url, program, script);
    const typed = await terminal.type('wl review open 1');
    expect(typed).toMatchObject({ status: 0, stdout: `made ${made}\n`, stderr: '' });
    const [listed, created = []] = await askedOf(terminal);
    expect(listed?.[1]).toBe('list');
    expect(created.slice(0, begins.length)).toEqual(begins);
    expect(created[begins.length]).toMatch(/^review\/WRK-\d{8}-0001$/);
    const title = created[created.indexOf('--title') + 1];
    expect(title).toMatch(/^approve WRK-\d{8}-0001: in_review -> completed$/);
    const file = created[created.indexOf('--body-file') + 1] ?? '';
    const body = created.includes('--body-file')
      ? await readFile(file, 'utf8')
      : created[created.indexOf('--description') + 1];
    expect(body).toContain('## How to approve');
    expect(body).not.toContain('@bob');
    expect(await terminal.type('ls pwned')).toMatchObject({ stdout: '' });
  },
);

test('given a request that is open already, when it is opened, then it is told, and no other is made', async () => {
  const url = 'https://github.com/ada/work';
  const terminal = await onHost(url, 'gh', `echo '[{"url":"${url}/pull/3"}]'`);
  expect(await terminal.type('wl review open 1 --json')).toMatchObject({ status: 0 });
  const typed = await terminal.type('wl review open 1');
  expect(typed.stdout).toBe(`it is open already: ${url}/pull/3\n`);
  expect((await askedOf(terminal)).every(([, verb]) => verb === 'list')).toBe(true);
});

test('given a program that is not logged in, when a request is opened, then the link and its text are left to a person', async () => {
  const terminal = await onHost(
    'https://github.com/ada/work',
    'gh',
    'echo "gh auth login first" >&2; exit 4',
  );
  const { status, stdout } = await terminal.type('wl review open 1');
  expect(status).toBe(0);
  const [reason, link, file = ''] = stdout.trim().split('\n');
  expect(reason).toBe('no pull request was made: gh: gh auth login first');
  expect(link).toMatch(
    /^make it here: https:\/\/github\.com\/ada\/work\/compare\/work-ledger\.\.\.review\/WRK-\d{8}-0001\?expand=1$/,
  );
  expect(await readFile(file.replace('its text is in ', ''), 'utf8')).toMatch(ITEM);
});

test('given a program that never answers and started another one, when a request is opened, then the time of the call is its own, too', async () => {
  const terminal = await onHost('https://github.com/ada/work', 'gh', 'sleep 600 & sleep 600');
  const { status, stdout } = await terminal.type('wl --timeout 5 review open 1');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^no pull request was made: gh said nothing for \d s\nmake it here: https:/);
});

test('given an address that tells no host, when ledger.host does, then its program is asked; and nothing else is taken for one', async () => {
  const terminal = await onHost(
    'https://git.example.org/ada/work',
    'tea',
    'echo https://git.example.org/ada/work/pulls/1',
  );
  expect((await terminal.type('wl review open 1')).stdout).toContain('the host of the remote is not known');
  await terminal.repo.git(terminal.dir, 'config', 'ledger.host', 'gitea');
  expect((await terminal.type('wl review open 1')).stdout).toBe(
    'made https://git.example.org/ada/work/pulls/1\n',
  );
  await terminal.repo.git(terminal.dir, 'config', 'ledger.host', 'sourceforge');
  expect(await terminal.type('wl review open 1')).toMatchObject({ status: 2, stdout: '' });
});

test('given a stale branch, when a request is to be opened, then it is refused with 9', async () => {
  const terminal = await onHost(
    'https://github.com/ada/work',
    'gh',
    'echo https://github.com/ada/work/pull/1',
  );
  await terminal.type('wl comment 1 "more"');
  const typed = await terminal.type('wl review open 1');
  expect(typed).toMatchObject({ status: 9, stdout: '' });
  expect(typed.stderr).toContain('wl review refresh WRK-');
});

test('given --open, when work is submitted, then the request is made at once, and the reply tells all of it', async () => {
  const url = 'https://github.com/ada/work';
  const terminal = await onHost(url, 'gh', `[ "$2" = list ] && echo '[]' || echo ${url}/pull/9`);
  await terminal.type('wl review withdraw 1');
  const typed = await terminal.type('wl submit 1 --result a=1 --open --json');
  expect(JSON.parse(typed.stdout)).toMatchObject({
    kind: 'submitted',
    where: 'remote',
    data: {
      item: { status: 'in_review', result: { a: 1 } },
      proposal: { kind: 'made' },
      request: { kind: 'made', url: `${url}/pull/9`, base: 'work-ledger' },
    },
  });
});
