import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  isolatedEnv,
  makeBareRepo,
  makeTempFolder,
  makeWorkRepo,
  runGit,
  type TempFolder,
} from '../helpers/temp-repo.ts';

const MIB = 1024 * 1024;
/** What the caches of a clone may hold: objects of late, bases of deltas. */
const BUDGETS = 32 * MIB;

interface Sample {
  transitions: number;
  heapUsed: number;
  external: number;
  arrayBuffers: number;
  descriptors: number;
}

/** @returns what the process held, each time after so many transitions, when what is unused was collected */
async function soak(dir: string, transitions: number, every: number): Promise<Sample[]> {
  const child = spawn(
    process.execPath,
    ['--expose-gc', fileURLToPath(new URL('./soak.ts', import.meta.url)), dir, `${transitions}`, `${every}`],
    { env: isolatedEnv(), stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = new Promise((resolve) => child.on('close', resolve));
  const lines = (await text(child.stdout)).trim().split('\n');
  expect(await ended).toBe(0);
  return lines.map((line) => JSON.parse(line) as Sample);
}

const grownBetween = (from: Sample | undefined, to: Sample | undefined, key: keyof Sample): number =>
  (to?.[key] ?? Number.NaN) - (from?.[key] ?? Number.NaN);

describe('a process that keeps a ledger open', () => {
  let folder: TempFolder;
  let dir: string;
  beforeEach(async () => {
    folder = await makeTempFolder();
    dir = await makeWorkRepo(folder.path);
  });
  afterEach(() => folder.cleanup());

  test('given 5,000 transitions in one clone, when they are done, then memory and descriptors are what they were after the first 2,000', async () => {
    const samples = await soak(dir, 5_000, 500);
    const [early, last] = [samples[3], samples.at(-1)];
    expect(samples).toHaveLength(10);
    for (const { arrayBuffers } of samples) expect(arrayBuffers).toBeLessThan(BUDGETS);
    expect(grownBetween(early, last, 'arrayBuffers')).toBeLessThan(8 * MIB);
    expect(grownBetween(early, last, 'heapUsed')).toBeLessThan(8 * MIB);
    expect(grownBetween(early, last, 'external')).toBeLessThan(10 * MIB);
    expect(grownBetween(early, last, 'descriptors')).toBeLessThanOrEqual(2);
  }, 900_000);

  test('given transitions that are each pushed, when they are done, then each left a few kilobytes at most, and no descriptor', async () => {
    const remote = await makeBareRepo(folder.path, 'remote.git');
    await runGit(dir, ['remote', 'add', 'origin', remote]);
    const samples = await soak(dir, 300, 100);
    const [early, last] = [samples[0], samples.at(-1)];
    expect(grownBetween(early, last, 'arrayBuffers')).toBeLessThan(200 * 16 * 1024);
    expect(grownBetween(early, last, 'heapUsed')).toBeLessThan(8 * MIB);
    expect(grownBetween(early, last, 'descriptors')).toBeLessThanOrEqual(2);
  }, 300_000);
});
