import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Outcome, WorkLedger } from '../../src/index.ts';
import { isolateThisProcess, makeBareRepo, makeTempFolder, type TempFolder } from '../helpers/temp-repo.ts';
import { audit, makeLedger } from './ledgers.ts';
import { AFTER_ALL, randomLife } from './random-life.ts';

let folder: TempFolder;
let remote: string;
beforeEach(async () => {
  isolateThisProcess();
  folder = await makeTempFolder();
  remote = await makeBareRepo(folder.path);
});
afterEach(() => folder.cleanup());

const live = async (ledger: WorkLedger, seed: number): Promise<Outcome[]> =>
  ledger.work.batch(randomLife(24, seed, await ledger.query.list({ all: true })));

it('given two clones that push at once, when races are lost and decided again, then nothing is found', async () => {
  const ada = await makeLedger(folder.path, { clock: AFTER_ALL, name: 'ada', remote });
  const bob = await makeLedger(folder.path, { clock: AFTER_ALL, name: 'bob', remote });
  const outcomes: Outcome[] = [];
  for (let round = 0; round < 3; round += 1) {
    const told = await Promise.all([live(ada.ledger, 1_000 * round), live(bob.ledger, 1_000 * round + 500)]);
    outcomes.push(...told.flat());
  }
  expect(outcomes.filter(({ kind }) => kind === 'lost').length).toBeGreaterThan(0);
  const result = await audit(remote);
  expect(result.findings).toEqual([]);
  expect(result.transitions).toBeGreaterThan(20);
});

it('given two clones that work apart, when each syncs now and then, then nothing is found in either', async () => {
  const ada = await makeLedger(folder.path, { clock: AFTER_ALL, name: 'ada', remote, mode: 'local' });
  await ada.ledger.clone.sync();
  const bob = await makeLedger(folder.path, { clock: AFTER_ALL, name: 'bob', remote, mode: 'local' });
  for (let round = 0; round < 3; round += 1) {
    await live(ada.ledger, 1_000 * round);
    await live(bob.ledger, 1_000 * round + 500);
    await ada.ledger.clone.sync();
    await bob.ledger.clone.sync();
  }
  await ada.ledger.clone.sync();
  expect(
    (await ada.ledger.clone.rejected()).length + (await bob.ledger.clone.rejected()).length,
  ).toBeGreaterThan(0);
  const [one, other] = [await ada.ledger.audit.verify(), await bob.ledger.audit.verify()];
  expect(one.findings).toEqual([]);
  expect(other).toEqual(one);
});
