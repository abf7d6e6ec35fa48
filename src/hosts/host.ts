import { trimSlashes } from '../domain/text.ts';

/** A repository on a host, by the address of its remote. */
export interface HostedRepository {
  /** Where people see it: `https://github.com/ada/work`. */
  web: string;
  /** `github.com`, with a port where it has one. */
  server: string;
  /** `ada/work`; groups may be deeper. */
  path: string;
}

/** A request to merge one branch into another. */
export interface MergeRequest {
  base: string;
  head: string;
  title: string;
  body: string;
  body_file: string;
}

export type Branches = Pick<MergeRequest, 'base' | 'head'>;

/** What one row says of an open request; a program that lists only the request of two branches leaves them out. */
export type ListedRequest = { [key in 'base' | 'head' | 'url']?: unknown };

/**
 * All that is true of one kind of review host. A new one is a file that exports such a value, and its line in `list.ts`; the files
 * that it looks for on the ledger branch are `templates/hosts/<its name>`.
 */
export interface ReviewHost {
  /** The part of a server's name that tells this kind of host. */
  server: RegExp;
  /** Paths on the ledger branch that are this host's: files, and folders with a `/` at their end. They are part of the format. */
  files: readonly string[];
  /** Where people tell the host itself who may push and who may accept. */
  settings: string;
  /** The e-mail that the host commits under in its own name; without one, its committers are those who press the button. */
  committer?: string;
  /** Where a person makes the request. */
  link(repository: HostedRepository, branches: Branches): string;
  /** The program that is asked. No shell reads its arguments. */
  program: string;
  /** Arguments that print the open requests of the two branches, or of the repository, as a list in JSON. */
  list(repository: HostedRepository, branches: Branches): string[];
  /** One row of that list. */
  listed(row: Record<string, unknown>): ListedRequest;
  /** Arguments that make a request and print its address. */
  create(repository: HostedRepository, request: MergeRequest): string[];
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

/** The page that compares two branches, at which several hosts offer to make the request. */
export const compareLink = ({ web }: HostedRepository, { base, head }: Branches): string =>
  `${web}/compare/${inPath(base)}...${inPath(head)}`;

const inPath = (branch: string): string => branch.split('/').map(encodeURIComponent).join('/');

/** The address of the open request of two branches, in what a host's program listed; `undefined` where it lists none. */
export function openRequestIn(
  { listed: readRow }: Pick<ReviewHost, 'listed'>,
  listed: string,
  branches: Branches,
): string | undefined {
  let found: unknown;
  try {
    found = JSON.parse(listed);
  } catch {
    // A program that lists nothing may say so in words.
    return undefined;
  }
  for (const row of Array.isArray(found) ? (found as Record<string, unknown>[]) : []) {
    const { base = branches.base, head = branches.head, url } = readRow(row);
    const isAsked = base === branches.base && head === branches.head;
    if (isAsked && typeof url === 'string' && isWeb(url)) return url;
  }
  return undefined;
}

/** The address in what a program said when it made a request. */
export const addressIn = (said: string): string | undefined =>
  said.split(/\s+/).findLast((word) => isWeb(word));

const isWeb = (text: string): boolean => /^https?:\/\/[^\s"'<>]+$/.test(text);
