import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAX_COMMIT_BYTES } from '../../src/git/model/commit.ts';
import { judgePush } from '../../src/githooks/judge.ts';
import { initLedger } from '../../src/index.ts';
import {
  isolatedEnv,
  isolateThisProcess,
  makeBareRepo,
  makeTempFolder,
  makeWorkRepo,
  runGit,
  type TempFolder,
} from '../helpers/temp-repo.ts';
import { audit, BRANCH, makeLedger } from './ledgers.ts';

isolateThisProcess();

/** Reading so much took minutes for where it went over the same bytes again and again. */
const LONG = 200_000;
const AT_MOST_MS = 10_000;

type Tamper = (commit: string) => string;
const withHeader =
  (header: string): Tamper =>
  (commit) =>
    commit.replace('\n\n', () => `\n${header}\n\n`);
const withAuthor =
  (person: string): Tamper =>
  (commit) =>
    commit.replace(/^author .*$/m, () => `author ${person}`);

const FORGED: [what: string, tamper: Tamper, told: string, rule?: string][] = [
  ['an unknown header', withHeader('x-note hello'), 'is not known'],
  ['a second committer', withHeader('committer eve <e@example.invalid> 1 +0000'), 'stands twice'],
  ['a parent that git does not see', withHeader(`parent ${'a'.repeat(40)}`), 'out of its place'],
  ['an author of brackets alone', withAuthor(`${'<'.repeat(LONG)}><> 0 +0000`), 'as git writes one'],
  ['an author of spaces', withAuthor(`ada${' '.repeat(LONG)}`), 'as git writes one'],
  [
    'many headers of nothing',
    withHeader(Array.from({ length: LONG / 2 }, () => 'x').join('\n')),
    'not known',
  ],
  ['more bytes than are read', (commit) => commit + 'x'.repeat(MAX_COMMIT_BYTES), 'are allowed', 'size'],
];

describe('given commits with headers that nobody’s git wrote, on top of one another', () => {
  let folder: TempFolder;
  let remote: string;
  let gitDir: string;
  /** A clone that saw what came before them. */
  let clone: Awaited<ReturnType<typeof initLedger>>['ledger'];
  /** The last honest commit, and each that was forged. */
  const tips: string[] = [];

  beforeAll(async () => {
    folder = await makeTempFolder();
    remote = await makeBareRepo(folder.path, 'remote.git');
    const place = await makeLedger(folder.path, { remote });
    gitDir = place.gitDir;
    const { id } = await place.ledger.createWork({ title: 'One' });
    await place.ledger.close();
    tips.push(await runGit(gitDir, ['rev-parse', BRANCH]));
    const dir = await makeWorkRepo(folder.path, 'other');
    await runGit(dir, ['remote', 'add', 'origin', remote]);
    clone = (await initLedger({ dir, actor: 'eve' })).ledger;
    const { ledger } = await initLedger({ dir: place.dir, actor: 'ada', mode: 'local' });
    for (const [what, tamper] of FORGED) {
      await ledger.work.comment(id, what);
      const honest = await runGit(gitDir, ['cat-file', 'commit', BRANCH]);
      const forged = tamper(`${honest.replace(/^parent .*$/m, `parent ${tips.at(-1)}`)}\n`);
      const args = ['hash-object', '-t', 'commit', '-w', '--stdin', '--literally'];
      tips.push(
        execFileSync('git', args, { cwd: gitDir, env: isolatedEnv(), input: forged }).toString().trim(),
      );
    }
    await ledger.close();
    await runGit(gitDir, ['push', '--quiet', 'origin', `${tips.at(-1)}:${BRANCH}`]);
  });
  afterAll(async () => {
    await clone.close();
    await folder.cleanup();
  });

  test.each(FORGED.map((one, index) => [one[0], index] as const))(
    'when a push of one with %s is judged, then it is refused by name',
    async (_what, index) => {
      const [, , told, rule = 'commit'] = FORGED[index] ?? [];
      const [old, now] = tips.slice(index);
      expect(await judgePush(remote, [{ ref: BRANCH, old, now }])).toMatchObject({
        rule,
        commit: now,
        message: expect.stringContaining(told ?? ''),
      });
    },
    AT_MOST_MS,
  );

  test('when they are verified, then each is found, and told, in time', { timeout: AT_MOST_MS }, async () => {
    const { findings } = await audit(gitDir, tips.at(-1));
    const found = findings.filter(({ rule }) => rule === 'commit');
    expect(found).toMatchObject(
      FORGED.map(([, , told], index) => ({
        commit: tips[index + 1],
        message: expect.stringContaining(told),
      })),
    );
  });

  test('when a clone fetches them, then it goes on, and tells them in its log, in time', async () => {
    const start = performance.now();
    await clone.clone.sync();
    expect((await clone.createWork({ title: 'Two' })).title).toBe('Two');
    const [newest, ...older] = await clone.audit.log({ limit: 1 + FORGED.length });
    expect(newest?.verb).toBe('create');
    expect(older.map(({ commit }) => commit)).toEqual(tips.slice(1).reverse());
    expect(performance.now() - start).toBeLessThan(AT_MOST_MS);
  });
});
