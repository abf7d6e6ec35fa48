import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { link, readdir, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { wl } from '../cli/workplace.ts';
import { makeSickClone, NOW, treat } from '../helpers/sick-clone.ts';
import { MENDED, TOLD } from '../helpers/sick-states.ts';
import { expectMended, expectTold } from '../helpers/sick-states-expected.ts';
import { leaveOwnLock } from '../helpers/stale-lock.ts';

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
