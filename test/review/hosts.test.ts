import { expect, test } from 'vitest';
import { addressIn, hostOf, linkTo, openRequestIn, PROGRAMS, repositoryAt } from '../../src/review/hosts.ts';

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
  expect(linkTo(host, { web: 'https://h/a/b', server: 'h', path: 'a/b' }, BRANCHES)).toBe(link);
});

test('given what programs list, when it is read, then only the request of these branches is found', () => {
  expect(openRequestIn('[{"url":"https://h/1"}]', BRANCHES)).toBe('https://h/1');
  expect(openRequestIn('[{"web_url":"https://h/2"}]', BRANCHES)).toBe('https://h/2');
  const all = [
    { base: 'main', head: BRANCHES.head, url: 'https://h/3' },
    { base: 'work-ledger', head: 'other', url: 'https://h/4' },
    { ...BRANCHES, url: 'https://h/5' },
  ];
  expect(openRequestIn(JSON.stringify(all), BRANCHES)).toBe('https://h/5');
  for (const nothing of ['[]', '', 'No open merge requests', '{}', '[{"url":"javascript:x"}]'])
    expect(openRequestIn(nothing, BRANCHES)).toBeUndefined();
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
  for (const { create } of Object.values(PROGRAMS)) {
    const args = create(repository, request);
    // Each stands behind the option whose value it is.
    for (const [at, word] of args.entries())
      if (word === '--web' || word === '--fill') expect(args[at - 1]).toMatch(/^--(title|description)$/);
  }
});
