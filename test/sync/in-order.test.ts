import { expect, test } from 'vitest';
import { inOrder } from '../../src/sync/local.ts';
import type { CloneLock } from '../../src/sync/ports.ts';

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
  return { holds, move };
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
