import { afterEach, beforeEach, expect, test } from 'vitest';
import { Patience } from '../../src/remote/port.ts';
import type { SlowProxy } from '../helpers/slow-proxy.ts';
import { append, draft } from './drafts.ts';
import type { RemoteClone } from './remote.ts';

interface SilentWorld {
  /** Stands before the shared repository. */
  proxy: SlowProxy;
  clone(): Promise<RemoteClone>;
  cleanup(): Promise<void>;
}

/** The law of `LedgerRemote` about a remote that does not answer, or takes long, for an adapter that reaches it over a network. */
export function silenceLaws(makeRemote: () => Promise<SilentWorld>): void {
  let world: SilentWorld;
  const open: RemoteClone[] = [];
  beforeEach(async () => {
    world = await makeRemote();
  });
  afterEach(async () => {
    for (const { store } of open.splice(0)) await store.close();
    await world.cleanup();
  });
  const clone = async (): Promise<RemoteClone> => {
    const made = await world.clone();
    open.push(made);
    return made;
  };
  const patienceOf = (ms: number, signal?: AbortSignal): Patience =>
    new Patience(() => performance.now(), ms, signal);

  test('given a remote that accepts and never answers, when a call sends message after message, then all of them end with its patience', async () => {
    const ada = await clone();
    const root = await append(ada.store, draft('init', { a: '0' }));
    await ada.remote.push(root);
    const tip = await append(ada.store, draft('one', { a: '1' }));
    world.proxy.flow = { kind: 'hold' };
    const { remote } = ada;
    const patience = patienceOf(1_000);
    const began = performance.now();
    expect(await remote.fetch('all', patience)).toMatchObject({ kind: 'unreachable' });
    expect(await remote.push(tip, undefined, [], patience)).toMatchObject({ kind: 'unreachable' });
    expect(await remote.written(patience)).toBe('unreachable');
    expect(await remote.reviews.list(patience)).toMatchObject({ kind: 'unreachable' });
    expect(await remote.reviews.publish('A', tip, undefined, patience)).toMatchObject({
      kind: 'unreachable',
    });
    expect(await remote.reviews.retract('A', tip, patience)).toMatchObject({ kind: 'unreachable' });
    expect(performance.now() - began).toBeLessThan(6_000);
    await expect.poll(() => world.proxy.waiting).toBe(0);
  });

  test('given a remote that never answers a push, when the time is up, then it may have been taken, and nothing is at work on it', async () => {
    const ada = await clone();
    await ada.remote.push(await append(ada.store, draft('init', { a: '0' })));
    const tip = await append(ada.store, draft('one', { a: '1' }));
    world.proxy.flow = { kind: 'hold' };
    const began = performance.now();
    const answer = await ada.remote.push(tip, undefined, [], patienceOf(700));
    expect(['unknown', 'unreachable']).toContain(answer.kind);
    expect(performance.now() - began).toBeLessThan(5_700);
    await expect.poll(() => world.proxy.waiting).toBe(0);
  });

  test('given a call that nobody waits for any more, when it is given up, then its message ends at once', async () => {
    const ada = await clone();
    world.proxy.flow = { kind: 'hold' };
    const given = new AbortController();
    const fetching = ada.remote.fetch('all', patienceOf(60_000, given.signal));
    setTimeout(() => given.abort(), 300);
    expect(await fetching).toMatchObject({ kind: 'unreachable' });
    await expect.poll(() => world.proxy.waiting).toBe(0);
  });

  test('given a message that another caller comes to wait for who has less time left, when that is over, then it ends', async () => {
    const ada = await clone();
    world.proxy.flow = { kind: 'hold' };
    const patience = patienceOf(60_000);
    const fetching = ada.remote.fetch('all', patience);
    setTimeout(() => patience.shorten(500), 300);
    expect(await fetching).toMatchObject({ kind: 'unreachable' });
    await expect.poll(() => world.proxy.waiting).toBe(0);
  });

  test('given a remote that answers late, when that is within the patience, then the answer counts', async () => {
    const ada = await clone();
    const root = await append(ada.store, draft('init', { a: '0' }));
    await ada.remote.push(root);
    const bob = await clone();
    world.proxy.flow = { kind: 'late', ms: 400 };
    expect(await bob.remote.fetch('all', patienceOf(10_000))).toEqual({ kind: 'ok', tip: root });
  });

  test('given a transfer that goes on, when it takes longer than the patience, then it is not cut, and a silent one after it is', async () => {
    const ada = await clone();
    // What cannot be compressed, in more objects than git unpacks without a word.
    const files = Array.from({ length: 150 }, (_, n) => [`active/${n}.yaml`, noise(n)]);
    const tip = await append(ada.store, draft('much', Object.fromEntries(files)));
    await ada.remote.push(tip);
    const bob = await clone();
    const [bytes, every_ms, ms] = [8_000, 200, 3_000];
    world.proxy.flow = { kind: 'trickle', bytes, every_ms };
    const patience = patienceOf(ms);
    const began = performance.now();
    expect(await bob.remote.fetch('all', patience)).toEqual({ kind: 'ok', tip });
    expect(performance.now() - began).toBeGreaterThan(ms);
    world.proxy.flow = { kind: 'hold' };
    const late = performance.now();
    expect(await bob.remote.fetch('all', patience)).toMatchObject({ kind: 'unreachable' });
    expect(performance.now() - late).toBeLessThan(ms + 5_000);
  });
}

/** The same text for the same number, with little that repeats. */
function noise(seed: number): string {
  let state = seed + 1;
  const next = (): number => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    return state >>> 0;
  };
  return Array.from({ length: 300 }, () => next().toString(36)).join('');
}
