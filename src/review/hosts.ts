import { trimSlashes } from '../domain/text.ts';
import type { Host } from '../ledger/hosts.ts';

/** A repository on a host, by the address of its remote. */
export interface HostedRepository {
  /** Where people see it: `https://github.com/ada/work`. */
  web: string;
  /** `github.com`, with a port where it has one. */
  server: string;
  /** `ada/work`; groups may be deeper. */
  path: string;
}

/** @returns `undefined` for an address that is on no server, such as a folder's */
export function repositoryAt(url: string): HostedRepository | undefined {
  const [, login, server, rest] = /^(?:([\w.-]+)@)?([\w.-]+):(?!\/\/)(.+)$/.exec(url) ?? [];
  // `C:\work` and `host:path` look alike; nobody's server has a name of one letter.
  if (server !== undefined && rest !== undefined && (login !== undefined || server.length > 1))
    return hosted('https:', server, rest);
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, host, pathname } = new URL(url);
  if (protocol === 'http:' || protocol === 'https:') return hosted(protocol, host, pathname);
  return protocol === 'ssh:' ? hosted('https:', hostname, pathname) : undefined;
}

function hosted(protocol: string, server: string, at: string): HostedRepository | undefined {
  const path = trimSlashes(at).replace(/\.git$/, '');
  return path === '' || server === '' ? undefined : { web: `${protocol}//${server}/${path}`, server, path };
}

const KNOWN: readonly [RegExp, Host][] = [
  [/github/i, 'github'],
  [/gitlab/i, 'gitlab'],
  [/gitea|forgejo|codeberg/i, 'gitea'],
];

/** What kind of host a server is, by its name. */
export const hostOf = ({ server }: HostedRepository): Host | undefined =>
  KNOWN.find(([pattern]) => pattern.test(server))?.[1];

/** A request to merge one branch into another. */
export interface MergeRequest {
  base: string;
  head: string;
  title: string;
  body: string;
  body_file: string;
}

type Branches = Pick<MergeRequest, 'base' | 'head'>;

const inPath = (branch: string): string => branch.split('/').map(encodeURIComponent).join('/');

/** Where a person makes the request. */
export function linkTo(host: Host, { web }: HostedRepository, { base, head }: Branches): string {
  switch (host) {
    case 'github':
      return `${web}/compare/${inPath(base)}...${inPath(head)}?expand=1`;
    case 'gitlab': {
      const query = new URLSearchParams({
        'merge_request[source_branch]': head,
        'merge_request[target_branch]': base,
      });
      return `${web}/-/merge_requests/new?${query}`;
    }
    case 'gitea':
      return `${web}/compare/${inPath(base)}...${inPath(head)}`;
    default:
      return host satisfies never;
  }
}

/** How a host's program is asked: its name and its arguments, which no shell reads. */
export interface HostProgram {
  program: string;
  /** Prints the open requests of the two branches as JSON. */
  list(repository: HostedRepository, branches: Branches): string[];
  /** Makes one, and prints its address. */
  create(repository: HostedRepository, request: MergeRequest): string[];
}

export const PROGRAMS: Readonly<Record<Host, HostProgram>> = {
  github: {
    program: 'gh',
    list: ({ server, path }, { base, head }) => [
      'pr',
      'list',
      '--repo',
      `${server}/${path}`,
      '--base',
      base,
      '--head',
      head,
      '--state',
      'open',
      '--json',
      'url',
    ],
    create: ({ server, path }, { base, head, title, body_file }) => [
      'pr',
      'create',
      '--repo',
      `${server}/${path}`,
      '--base',
      base,
      '--head',
      head,
      '--title',
      title,
      '--body-file',
      body_file,
    ],
  },
  gitlab: {
    program: 'glab',
    list: ({ web }, { base, head }) => [
      'mr',
      'list',
      '--repo',
      web,
      '--target-branch',
      base,
      '--source-branch',
      head,
      '--output',
      'json',
    ],
    // It takes no file; an argument is as long as the system lets it be.
    create: ({ web }, { base, head, title, body }) => [
      'mr',
      'create',
      '--repo',
      web,
      '--target-branch',
      base,
      '--source-branch',
      head,
      '--title',
      title,
      '--description',
      body,
      '--yes',
    ],
  },
  gitea: {
    program: 'tea',
    list: ({ path }) => [
      'pulls',
      'list',
      '--repo',
      path,
      '--state',
      'open',
      '--fields',
      'base,head,url',
      '--output',
      'json',
    ],
    create: ({ path }, { base, head, title, body }) => [
      'pulls',
      'create',
      '--repo',
      path,
      '--base',
      base,
      '--head',
      head,
      '--title',
      title,
      '--description',
      body,
    ],
  },
};

/** The address of the open request of two branches, in what a program listed; `undefined` where it lists none. */
export function openRequestIn(listed: string, { base, head }: Branches): string | undefined {
  let found: unknown;
  try {
    found = JSON.parse(listed);
  } catch {
    // A program that lists nothing may say so in words.
    return undefined;
  }
  for (const one of Array.isArray(found) ? (found as Record<string, unknown>[]) : []) {
    // The one that lists all of a repository tells whose each is.
    const isOther =
      (one.base !== undefined && one.base !== base) || (one.head !== undefined && one.head !== head);
    const url = one.url ?? one.web_url;
    if (!isOther && typeof url === 'string' && isWeb(url)) return url;
  }
  return undefined;
}

/** The address in what a program said when it made a request. */
export const addressIn = (said: string): string | undefined =>
  said.split(/\s+/).findLast((word) => isWeb(word));

const isWeb = (text: string): boolean => /^https?:\/\/[^\s"'<>]+$/.test(text);
