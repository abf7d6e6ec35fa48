import type { ReviewHost } from './host.ts';

export const gitlab: ReviewHost = {
  server: /gitlab/i,
  files: ['.gitlab-ci.yml', '.gitlab/'],
  settings: 'on GitLab: Settings, Repository, Protected branches',
  link: ({ web }, { base, head }) => {
    const query = new URLSearchParams({
      'merge_request[source_branch]': head,
      'merge_request[target_branch]': base,
    });
    return `${web}/-/merge_requests/new?${query}`;
  },
  program: 'glab',
  list: ({ web }, { base, head }) => [
    ...['mr', 'list', '--repo', web],
    ...['--target-branch', base, '--source-branch', head, '--output', 'json'],
  ],
  listed: ({ web_url }) => ({ url: web_url }),
  // It takes no file; an argument is as long as the system lets it be.
  create: ({ web }, { base, head, title, body }) => [
    ...['mr', 'create', '--repo', web, '--target-branch', base, '--source-branch', head],
    ...['--title', title, '--description', body, '--yes'],
  ],
};
