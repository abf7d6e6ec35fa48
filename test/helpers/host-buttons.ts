import { join } from 'node:path';
import { runGit } from './temp-repo.ts';
import { tryGit } from './two-lines.ts';

export interface Person {
  name: string;
  email: string;
}

export interface PullRequest {
  number: number;
  /** Of the source, as `review/<id>`. */
  branch: string;
  title: string;
  body: string;
  /** Who opened it. */
  opener: Person;
}

/** What a button would put on the branch, which has not moved yet; or what git says of the conflict. */
export type Pressed = { kind: 'made'; old: string; tip: string } | { kind: 'conflict'; said: string };

/** Makes what a button makes. */
export type Button = (host: Host, pr: PullRequest, by: Person) => Promise<Pressed>;

const LEDGER = 'refs/heads/work-ledger';
const NONE = '0'.repeat(40);
/** Commits that GitHub makes in its own name have it as committer, and the person as author. */
const GITHUB: Person = { name: 'GitHub', email: 'noreply@github.com' };

interface Lines {
  author: Person;
  committer: Person;
}

/** A host's side of a bare repository: a work tree that shares its objects, where merges are made before a branch moves. */
export class Host {
  readonly #bare: string;
  readonly dir: string;
  /** A key of the host's, which signs what it makes. */
  key: string | undefined;
  /** The branch that buttons merge into. */
  base = LEDGER;

  private constructor(bare: string, dir: string) {
    this.#bare = bare;
    this.dir = dir;
  }

  static async open(folder: string, bare: string): Promise<Host> {
    const dir = join(folder, 'host');
    await runGit(folder, ['clone', '--quiet', '--shared', '--no-checkout', bare, dir]);
    return new Host(bare, dir);
  }

  tip(ref: string = this.base): Promise<string> {
    return runGit(this.#bare, ['rev-parse', ref]);
  }

  /** Moves the branch, as a host does: without any hook. */
  async land({ old, tip }: { old: string; tip: string }): Promise<void> {
    await runGit(this.#bare, ['update-ref', this.base, tip, old]);
  }

  git(args: readonly string[], lines?: Partial<Lines>): Promise<string> {
    return runGit(this.dir, args, environment(lines));
  }

  async checkOut(commit: string): Promise<void> {
    await this.git(['fetch', '--quiet', 'origin', '+refs/heads/*:refs/remotes/origin/*']);
    await this.git(['checkout', '--quiet', '--force', '--detach', commit]);
  }

  head(): Promise<string> {
    return this.git(['rev-parse', 'HEAD']);
  }

  /** Tries what can conflict. @returns what git said where it does */
  async tries(args: readonly string[], lines: Lines): Promise<string | undefined> {
    const { clean, said } = await tryGit(this.dir, args, environment(lines));
    return clean ? undefined : said;
  }

  /** Commits what is staged. */
  async commit(message: string, lines: Lines): Promise<void> {
    const sign =
      this.key === undefined
        ? ['commit', '--no-gpg-sign']
        : ['-c', 'gpg.format=ssh', '-c', `user.signingkey=${this.key}`, 'commit', '--gpg-sign'];
    await this.git([...sign, '--quiet', '--cleanup=verbatim', '--allow-empty', '-m', message], lines);
  }

  /** Gives what was made to the repository. */
  async made(old: string): Promise<Pressed> {
    const tip = await this.head();
    await runGit(this.#bare, ['fetch', '--quiet', '--no-write-fetch-head', this.dir, tip]);
    return { kind: 'made', old, tip };
  }

  /** Moves a branch of the repository other than the ledger's. */
  async moveBranch(name: string, pressed: Pressed): Promise<Pressed> {
    if (pressed.kind === 'made')
      await runGit(this.#bare, ['update-ref', `refs/heads/${name}`, pressed.tip, pressed.old]);
    return pressed;
  }
}

function environment({ author, committer }: Partial<Lines> = {}): Record<string, string> {
  return {
    ...(author && { GIT_AUTHOR_NAME: author.name, GIT_AUTHOR_EMAIL: author.email }),
    ...(committer && { GIT_COMMITTER_NAME: committer.name, GIT_COMMITTER_EMAIL: committer.email }),
  };
}

const sourceOf = ({ branch }: PullRequest): string => `origin/${branch}`;

/** The branch is moved to the pull request's own commit, where it can be: GitLab's and Gitea's fast-forward. */
export const fastForward: Button = async (host, pr) => {
  const old = await host.tip();
  await host.checkOut(old);
  const said = await host.tries(['merge', '--quiet', '--ff-only', sourceOf(pr)], linesOf(pr.opener));
  return said === undefined ? host.made(old) : { kind: 'conflict', said };
};

const linesOf = (person: Person): Lines => ({ author: person, committer: person });

/** A commit with two parents. */
async function merge(host: Host, pr: PullRequest, message: string, lines: Lines): Promise<Pressed> {
  const old = await host.tip();
  await host.checkOut(old);
  const said = await host.tries(['merge', '--quiet', '--no-ff', '--no-commit', sourceOf(pr)], lines);
  if (said !== undefined) return { kind: 'conflict', said };
  await host.commit(message, lines);
  return host.made(old);
}

/** GitHub: author is who merged, committer is GitHub; the title of the pull request stands below. */
export const githubMerge: Button = (host, pr, by) =>
  merge(host, pr, `Merge pull request #${pr.number} from team/${pr.branch}\n\n${pr.title}\n`, {
    author: by,
    committer: GITHUB,
  });

/** GitLab's default template for merge commits; both lines are who merged. */
export const gitlabMerge: Button = (host, pr, by) => merge(host, pr, gitlabMessage(pr), linesOf(by));

const gitlabMessage = ({ branch, title, number }: PullRequest): string =>
  `Merge branch '${branch}' into 'work-ledger'\n\n${title}\n\nSee merge request team/work!${number}`;

/** Gitea's default; both lines are who merged. */
export const giteaMerge: Button = (host, { ...pr }, by) => {
  const title = `Merge pull request '${pr.title}' (#${pr.number}) from ${pr.branch} into work-ledger`;
  return merge(
    host,
    pr,
    `${title}\n\nReviewed-on: https://git.example/team/work/pulls/${pr.number}\n`,
    linesOf(by),
  );
};

/** A merge whose message repeats the commit's, as a template with `%{first_commit}` gives on GitLab. */
export const mergeThatRepeats: Button = async (host, pr, by) => {
  const [message = ''] = await messagesOf(host, pr);
  return merge(host, pr, `Merge '${pr.branch}'\n\n${message}`, linesOf(by));
};

/** Author and its date are kept; the committer is who merged, also where the commits could stay as they are. */
export const rebase: Button = async (host, pr, by) => {
  const old = await host.tip();
  await host.checkOut(sourceOf(pr));
  const said = await host.tries(['rebase', '--quiet', '--force-rebase', old], { author: by, committer: by });
  if (said === undefined) return host.made(old);
  await host.git(['rebase', '--abort']);
  return { kind: 'conflict', said };
};

/** Messages of a pull request's commits, oldest first, but for merges. */
async function messagesOf(host: Host, pr: PullRequest): Promise<string[]> {
  await host.git(['fetch', '--quiet', 'origin', '+refs/heads/*:refs/remotes/origin/*']);
  const list = await host.git([
    'log',
    '--reverse',
    '--no-merges',
    '-z',
    '--format=%B',
    `origin/work-ledger..${sourceOf(pr)}`,
  ]);
  return list.split('\0').map((message) => message.trimEnd());
}

async function coAuthors(host: Host, pr: PullRequest): Promise<string[]> {
  const range = `origin/work-ledger..${sourceOf(pr)}`;
  const list = await host.git(['log', '--no-merges', '--format=%an <%ae>', range]);
  return [...new Set(list.split('\n'))].map((who) => `Co-authored-by: ${who}`);
}

/** One commit of all that the pull request changes, on the tip of the ledger. The author's date is now. */
async function squash(host: Host, pr: PullRequest, message: string, lines: Lines): Promise<Pressed> {
  const old = await host.tip();
  await host.checkOut(old);
  const said = await host.tries(['merge', '--quiet', '--squash', sourceOf(pr)], lines);
  if (said !== undefined) return { kind: 'conflict', said };
  await host.commit(message, lines);
  return host.made(old);
}

/**
 * GitHub: author is who opened, committer GitHub. Of one commit, its own title, with the number, and its body; of several, the
 * title of the pull request and a point for each. The authors of the commits stand in a paragraph at the end.
 */
export const githubSquash: Button = async (host, pr, by) =>
  squash(host, pr, await githubSquashMessage(host, pr), {
    author: by === pr.opener ? by : pr.opener,
    committer: GITHUB,
  });

async function githubSquashMessage(host: Host, pr: PullRequest): Promise<string> {
  const messages = await messagesOf(host, pr);
  const [only = '', ...others] = messages;
  const [title = '', ...body] = only.split('\n');
  const text = others.length === 0 ? body.join('\n').trim() : pointsOf(messages);
  const first = `${others.length === 0 ? title : pr.title} (#${pr.number})`;
  return `${first}\n\n${text}\n\n${(await coAuthors(host, pr)).join('\n')}`;
}

const pointsOf = (messages: readonly string[]): string =>
  messages.map((message) => `* ${message}`).join('\n\n');

/** GitHub, set to "pull request title and description": the text is broken at 72 characters. */
export const githubSquashOfDescription: Button = async (host, pr) => {
  const lines = pr.body.split('\n').map((line) => line.replaceAll(/(?=.{73})(.{1,72}) /g, '$1\n'));
  const message = `${pr.title} (#${pr.number})\n\n${lines.join('\n')}\n\n${(await coAuthors(host, pr)).join('\n')}`;
  return squash(host, pr, message, { author: pr.opener, committer: GITHUB });
};

/** GitLab, set to fast-forward: author is who opened the merge request, committer who merged; the message is a template's. */
const gitlabSquash =
  (template: (host: Host, pr: PullRequest) => Promise<string>): Button =>
  async (host, pr, by) =>
    squash(host, pr, await template(host, pr), { author: pr.opener, committer: by });

/** GitLab's default template for squashes: `%{title}`. */
export const gitlabSquashOfTitle = gitlabSquash(async (_host, { title }) => title);
export const gitlabSquashOfFirst = gitlabSquash(async (host, pr) => (await messagesOf(host, pr))[0] ?? '');
export const gitlabSquashOfAll = gitlabSquash(async (host, pr) => pointsOf(await messagesOf(host, pr)));

/** GitLab, set to merge commits: what was squashed stands where the branch began, and is merged. */
export const gitlabSquashAndMerge: Button = async (host, pr, by) => {
  const old = await host.tip();
  const message = (await messagesOf(host, pr))[0] ?? '';
  await host.checkOut(await host.git(['merge-base', old, sourceOf(pr)]));
  const squashed = { author: pr.opener, committer: by };
  await host.tries(['merge', '--quiet', '--squash', sourceOf(pr)], squashed);
  await host.commit(message, squashed);
  const side = await host.head();
  await host.checkOut(old);
  const said = await host.tries(['merge', '--quiet', '--no-ff', '--no-commit', side], linesOf(by));
  if (said !== undefined) return { kind: 'conflict', said };
  await host.commit(gitlabMessage(pr), linesOf(by));
  return host.made(old);
};

/** Gitea: author is who opened, committer who merged; the title with the number, and what the pull request says. */
export const giteaSquash: Button = async (host, pr, by) => {
  const message = `${pr.title} (#${pr.number})\n\n${pr.body}\n\n${(await coAuthors(host, pr)).join('\n')}`;
  return squash(host, pr, message, { author: pr.opener, committer: by });
};

/** "Update branch": the ledger's branch is merged into the pull request's. */
export const updateBranch: Button = async (host, pr, by) => {
  const old = await host.tip(`refs/heads/${pr.branch}`);
  await host.checkOut(old);
  const lines = { author: by, committer: GITHUB };
  const said = await host.tries(['merge', '--quiet', '--no-ff', '--no-commit', 'origin/work-ledger'], lines);
  if (said !== undefined) return { kind: 'conflict', said };
  await host.commit(`Merge branch 'work-ledger' into ${pr.branch}`, lines);
  return host.moveBranch(pr.branch, await host.made(old));
};

/** A merge whose conflict, or what seems to be one, a person settles in the host's editor. */
export async function mergeByEditor(
  host: Host,
  pr: PullRequest,
  by: Person,
  edit: (dir: string) => Promise<void>,
): Promise<Pressed> {
  const old = await host.tip();
  await host.checkOut(old);
  const lines = linesOf(by);
  await host.tries(['merge', '--quiet', '--no-ff', '--no-commit', sourceOf(pr)], lines);
  await edit(host.dir);
  await host.git(['add', '--all', '--force']);
  await host.commit(`Merge branch 'work-ledger' into ${pr.branch}\n\n# Conflicts: resolved`, lines);
  return host.made(old);
}

/**
 * GitHub's merge queue: on a branch of its own, each pull request is put on top of the one before by the same button; the
 * ledger's branch is moved to the end of it.
 */
export async function mergeQueue(
  host: Host,
  prs: readonly PullRequest[],
  by: Person,
  button: Button,
): Promise<Pressed> {
  const old = await host.tip();
  const [first] = prs;
  host.base = `refs/heads/gh-readonly-queue/work-ledger/pr-${first?.number}-${old}`;
  await host.land({ old: NONE, tip: old });
  try {
    for (const pr of prs) {
      const pressed = await button(host, pr, by);
      if (pressed.kind === 'conflict') return pressed;
      await host.land(pressed);
    }
    return { kind: 'made', old, tip: await host.tip() };
  } finally {
    host.base = LEDGER;
  }
}
