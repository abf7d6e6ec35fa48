import { expect, test } from 'vitest';
import { pushReally, signReally } from '../fuzz/real/agree.ts';
import { fetchReally } from '../fuzz/real/clones.ts';
import { isolateThisProcess } from '../helpers/temp-repo.ts';

isolateThisProcess();

const SIGNED = 120;
const PUSHED = 24;
const FETCHED = 8;

test('given signatures of ssh-keygen and gpg, some of them bent, when they are read, then each is worth what git says', async () => {
  const { cases, states, failures } = await signReally(1, SIGNED);
  expect(failures).toEqual([]);
  expect(cases).toBe(SIGNED);
  for (const state of ['good', 'bad', 'none', 'unknown_key'] as const)
    expect(states.get(state), state).toBeGreaterThan(4);
});

test('given cases that git pushes to a server with the hook, then it takes what the judge in memory takes, and nothing else', async () => {
  const { cases, taken, refused, failures } = await pushReally(1, PUSHED);
  expect(failures).toEqual([]);
  expect(cases).toBe(PUSHED);
  expect(taken).toBeGreaterThan(2);
  expect(refused).toBeGreaterThan(5);
});

test('given tags, look-alike branches and all else that somebody may push beside the branch, when a clone fetches by git, then nothing of it stops it', async () => {
  const { cases, refs, failures } = await fetchReally(1, FETCHED);
  expect(failures).toEqual([]);
  expect(cases).toBe(FETCHED);
  expect(refs).toBeGreaterThan(20);
});
