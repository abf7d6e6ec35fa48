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
  ledger.batch(randomLife(24, seed, await ledger.list({ all: true })));

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
  await ada.ledger.sync();
  const bob = await makeLedger(folder.path, { clock: AFTER_ALL, name: 'bob', remote, mode: 'local' });
  for (let round = 0; round < 3; round += 1) {
    await live(ada.ledger, 1_000 * round);
    await live(bob.ledger, 1_000 * round + 500);
    await ada.ledger.sync();
    await bob.ledger.sync();
  }
  await ada.ledger.sync();
  expect((await ada.ledger.rejected()).length + (await bob.ledger.rejected()).length).toBeGreaterThan(0);
  const [one, other] = [await ada.ledger.verify(), await bob.ledger.verify()];
  expect(one.findings).toEqual([]);
  expect(other).toEqual(one);
});
