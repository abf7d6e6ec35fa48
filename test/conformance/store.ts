import { afterEach, beforeEach, describe } from 'vitest';
import type { LedgerStore } from '../../src/store/port.ts';
import { commitLaws } from './store-commits.ts';
import { historyLaws } from './store-history.ts';
import { objectLaws } from './store-objects.ts';
import { raceLaws } from './store-races.ts';
import { refLaws } from './store-refs.ts';

export interface StoreWorld {
  /** A store on an empty repository. */
  store: LedgerStore;
  /** Another store on the same repository, as another process would open it. */
  second(): Promise<LedgerStore>;
  cleanup(): Promise<void>;
}

export type MakeStore = () => Promise<StoreWorld>;

/** The laws of `LedgerStore`, for one adapter. */
export function storeConformance(name: string, makeStore: MakeStore): void {
  describe(`store port: ${name}`, () => {
    let world: StoreWorld;
    beforeEach(async () => {
      world = await makeStore();
    });
    afterEach(async () => {
      await world.store.close();
      await world.cleanup();
    });
    const current = (): StoreWorld => world;
    describe('commits', () => commitLaws(current));
    describe('refs', () => refLaws(current));
    describe('objects', () => objectLaws(current));
    describe('history', () => historyLaws(current));
    describe('races', () => raceLaws(current));
  });
}
