import { afterEach, beforeEach, expect, it } from 'vitest';
import { judgePush } from '../../src/githooks/judge.ts';
import { BRANCH, makeLedger } from '../audit/ledgers.ts';
import { AFTER_ALL, randomLife } from '../audit/random-life.ts';
import { isolateThisProcess, makeTempFolder, runGit, type TempFolder } from '../helpers/temp-repo.ts';

let folder: TempFolder;
beforeEach(async () => {
  isolateThisProcess();
  folder = await makeTempFolder();
});
afterEach(() => folder.cleanup());

it.each([3, 5, 41])(
  'given a long life of items (%i), when it is judged in pushes of any length, then all of it may be taken',
  async (seed) => {
    const { ledger, gitDir } = await makeLedger(folder.path, { clock: AFTER_ALL });
    await ledger.batch(randomLife(500, seed));
    await ledger.close();
    const commits = (await runGit(gitDir, ['rev-list', '--reverse', BRANCH])).split('\n');
    expect(commits.length).toBeGreaterThan(200);
    const clock = AFTER_ALL.now().getTime() / 1000;
    let old: string | undefined;
    for (let at = 4, step = 1; at < commits.length; at += step, step = 1 + ((step * 3 + seed) % 41)) {
      const now = commits[at];
      expect(await judgePush(gitDir, [{ ref: BRANCH, old, now }], clock)).toBeUndefined();
      old = now;
    }
    expect(await judgePush(gitDir, [{ ref: BRANCH, old, now: commits.at(-1) }], clock)).toBeUndefined();
  },
);

it('given a push of several refs, when one is wrong, then that one is named', async () => {
  const { ledger, gitDir } = await makeLedger(folder.path);
  await ledger.close();
  const tip = await runGit(gitDir, ['rev-parse', BRANCH]);
  const inbox = { ref: 'refs/work-ledger/inbox/abcd1234', old: undefined, now: tip };
  const deletion = { ref: BRANCH, old: tip, now: undefined };
  expect(await judgePush(gitDir, [inbox, deletion])).toMatchObject({
    ref: BRANCH,
    rule: 'deletion',
    commit: tip,
  });
});

it('given an old tip that is not there, when a push is judged, then it is not taken', async () => {
  const { ledger, gitDir } = await makeLedger(folder.path);
  await ledger.close();
  const now = await runGit(gitDir, ['rev-parse', BRANCH]);
  await expect(judgePush(gitDir, [{ ref: BRANCH, old: 'a'.repeat(40), now }])).rejects.toThrow(
    'There is no commit',
  );
});
