import { describe, expect, it } from 'vitest';
import { type ForgedCommit, forge } from './forge.ts';
import { Forger } from './forger.ts';
import { FIRST, SECOND } from './honest.ts';
import { audit } from './ledgers.ts';

const forger = new Forger();
/** When the forged commits are dated. */
const DATED = Date.parse('2026-01-03T11:00:00.000Z') / 1000;
const SKEW = 300;

describe('given a commit that is dated before what those before it record', () => {
  it('by more than two clocks may differ, then it is found; by less, it is not', async () => {
    const last = DATED - 2 * SKEW;
    expect(await forger.broken(`comment ${SECOND}`, () => ({ committed: last - 1 }))).toEqual(['clock']);
    expect(await forger.broken(`comment ${SECOND}`, () => ({ committed: last }))).toEqual([]);
  });

  it('but asked for before that, as where a clone was offline, then nothing is found', async () => {
    const base = forge(forger.history, `checkpoint ${FIRST}`, () => ({})).slice(0, -1);
    const [late, early] = [forger.commitOf(`block ${SECOND}`), forger.commitOf(`checkpoint ${FIRST}`)];
    expect(late.at).toBeGreaterThan(early.at);
    expect(await forger.rulesOf([...base, late, { ...early, committed: DATED }])).toEqual([]);
  });

  it('and itself allows clocks to differ by more, then it is found all the same', async () => {
    const slack = forge(forger.history, 'configure', (commit) => ({
      message: commit.message.replace('lease_ttl_s', 'clock_skew_s'),
      files: commit.files.map((file) => ({
        ...file,
        text: String(forger.textOf('init')).replace('clock_skew_s: 300', 'clock_skew_s: 86400'),
      })),
      committed: DATED - 4000,
    }));
    expect(await forger.rulesOf(slack)).toEqual(['clock']);
    const next = forger.history[slack.length] as ForgedCommit;
    const after = [...slack.map((one, n) => (n === slack.length - 1 ? { ...one, committed: DATED } : one))];
    expect(await forger.rulesOf([...after, { ...next, committed: DATED - 4000 }])).toEqual([]);
  });

  it('as a merge, then its latest parent counts', async () => {
    const parents = [forger.history.length - 2, forger.history.length - 1];
    const merge = { message: 'Merge\n', author: 'eve', at: DATED, files: forger.history.at(-1)?.files ?? [] };
    const last = DATED - 2 * SKEW;
    const dated = (committed: number) =>
      forger.rulesOf([...forger.history, { ...merge, parents, committed }]);
    expect(await dated(last)).toEqual([]);
    expect(await dated(last - 1)).toEqual(['clock']);
  });
});

describe('given a tip that is dated ahead of the clock that judges it', () => {
  it('by more than clocks may differ, then it is found; without a clock, it is not', async () => {
    const tip = await forger.write(forger.history);
    expect((await audit(forger.gitDir, tip)).findings).toEqual([]);
    expect((await audit(forger.gitDir, tip, DATED - 2 * SKEW)).findings).toEqual([]);
    expect((await audit(forger.gitDir, tip, DATED - 2 * SKEW - 1)).findings).toMatchObject([
      { rule: 'clock', commit: tip },
    ]);
  });
});
