import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkReview, findReview, listReviews } from '../../src/review.ts';
import { completedPath, forgeBranch, makeReview, type ReviewPlace, stage } from '../helpers/review.ts';

type Git = (...args: string[]) => Promise<string>;
interface Forgery {
  rule: string;
  said?: RegExp;
  forge(git: Git, place: ReviewPlace): Promise<void>;
  /** The branch that it is put on, where it is another. */
  onto?(place: ReviewPlace): string;
}

const amend = async (git: Git, ...args: string[]): Promise<void> => {
  await git('commit', '--quiet', '--amend', '--no-edit', ...args);
};
const reword = async (git: Git, change: (message: string) => string): Promise<void> => {
  await git(
    'commit',
    '--quiet',
    '--amend',
    '--cleanup=verbatim',
    '-m',
    change(await git('log', '-1', '--format=%B')),
  );
};
const OVERSIZE = 3 * 1024 * 1024;

/** What someone who may push branches can put there. */
const FORGERIES: Record<string, Forgery> = {
  'two commits': {
    rule: 'count',
    async forge(git) {
      await git('commit', '--quiet', '--allow-empty', '-m', 'And this.');
    },
  },
  'a merge': {
    rule: 'count',
    async forge(git) {
      await git('checkout', '--quiet', '-b', 'side', 'origin/work-ledger');
      await git('merge', '--quiet', '--no-ff', '-m', 'both', 'forged');
      await git('checkout', '--quiet', '-B', 'forged', 'side');
    },
  },
  'a history of its own': {
    rule: 'count',
    async forge(git) {
      await git('checkout', '--quiet', '--orphan', 'own');
      await git('commit', '--quiet', '-m', 'approve');
      await git('checkout', '--quiet', '-B', 'forged', 'own');
    },
  },
  "another item's approval": {
    rule: 'proposal',
    said: /it is of/,
    forge: async () => undefined,
    onto: (place) => `review/${place.waiting}`,
  },
  'another actor': {
    rule: 'proposal',
    said: /its actor is root/,
    forge: (git) => reword(git, (message) => message.replace('Work-Actor: pull-request', 'Work-Actor: root')),
  },
  'a reason that nobody gave': {
    rule: 'proposal',
    said: /gives a reason/,
    forge: (git) => reword(git, (message) => message.trimEnd().concat('\nWork-Reason: checked by root\n')),
  },
  'another verb': {
    rule: 'proposal',
    said: /verb complete/,
    forge: (git) => reword(git, (message) => message.replace('Work-Verb: approve', 'Work-Verb: complete')),
  },
  'no transition at all': { rule: 'proposal', forge: (git) => reword(git, () => 'Fix typo') },
  'an author who is not its actor': {
    rule: 'proposal',
    said: /its author is eve/,
    forge: (git) => amend(git, '--author=eve <eve@example.invalid>'),
  },
  'another result': {
    rule: 'content',
    async forge(git, place) {
      const text = await git('show', `HEAD:${completedPath(place.id)}`);
      await stage(place, completedPath(place.id), `${text.replace('tests: 12', 'tests: 99')}\n`);
      await amend(git);
    },
  },
  'a file beside the item': {
    rule: 'item',
    async forge(git, place) {
      await stage(place, 'README.md', 'Read this instead.\n');
      await amend(git);
    },
  },
  'other settings': {
    rule: 'configure',
    async forge(git, place) {
      const text = await git('show', 'HEAD:ledger.yaml');
      await stage(place, 'ledger.yaml', `${text}\nmax_attempts: 999\n`);
      await amend(git);
    },
  },
  'a symbolic link': {
    rule: 'mode',
    async forge(git, place) {
      const path = join(place.host, completedPath(place.id));
      await rm(path);
      await symlink('/etc/passwd', path);
      await git('add', '--all');
      await amend(git);
    },
  },
  'a file that is too large': {
    rule: 'file:size',
    async forge(git, place) {
      await writeFile(join(place.host, completedPath(place.id)), 'a'.repeat(OVERSIZE));
      await git('add', '--all');
      await amend(git);
    },
  },
  'a message that is too large': {
    rule: 'size',
    forge: async (git, place) => {
      const file = join(place.repo.folder, 'message');
      await writeFile(file, `${await git('log', '-1', '--format=%B')}\n${'x'.repeat(OVERSIZE)}\n`);
      await git('commit', '--quiet', '--amend', '-F', file);
    },
  },
  'a date in the future': {
    rule: 'clock',
    async forge(git) {
      const date = '@4102444800 +0000';
      await git(
        'rebase',
        '--quiet',
        '--force-rebase',
        'HEAD~1',
        '--exec',
        `GIT_COMMITTER_DATE="${date}" git commit --quiet --amend --no-edit`,
      );
    },
  },
};

test.each(Object.entries(FORGERIES))(
  'given a review branch with %s, when it is listed and checked, then it is never shown as fit',
  async (_, { rule, said = /./, forge, onto }) => {
    const place = await makeReview();
    await forgeBranch(place, (git) => forge(git, place), onto?.(place));
    const branch = onto?.(place) ?? place.branch;
    const id = branch.slice('review/'.length);
    const found = (await listReviews(place.bob)).find((review) => review.id === id);
    expect(found).toMatchObject({
      proposal: null,
      findings: [{ rule, message: expect.stringMatching(said) }],
    });
    expect(found?.state).toMatch(/stale|leftover/);
    expect((await findReview(place.bob, id)).proposal).toBeNull();
    await place.repo.git(place.host, 'fetch', '--quiet', 'origin');
    const checked = await checkReview({ dir: place.host, head: `origin/${branch}`, branch });
    expect(checked).toMatchObject({ ok: false, findings: [{ rule }] });
  },
);
