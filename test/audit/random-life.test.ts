import { afterEach, beforeEach, expect, it } from 'vitest';
import { isolateThisProcess, makeTempFolder, type TempFolder } from '../helpers/temp-repo.ts';
import { audit, makeLedger } from './ledgers.ts';
import { AFTER_ALL, randomLife } from './random-life.ts';

let folder: TempFolder;
beforeEach(async () => {
  isolateThisProcess();
  folder = await makeTempFolder();
});
afterEach(() => folder.cleanup());

it.each([7, 80_000])(
  'given a long life of items (%i), when it is verified, then nothing is found',
  async (seed) => {
    const { ledger, gitDir } = await makeLedger(folder.path, { clock: AFTER_ALL });
    const outcomes = await ledger.work.batch(randomLife(1_200, seed));
    const taken = outcomes.filter(({ kind }) => kind === 'accepted').length;
    const { findings, transitions } = await audit(gitDir);
    expect(findings).toEqual([]);
    expect(transitions).toBeGreaterThanOrEqual(taken);
    expect(taken).toBeGreaterThan(500);
  },
);
