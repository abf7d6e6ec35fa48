import { expect, test } from 'vitest';
import { listReviews } from '../../src/review.ts';
import { makeReview } from '../helpers/review.ts';
import { runWl } from '../helpers/wl-process.ts';
import { gitScript, realGit } from '../helpers/wrapped-git.ts';

/** A git that kills whoever pushes a review branch, before or after the remote has it. */
const deadly = (folder: string, when: 'before' | 'after'): string =>
  gitScript(
    folder,
    `case "$*" in
  *push*refs/heads/review/*) ${when === 'after' ? `'${realGit()}' "$@" > /dev/null 2>&1;` : ''} kill -9 $PPID; exit 137;;
esac
exec '${realGit()}' "$@"`,
  );

test.each(['before', 'after'] as const)(
  'given a submit that is killed %s its branch is pushed, when it is refreshed, then the branch is there and right',
  async (when) => {
    const { repo, ada, bob, id } = await makeReview('file', false);
    await ada.work.withdraw(id);
    const dir = `${repo.folder}/ada`;
    const killed = await runWl(dir, ['submit', id], { PATH: deadly(repo.folder, when) });
    expect(await killed.ended).toBeNull();
    const state = when === 'before' ? 'missing' : 'current';
    expect(await listReviews(bob)).toMatchObject([{ id, state, item: { status: 'in_review' } }]);
    const refreshed = await runWl(dir, ['review', 'refresh', id]);
    expect(refreshed.stderr).toBe('');
    expect(await refreshed.ended).toBe(0);
    expect(await listReviews(bob)).toMatchObject([{ id, state: 'current' }]);
  },
);
