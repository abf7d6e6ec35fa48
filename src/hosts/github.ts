import { compareLink, type ReviewHost } from './host.ts';

export const github: ReviewHost = {
  server: /github/i,
  files: ['.github/'],
  settings: 'on GitHub: Settings, Rules, Rulesets',
  committer: 'noreply@github.com',
  link: (repository, branches) => `${compareLink(repository, branches)}?expand=1`,
  program: 'gh',
  list: ({ server, path }, { base, head }) => [
    ...['pr', 'list', '--repo', `${server}/${path}`],
    ...['--base', base, '--head', head, '--state', 'open', '--json', 'url'],
  ],
  listed: ({ url }) => ({ url }),
  create: ({ server, path }, { base, head, title, body_file }) => [
    ...['pr', 'create', '--repo', `${server}/${path}`, '--base', base, '--head', head],
    ...['--title', title, '--body-file', body_file],
  ],
};
