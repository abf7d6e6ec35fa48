import { compareLink, type ReviewHost } from './host.ts';

/** Gitea, and Forgejo, which is one still in all of this. */
export const gitea: ReviewHost = {
  server: /gitea|forgejo|codeberg/i,
  files: ['.gitea/'],
  settings: 'on Gitea or Forgejo: Settings, Branches',
  link: compareLink,
  program: 'tea',
  // It lists all of a repository; each row tells whose it is.
  list: ({ path }) => [
    ...['pulls', 'list', '--repo', path, '--state', 'open'],
    ...['--fields', 'base,head,url', '--output', 'json'],
  ],
  listed: ({ base, head, url }) => ({ base, head, url }),
  create: ({ path }, { base, head, title, body }) => [
    ...['pulls', 'create', '--repo', path, '--base', base, '--head', head],
    ...['--title', title, '--description', body],
  ],
};
