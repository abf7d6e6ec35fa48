import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeWorkRepo, runGit } from '../helpers/temp-repo.ts';
import { idIn, makeWorkplace, type Workplace, wl } from './workplace.ts';

let place: Workplace;
let clone: string;
let id: string;
const BOB = { env: { WL_ACTOR: 'bob' } };

beforeAll(async () => {
  place = await makeWorkplace();
  clone = await place.clone('ada');
  await wl(clone, ['init']);
});
afterAll(() => place.cleanup());
beforeEach(async () => {
  id = idIn(await wl(clone, ['create', 'Work']));
  await wl(clone, ['claim', id]);
});

const branches = (): Promise<string> => runGit(place.remote, ['for-each-ref', `refs/heads/review/${id}`]);

describe('wl submit', () => {
  test('given --no-branch, when work is submitted, then there is none, and it says nothing of one', async () => {
    const said = await wl(clone, ['submit', id, '--no-branch', '--result', 'a=1', '--json']);
    expect(said).toMatchObject({ status: 0, stderr: '' });
    expect(said.data).toMatchObject({ item: { status: 'in_review', result: { a: 1 } }, proposal: null });
    expect(await branches()).toBe('');
  });

  test.each([
    ['a file', ['--result', '@result.json'], ''],
    ['standard input', ['--result', '-'], '{"tests": 12}'],
    ['both, one after the other', ['--result', '@result.json', '--result', 'tests=12'], ''],
  ])('given a result from %s, when work is submitted, then it is the item’s', async (_, args, input) => {
    const file = join(clone, 'result.json');
    await writeFile(file, '{"tests": 12}');
    const typed = args.map((arg) => arg.replace('@result.json', `@${file}`));
    const said = await wl(clone, ['submit', id, ...typed, '--json'], { input });
    expect(said.data).toMatchObject({ item: { result: { tests: 12 } }, proposal: { kind: 'made' } });
    expect(await branches()).not.toBe('');
  });

  test('given an item of someone else, when it is submitted, then it is refused with 4, and nothing is pushed', async () => {
    const said = await wl(clone, ['submit', id], BOB);
    expect(said).toMatchObject({ status: 4, stdout: '' });
    expect(await branches()).toBe('');
  });

  test('given a ledger without a remote, when work goes through review, then all of it is in this clone', async () => {
    const alone = await makeWorkRepo(place.path, `alone-${id}`);
    await wl(alone, ['init']);
    const own = idIn(await wl(alone, ['create', 'Alone']));
    await wl(alone, ['claim', own]);
    const said = await wl(alone, ['submit', own, '--open']);
    expect(said).toMatchObject({ status: 0, stderr: '' });
    expect(said.stdout).toBe(
      `submitted ${own}\nthere is no remote, so no review branch: wl review approve ${own}\n`,
    );
    expect((await wl(alone, ['review', 'show', own])).stdout).toContain('## How to approve');
    expect(await wl(alone, ['review', 'list'])).toMatchObject({ status: 2 });
    expect((await wl(alone, ['review', 'approve', own], BOB)).stdout).toBe(`approved ${own}\n`);
  });
});

describe('wl review', () => {
  test('given work in review, when its holder approves it, then it is refused with 4', async () => {
    await wl(clone, ['submit', id]);
    expect(await wl(clone, ['review', 'approve', id])).toMatchObject({ status: 4, stdout: '' });
  });

  test('given no reason, when work is rejected, then it is refused with 2, and the hint shows one', async () => {
    await wl(clone, ['submit', id]);
    const said = await wl(clone, ['review', 'reject', id], BOB);
    expect(said).toMatchObject({ status: 2, stdout: '' });
    expect(said.stderr).toContain('--reason');
  });

  test('given a stale branch, when it is shown, then the item is shown as it is, and it says that the branch is stale', async () => {
    await wl(clone, ['submit', id]);
    await wl(clone, ['comment', id, 'more']);
    const said = await wl(clone, ['review', 'show', id]);
    expect(said.status).toBe(0);
    expect(said.stdout).toContain('## What merging changes');
    expect(said.stdout).not.toContain('## The commit');
    expect(said.stderr).toContain(`review/${id} is stale: ${id} was changed since`);
  });

  test('given an item that is not in review, when it is shown or refreshed, then it is refused with 6', async () => {
    for (const verb of ['show', 'diff', 'refresh'])
      expect(await wl(clone, ['review', verb, id]), verb).toMatchObject({ status: 6, stdout: '' });
  });

  test('given several items, when they are approved, then each is, and all branches go', async () => {
    await wl(clone, ['submit', id]);
    const other = idIn(await wl(clone, ['create', 'Other']));
    await wl(clone, ['claim', other]);
    await wl(clone, ['submit', other]);
    expect(await wl(clone, ['review', 'approve', id, other, '-q'], BOB)).toMatchObject({
      status: 0,
      stdout: `${id}\n${other}\n`,
    });
    expect(
      await runGit(place.remote, ['for-each-ref', `refs/heads/review/${id}`, `refs/heads/review/${other}`]),
    ).toBe('');
  });

  test('given reviews, when they are listed as JSON, then each tells its state, its item and its branch', async () => {
    await wl(clone, ['submit', id]);
    const listed = (await wl(clone, ['review', 'list', '--json'], BOB)).list;
    expect(listed.find((one) => one.id === id)).toMatchObject({
      state: 'current',
      branch: `review/${id}`,
      item: { owner: 'ada' },
      findings: [],
    });
  });
});
