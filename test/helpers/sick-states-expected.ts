import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { makeSickClone, treat, waitingIn } from './sick-clone.ts';
import type { State, TOLD } from './sick-states.ts';

/** Whoever calls the doctor does not wait for it. */
const SOON_MS = 10_000;

interface Told {
  wrong: string;
  how: string;
  fixed: boolean;
}

/** The doctor soon says what is wrong, mends it and loses nothing, and finds nothing the next time. */
export async function expectMended({ breaks, wrong }: State): Promise<void> {
  const clone = await makeSickClone();
  await breaks(clone);
  const { looked, fixed, after, took_ms } = await treat(clone.dir);
  expect(took_ms).toBeLessThan(SOON_MS);
  expect(looked.status).toBe(9);
  const told = (looked.data.clone as Told[]).find((one) => wrong.test(one.wrong));
  expect(told, looked.stdout).toMatchObject({
    fixed: true,
    how: expect.stringMatching(/^wl (?:doctor --fix|sync)/),
  });
  expect(fixed.status, fixed.stdout + fixed.stderr).toBe(0);
  expect(after).toMatchObject({ status: 0 });
  expect(after.data).toMatchObject({ clone: [], mends: [], skipped: [], items: 3 });
  expect(await waitingIn(clone)).toBe('shared');
  await clone.git('fsck', '--connectivity-only', 'work-ledger');
}

/** The doctor soon tells it and what helps, and what waits is where it was, or shared. */
export async function expectTold({ breaks, wrong, how }: (typeof TOLD)[number]): Promise<void> {
  const clone = await makeSickClone();
  const tip = await clone.git('rev-parse', 'work-ledger');
  await breaks(clone);
  const { looked, fixed, took_ms } = await treat(clone.dir);
  expect(took_ms).toBeLessThan(SOON_MS);
  for (const said of [looked, fixed]) {
    expect(said.status, said.stderr).toBe(9);
    const told = (said.data.clone as Told[]).find((one) => wrong.test(one.wrong));
    expect(told, said.stdout).toMatchObject({ fixed: false, how: expect.stringMatching(how) });
  }
  const here = await readFile(join(clone.gitDir, 'refs/heads/work-ledger'), 'utf8');
  if (here.trim() !== tip) expect(await waitingIn(clone)).toBe('shared');
}
