import { execFileSync } from 'node:child_process';
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addressIn, openRequestIn, type ReviewHost, repositoryAt } from '../../src/hosts/host.ts';
import { HOSTS, hostOf, REVIEW_HOSTS } from '../../src/hosts/list.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BRANCHES = { base: 'work-ledger', head: 'review/WRK-20260103-0001' };

test.each([
  ['https://github.com/ada/work.git', 'https://github.com/ada/work', 'github'],
  ['git@github.com:ada/work.git', 'https://github.com/ada/work', 'github'],
  [
    'ssh://git@gitlab.example.org:2222/group/sub/work.git',
    'https://gitlab.example.org/group/sub/work',
    'gitlab',
  ],
  ['http://gitea.local:3000/ada/work/', 'http://gitea.local:3000/ada/work', 'gitea'],
  ['https://codeberg.org/ada/work', 'https://codeberg.org/ada/work', 'gitea'],
  ['https://git.example.org/ada/work.git', 'https://git.example.org/ada/work', undefined],
])('given the remote %s, when it is read, then it is %s, on %s', (url, web, host) => {
  const repository = repositoryAt(url);
  expect(repository?.web).toBe(web);
  expect(repository && hostOf(repository)).toBe(host);
});

test.each([
  '/srv/git/work.git',
  'file:///srv/git/work.git',
  '../work',
  'C:\\work',
  'https://github.com/',
  '',
])('given the remote %j, when it is read, then it is on no host', (url) => {
  expect(repositoryAt(url)).toBeUndefined();
});

test.each([
  ['github', 'https://h/a/b/compare/work-ledger...review/WRK-20260103-0001?expand=1'],
  [
    'gitlab',
    'https://h/a/b/-/merge_requests/new?merge_request%5Bsource_branch%5D=review%2FWRK-20260103-0001&merge_request%5Btarget_branch%5D=work-ledger',
  ],
  ['gitea', 'https://h/a/b/compare/work-ledger...review/WRK-20260103-0001'],
] as const)('given a repository on %s, when a link is made, then a person can follow it', (host, link) => {
  expect(REVIEW_HOSTS[host].link({ web: 'https://h/a/b', server: 'h', path: 'a/b' }, BRANCHES)).toBe(link);
});

test('given what programs list, when it is read, then only the request of these branches is found', () => {
  const { github, gitlab, gitea } = REVIEW_HOSTS;
  expect(openRequestIn(github, '[{"url":"https://h/1"}]', BRANCHES)).toBe('https://h/1');
  expect(openRequestIn(gitlab, '[{"web_url":"https://h/2"}]', BRANCHES)).toBe('https://h/2');
  const all = [
    { base: 'main', head: BRANCHES.head, url: 'https://h/3' },
    { base: 'work-ledger', head: 'other', url: 'https://h/4' },
    { ...BRANCHES, url: 'https://h/5' },
  ];
  expect(openRequestIn(gitea, JSON.stringify(all), BRANCHES)).toBe('https://h/5');
  for (const nothing of ['[]', '', 'No open merge requests', '{}', '[{"url":"javascript:x"}]'])
    for (const host of Object.values(REVIEW_HOSTS))
      expect(openRequestIn(host, nothing, BRANCHES)).toBeUndefined();
});

test('given what a program says when it made a request, when it is read, then its address is found', () => {
  expect(addressIn('Creating pull request\n\nhttps://github.com/a/b/pull/7\n')).toBe(
    'https://github.com/a/b/pull/7',
  );
  expect(addressIn('done')).toBeUndefined();
});

test('given each program, when it is asked, then no option of it is made of what an item says', () => {
  const repository = { web: 'https://h/a/b', server: 'h', path: 'a/b' };
  const request = { ...BRANCHES, title: '--web', body: '--fill', body_file: '/tmp/body.md' };
  for (const { create } of Object.values<ReviewHost>(REVIEW_HOSTS)) {
    const args = create(repository, request);
    // Each stands behind the option whose value it is.
    for (const [at, word] of args.entries())
      if (word === '--web' || word === '--fill') expect(args[at - 1]).toMatch(/^--(title|description)$/);
  }
});

/** Sources that name a host or its program, but in comments. */
const told = (name: string): string[] =>
  globSync('src/**/*.ts', { cwd: ROOT }).filter((file) => {
    const { [name as 'github']: host } = REVIEW_HOSTS;
    const text = readFileSync(join(ROOT, file), 'utf8').replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '');
    return text.includes(`'${name}'`) || new RegExp(`\\b${host.program}\\b`).test(text);
  });

test.each(HOSTS)(
  'given %s, when all that is said of it is looked for, then it stands in its own file',
  (name) => {
    // `github` is also a format of findings, which any host may read.
    const formats = ['src/cli/commands/audit/verify.ts', 'src/cli/commands/review/branch.ts'];
    expect(told(name).filter((file) => !formats.includes(file))).toEqual([`src/hosts/${name}.ts`]);
  },
);

describe('given a host that is new', () => {
  const FOLDER = '.';
  const TOY = `import { compareLink, type ReviewHost } from '${FOLDER}/host.ts';

export const toy: ReviewHost = {
  server: /toy/i,
  files: ['.toy/'],
  settings: 'on Toy: Settings',
  committer: 'noreply@toy.example',
  link: compareLink,
  program: 'toyctl',
  list: ({ path }) => ['list', path],
  listed: ({ address }) => ({ url: address }),
  create: ({ path }, { title }) => ['new', path, '--title', title],
};
`;
  let copy: string;
  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'wl-toy-host-'));
    for (const part of ['src', 'templates', 'package.json'])
      cpSync(join(ROOT, part), join(copy, part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    writeFileSync(join(copy, 'src/hosts/toy.ts'), TOY);
    const list = readFileSync(join(copy, 'src/hosts/list.ts'), 'utf8');
    writeFileSync(
      join(copy, 'src/hosts/list.ts'),
      `import { toy } from './toy.ts';\n${list.replace('{ github, gitlab, gitea }', '{ github, gitlab, gitea, toy }')}`,
    );
    mkdirSync(join(copy, 'templates/hosts/toy/.toy'), { recursive: true });
    writeFileSync(join(copy, 'templates/hosts/toy/.toy/owners'), '* @LEDGER@\n');
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  test('when it has its file and its line in the list, then the command line, its files and its requests know it', async () => {
    const script = `
      const from = (path) => import(process.cwd() + '/src/' + path);
      const { hostOf, isHostCommitter, ANY_HOST, ANY_PROGRAM } = await from('hosts/list.ts');
      const { isKnownFile } = await from('codec/auxiliary-files.ts');
      const { hostFiles } = await from('ledger/branch-files.ts');
      const { initCommand } = await from('cli/commands/ledger/init.ts');
      console.log(JSON.stringify({
        found: hostOf({ server: 'git.toy.example' }),
        committer: isHostCommitter('noreply@toy.example'),
        known: ['.toy/ci.yml', '.toy/', '.toys/x'].map(isKnownFile),
        words: [ANY_HOST, ANY_PROGRAM],
        files: hostFiles('toy', { branch: 'work-ledger', version: '1' }),
        help: JSON.stringify(initCommand.options.host),
      }));`;
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: copy,
      encoding: 'utf8',
    });
    expect(JSON.parse(said)).toEqual({
      found: 'toy',
      committer: true,
      known: [true, false, false],
      words: ['github, gitlab, gitea or toy', 'gh, glab, tea or toyctl'],
      files: [{ path: '.toy/owners', text: '* work-ledger\n' }],
      help: expect.stringContaining('github, gitlab, gitea or toy'),
    });
  });
});
