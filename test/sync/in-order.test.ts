import { expect, test } from 'vitest';
import { watchLeader } from '../../src/sync/leader.ts';
import { inOrder } from '../../src/sync/local.ts';
import { alone } from '../../src/sync/on-tip.ts';
import type { CloneLock, LocalState } from '../../src/sync/ports.ts';

/** A lock whose holder does not let go, and a clock that goes on while somebody waits. */
function world() {
  let now = 0;
  let pid: number | undefined = 4242;
  const clock = {
    now: () => new Date(now),
    sleep: async (ms: number) => {
      now += ms;
    },
    random: () => 0.5,
  };
  const lock: CloneLock = {
    holder: async () => (pid === undefined ? undefined : { pid, state: 'stopped' }),
    async run(_name, task, giveUp) {
      while (pid !== undefined) {
        if (await giveUp?.()) return undefined;
        await clock.sleep(100);
      }
      return task();
    },
  };
  const holds = (holder: number | undefined): void => {
    pid = holder;
  };
  const move = async (): Promise<number> => {
    const began = now;
    await inOrder({ lock, clock }, async () => undefined);
    return now - began;
  };
  const state = { get: () => undefined } as unknown as LocalState;
  const withoutLeader = async (): Promise<number> => {
    const began = now;
    await alone({ lock, clock, state }, async () => undefined);
    return now - began;
  };
  const askLeader = async (): Promise<number> => {
    const began = now;
    const isSilent = watchLeader({ lock, clock, state });
    await lock.run('serve', async () => undefined, isSilent);
    return now - began;
  };
  return { holds, move, withoutLeader, askLeader };
}

test('given a process that stands still and has the lock, when a call moves the branch three times, then it waits for that one once', async () => {
  const { move } = world();
  expect(await move()).toBeGreaterThan(3_000);
  expect([await move(), await move()]).toEqual([0, 0]);
});

test('given that another process has the lock by then, when the branch is moved again, then that one is waited for', async () => {
  const { holds, move } = world();
  await move();
  holds(7);
  expect(await move()).toBeGreaterThan(3_000);
});

test('given that the lock came free meanwhile, when the same process has it again, then it is waited for', async () => {
  const { holds, move } = world();
  await move();
  holds(undefined);
  expect(await move()).toBe(0);
  holds(4242);
  expect(await move()).toBeGreaterThan(3_000);
});

test('given a leader that stands still, when a call asks it and then works without it, several times, then it waits for that one once', async () => {
  const { askLeader, withoutLeader } = world();
  expect(await askLeader()).toBeGreaterThan(10_000);
  expect([await withoutLeader(), await askLeader(), await withoutLeader()]).toEqual([0, 0, 0]);
});

test('given a leader that stands still, when another one leads by then, then that one is waited for', async () => {
  const { holds, withoutLeader } = world();
  expect(await withoutLeader()).toBeGreaterThan(10_000);
  holds(7);
  expect(await withoutLeader()).toBeGreaterThan(10_000);
});
