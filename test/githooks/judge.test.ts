import { tracingChannel } from 'node:diagnostics_channel';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
    await ledger.work.batch(randomLife(500, seed));
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

it('given files of which none is too large, when together they are more than may stand beside the branch, then they are refused', async () => {
  const { ledger, gitDir } = await makeLedger(folder.path);
  await ledger.close();
  const blobs = await Promise.all(
    ['a', 'b'].map(async (name) => {
      const file = join(folder.path, name);
      await writeFile(file, name.repeat(600_000));
      return runGit(gitDir, ['hash-object', '-w', file]);
    }),
  );
  const ref = 'refs/work-ledger/presence/ada.1';
  let now: string | undefined;
  for (const [index, blob] of blobs.entries()) {
    const env = { GIT_INDEX_FILE: join(folder.path, 'index') };
    await runGit(gitDir, ['update-index', '--add', '--cacheinfo', `100644,${blob},${index}`], env);
    const tree = await runGit(gitDir, ['write-tree'], env);
    now = await runGit(gitDir, ['commit-tree', '-m', 'x', ...(now === undefined ? [] : ['-p', now]), tree]);
    const refusal = await judgePush(gitDir, [{ ref, old: undefined, now }]);
    if (index === 0) expect(refusal).toBeUndefined();
    else expect(refusal).toMatchObject({ ref, rule: 'size', message: expect.stringContaining('in all') });
  }
});

it('given an old tip that is not there, when a push is judged, then it is not taken', async () => {
  const { ledger, gitDir } = await makeLedger(folder.path);
  await ledger.close();
  const now = await runGit(gitDir, ['rev-parse', BRANCH]);
  await expect(judgePush(gitDir, [{ ref: BRANCH, old: 'a'.repeat(40), now }])).rejects.toThrow(
    'There is no commit',
  );
});

/** Git processes that are started while `task` runs. */
async function gitProcesses(task: () => Promise<unknown>): Promise<number> {
  let started = 0;
  const count = (): void => {
    started += 1;
  };
  const channel = tracingChannel('work-ledger:git');
  channel.start.subscribe(count);
  try {
    await task();
  } finally {
    channel.start.unsubscribe(count);
  }
  return started;
}

it('given a push of many refs beside the branch, when it is judged, then it takes as many processes as one of few', async () => {
  const { ledger, gitDir } = await makeLedger(folder.path);
  await ledger.close();
  const tree = await runGit(gitDir, ['rev-parse', `${BRANCH}^{tree}`]);
  const tips = await Promise.all(
    Array.from({ length: 8 }, (_, n) => runGit(gitDir, ['commit-tree', '-m', `offer ${n}`, tree])),
  );
  const updates = (count: number) =>
    Array.from({ length: count }, (_, n) => ({
      ref: `refs/work-ledger/inbox/c${n}`,
      old: undefined,
      now: tips[n % tips.length],
    }));
  const judge = (count: number) => async () =>
    expect(await judgePush(gitDir, updates(count))).toBeUndefined();
  const few = await gitProcesses(judge(2));
  expect(few).toBeGreaterThan(0);
  expect(await gitProcesses(judge(2_000))).toBe(few);
});
