import { gitea } from './gitea.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import type { HostedRepository, ReviewHost } from './host.ts';

/** Every kind of host whose files this program places and whose program it asks, by its name in `--host` and `ledger.host`. */
export const REVIEW_HOSTS = { github, gitlab, gitea } as const satisfies Record<string, ReviewHost>;

export type Host = keyof typeof REVIEW_HOSTS;
export const HOSTS = Object.keys(REVIEW_HOSTS) as readonly Host[];

const oneOf = (words: readonly string[]): string => `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

/** `github, gitlab or gitea`, for texts. */
export const ANY_HOST = oneOf(HOSTS);
/** `gh, glab or tea`, for texts. */
export const ANY_PROGRAM = oneOf(HOSTS.map((name) => REVIEW_HOSTS[name].program));

/** What stands on a ledger branch for the sake of a host: files, and folders with a `/` at their end. */
export const HOST_FILES = HOSTS.flatMap((name): readonly string[] => REVIEW_HOSTS[name].files);

/** What kind of host a server is, by its name. */
export const hostOf = ({ server }: HostedRepository): Host | undefined =>
  HOSTS.find((name) => REVIEW_HOSTS[name].server.test(server));

/** True for the e-mail of a host that commits in its own name. */
export const isHostCommitter = (email: string): boolean =>
  Object.values<ReviewHost>(REVIEW_HOSTS).some(({ committer }) => committer === email);
