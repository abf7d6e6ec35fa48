import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Oid } from '../../src/store/port.ts';
import { append, draft } from './drafts.ts';
import type { RemoteWorld } from './remote.ts';

export interface SetBackWorld extends RemoteWorld {
  /** Forces the shared branch to a commit that it had before; `undefined` removes it. */
  setTip(tip: Oid | undefined): Promise<void>;
}

/** A branch that goes back, or away, is a rewrite too: no clone that saw more may mend it without a word. */
export function setBackLaws(makeWorld: () => Promise<SetBackWorld>): void {
  let world: SetBackWorld;
  beforeEach(async () => {
    world = await makeWorld();
  });
  afterEach(async () => {
    await world.cleanup();
  });

  test.each([
    ['set back to an older commit', (root: Oid) => root],
    ['removed', () => undefined],
  ])(
    'given a branch that was %s, when a clone uses it, then it says so and nothing moves',
    async (_, choose) => {
      const { store, remote } = await world.clone();
      const root = await append(store, draft('init', { a: '0' }));
      const tip = await append(store, draft('next', { a: '1' }));
      expect(await remote.push(tip)).toEqual({ kind: 'accepted' });
      const found = choose(root);
      await world.setTip(found);
      expect(await remote.fetch()).toEqual({ kind: 'rewritten', seen: tip, found });
      expect(await remote.written()).toBe('lacks');
      expect(await remote.push(await append(store, draft('more', { a: '2' })))).toMatchObject({
        kind: 'behind',
      });
      expect(await store.readRef(remote.seenRef)).toBe(tip);
      expect(await remote.fetch()).toEqual({ kind: 'rewritten', seen: tip, found });
      await store.close();
    },
  );

  test('given a branch that is where it was seen, when it is asked where pushes go, then that is there', async () => {
    const { store, remote } = await world.clone();
    expect(await remote.written()).toBe('holds');
    await remote.push(await append(store, draft('init', { a: '0' })));
    expect(await remote.written()).toBe('holds');
    await world.goAway();
    expect(await remote.written()).toBe('unreachable');
    await store.close();
  });
}
