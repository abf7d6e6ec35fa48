import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, lchown, link, readdir, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { MAIN, wl } from '../cli/workplace.ts';
import { makeSickClone, NOW, treat, waitingIn } from '../helpers/sick-clone.ts';
import { MENDED, TOLD } from '../helpers/sick-states.ts';
import { expectMended, expectTold } from '../helpers/sick-states-expected.ts';
import { leaveOwnLock } from '../helpers/stale-lock.ts';
import { isolatedEnv } from '../helpers/temp-repo.ts';

// All other states of the two tables: test/long/doctor-in-every-state.test.ts.

describe.each(MENDED.filter(({ often }) => often))('given $name', (state) => {
  test('when the doctor comes, then it soon says what is wrong, mends it and loses nothing, and finds nothing the next time', () =>
    expectMended(state));
});

describe.each(TOLD.filter(({ often }) => often))('given $name', (state) => {
  test('when the doctor comes, then it soon tells it and what helps, and what waits is not lost', () =>
    expectTold(state));
});

test('given a process that is stopped while it has the locks of the clone, when the doctor comes, then it waits for none and names the process', async () => {
  const { dir, local } = await makeSickClone();
  const script = `const { DatabaseSync } = require('node:sqlite');
    for (const name of ['serve', 'commit', 'index']) new DatabaseSync(${JSON.stringify(local)} + '/' + name + '.lock.sqlite').exec('BEGIN EXCLUSIVE');
    console.log('locked'); setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--no-warnings', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  child.kill('SIGSTOP');
  const { looked, took_ms } = await treat(dir);
  expect(took_ms).toBeLessThan(10_000);
  expect(looked.status).toBe(9);
  expect(looked.data.clone).toContainEqual(
    expect.objectContaining({
      kind: 'lock',
      wrong: `process ${child.pid} is stopped, and whoever writes in this clone waits for it`,
    }),
  );
  expect(looked.data.skipped).toHaveLength(1);
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(await wl(dir, ['doctor', '--fix'], NOW)).toMatchObject({ status: 0 });
});

test('given a copy of a clone in which a process had a lock, when that is old, then it is known for nobody’s, also while the process lives', async () => {
  const { dir, gitDir } = await makeSickClone();
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lock = await leaveOwnLock(gitDir, 'refs/heads/work-ledger');
  // The lock names a process that lives, as that of the clone which this one was copied from.
  const [owner = ''] = await readdir(join(gitDir, 'work-ledger/locks'));
  const [scope = '', , rest = ''] = owner.split('.');
  await rm(join(gitDir, 'work-ledger/locks', owner));
  await link(lock, join(gitDir, 'work-ledger/locks', [scope, child.pid, rest].join('.')));
  await utimes(lock, 1, 1);
  expect((await wl(dir, ['doctor', '--fix'], NOW)).stdout).toContain(`removed ${lock}\n`);
  expect(await wl(dir, ['doctor'], NOW)).toMatchObject({ status: 0 });
});

/** Nobody who may do everything: what is closed is open to the tests' own user where that is root. */
const NOBODY = 65_534;

/** Runs the doctor as somebody who is not root, to whom the clone belongs. */
async function doctorAs(dir: string, args: readonly string[]): Promise<{ status: number; said: string }> {
  const isRoot = process.geteuid?.() === 0;
  const child = spawn(process.execPath, [MAIN, '-C', dir, 'doctor', ...args], {
    env: { ...isolatedEnv(), WL_ACTOR: 'ada' },
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(isRoot && { uid: NOBODY, gid: NOBODY }),
  });
  const [said, [status]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { status: Number(status), said };
}

async function giveTo(folder: string, uid: number): Promise<void> {
  await lchown(folder, uid, uid);
  for (const path of await readdir(folder, { recursive: true })) await lchown(join(folder, path), uid, uid);
}

test.each([
  ['refs/work-ledger', 0o000],
  ['refs/heads/work-ledger', 0o000],
  ['objects', 0o000],
  ['config', 0o000],
  ['', 0o000],
  ['work-ledger', 0o000],
  ['work-ledger', 0o500],
  ['work-ledger/commit.lock.sqlite', 0o400],
])(
  'given a clone of which its owner may not use %s, when the doctor mends, then it is allowed again, and nothing is lost',
  async (part, mode) => {
    const clone = await makeSickClone();
    const [own, other] = [process.geteuid?.() ?? 0, process.geteuid?.() === 0 ? NOBODY : process.geteuid?.()];
    await giveTo(clone.repo.folder, other ?? own);
    await chmod(join(clone.gitDir, part), mode);
    expect(await doctorAs(clone.dir, [])).toMatchObject({
      status: 9,
      said: expect.stringContaining('wl doctor --fix'),
    });
    expect(await doctorAs(clone.dir, ['--fix'])).toMatchObject({ status: 0 });
    expect(await doctorAs(clone.dir, [])).toMatchObject({ status: 0 });
    await giveTo(clone.repo.folder, own);
    expect(await waitingIn(clone)).toBe('shared');
  },
);

describe('given transitions that wait, of which objects are gone everywhere', () => {
  const loose = (gitDir: string, oid: string): string =>
    join(gitDir, 'objects', oid.slice(0, 2), oid.slice(2));

  /** Three that wait: the first makes an item, the others have nothing to do with it. */
  async function withThree() {
    const clone = await makeSickClone();
    await wl(clone.dir, ['--offline', 'comment', '1', 'after it'], NOW);
    await wl(clone.dir, ['--offline', 'create', 'Third'], NOW);
    const path = (
      await clone.git('diff', '--name-only', 'refs/work-ledger/seen/origin', 'work-ledger~2')
    ).trim();
    const made = (await clone.git('rev-parse', 'work-ledger~2')).trim();
    return { ...clone, path, made };
  }

  test.each([
    ['a blob', ({ path }: { path: string }) => `work-ledger~2:${path}`],
    ['a tree', () => 'work-ledger~2^{tree}'],
    ['a commit', () => 'work-ledger~2'],
  ] as const)(
    'when it is %s, and the doctor mends, then what cannot be read is named, all else is there, and the clone works',
    async (_, of) => {
      const { dir, gitDir, git, repo, path, made } = await withThree();
      await rm(loose(gitDir, (await git('rev-parse', of({ path }))).trim()));
      const looked = await wl(dir, ['doctor'], NOW);
      expect(looked.status).toBe(9);
      expect(looked.stdout).toContain('leaves out the transitions that cannot be read then; all others stay');
      const fixed = await wl(dir, ['doctor', '--fix'], NOW);
      expect(fixed.stdout).toMatch(/left out 1 transition that cannot be read any more/);
      expect(fixed.stdout).toContain(made.slice(0, 12));
      expect(await wl(dir, ['doctor'], NOW)).toMatchObject({ status: 0 });
      expect(await wl(dir, ['create', 'Fourth'], NOW)).toMatchObject({ status: 0 });
      expect(await wl(dir, ['sync'], NOW)).toMatchObject({ status: 0 });
      const other = await repo.clone('other');
      const listed = (await wl(other, ['list'], NOW)).stdout;
      for (const title of ['One', 'Two', 'Third', 'Fourth']) expect(listed).toContain(title);
      expect((await wl(other, ['show', '1'], NOW)).stdout).toContain('after it');
      expect(await wl(other, ['verify'], NOW)).toMatchObject({ status: 0 });
    },
  );
});
