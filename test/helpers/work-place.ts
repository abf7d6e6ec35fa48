import { expect } from 'vitest';
import type { SettingsPatch, WorkItem, WorkLedger } from '../../src/index.ts';
import { createItems } from './items.ts';
import { fsck, plainHistory, unsound } from './plain-history.ts';
import { makeSharedRepo, type SharedRepo } from './shared-repo.ts';

/** A ledger with work to do, and a clone that only looks on. */
export interface WorkPlace {
  repo: SharedRepo;
  planner: WorkLedger;
  ids: string[];
}

export async function makeWork(count: number, settings: SettingsPatch = {}): Promise<WorkPlace> {
  const repo = await makeSharedRepo();
  const planner = await repo.init(await repo.clone('planner'));
  if (Object.keys(settings).length > 0) await planner.admin.configure(settings);
  return { repo, planner, ids: count === 0 ? [] : await createItems(planner, count) };
}

/**
 * The ledger as it was left is sound, for plain git and for `wl verify`.
 *
 * @param clocks `differ` where machines of the test have wrong clocks: the audit says so, and finds nothing else
 */
export async function expectSound(
  { repo, planner }: WorkPlace,
  clocks: 'agree' | 'differ' = 'agree',
): Promise<void> {
  expect(unsound(await plainHistory(repo.bare))).toEqual([]);
  await fsck(repo.bare);
  await planner.clone.fetch();
  const { findings } = await planner.audit.verify();
  expect(findings.filter(({ rule }) => clocks === 'agree' || rule !== 'clock')).toEqual([]);
}

/** The items as the remote has them, in order. */
export async function itemsOf({ planner, ids }: WorkPlace): Promise<(WorkItem | undefined)[]> {
  await planner.clone.fetch();
  return Promise.all(ids.map((id) => planner.query.find(id)));
}

/** Waits until every item has this status. */
export async function untilAll(place: WorkPlace, status: WorkItem['status']): Promise<void> {
  const statuses = async () => (await itemsOf(place)).map((item) => item?.status);
  await expect.poll(statuses, { timeout: 120_000, interval: 200 }).toEqual(place.ids.map(() => status));
}
