import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgePush } from '../../src/githooks/judge.ts';
import { isolateThisProcess, makeTempFolder, type TempFolder } from '../helpers/temp-repo.ts';
import { type ForgedCommit, readHistory, writeHistory } from './forge.ts';
import { CLOCK, OTHER_OP } from './forger.ts';
import { audit, BRANCH, makeLedger } from './ledgers.ts';

// Three claims that were asked for together, and a comment after them.

let folder: TempFolder;
let gitDir: string;
let history: ForgedCommit[];
let start: string;

beforeAll(async () => {
  isolateThisProcess();
  folder = await makeTempFolder();
  const { ledger, gitDir: dir } = await makeLedger(folder.path, { clock: CLOCK });
  gitDir = dir;
  const ids: string[] = [];
  for (const title of ['One', 'Two', 'Three']) ids.push((await ledger.createWork({ title })).id);
  start = (await ledger.query.asOf()).tip;
  const claims = ids.map((id) => ledger.work.command('claim', { id, execution_id: 'exec-1' }));
  await ledger.work.batch(claims, { atomic: true });
  await ledger.work.comment(ids[0] ?? '', 'after them');
  await ledger.close();
  history = await readHistory(gitDir);
});
afterAll(() => folder.cleanup());

const places = (): number[] =>
  history.flatMap(({ message }, at) => (message.includes('Work-Group:') ? [at] : []));
const edited = (at: number, edit: (message: string) => string): ForgedCommit[] =>
  history.map((commit, index) => (index === at ? { ...commit, message: edit(commit.message) } : commit));
const without = (...left: number[]): ForgedCommit[] => history.filter((_, index) => !left.includes(index));
const swapped = (a: number, b: number): ForgedCommit[] =>
  history.map((commit, index) => history[index === a ? b : index === b ? a : index] ?? commit);

describe('given a group', () => {
  const CASES: [string, () => ForgedCommit[]][] = [
    ['its first is left out', () => without(places()[0] ?? 0)],
    ['its last is left out', () => without(places()[2] ?? 0)],
    ['one in the middle is left out', () => without(places()[1] ?? 0)],
    ['it ends with the branch', () => history.slice(0, (places()[1] ?? 0) + 1)],
    ['two of it are swapped', () => swapped(places()[1] ?? 0, places()[2] ?? 0)],
    ['another commit stands between', () => swapped(places()[2] ?? 0, history.length - 1)],
    [
      'one says another group',
      () => edited(places()[1] ?? 0, (text) => text.replace(/Work-Group: \S+/, `Work-Group: ${OTHER_OP}`)),
    ],
    ['one says none', () => edited(places()[1] ?? 0, (text) => text.replace(/Work-Group: .*\n/, ''))],
    ['one says another size', () => edited(places()[0] ?? 0, (text) => text.replace('1/3', '1/2'))],
  ];

  it('when it is whole, then nothing is found', async () => {
    expect(await audit(gitDir)).toMatchObject({ ok: true });
  });

  it.each(CASES)('when %s, then that is found, and is refused by the hook', async (_, forge) => {
    const tip = await writeHistory(gitDir, forge());
    const { findings } = await audit(gitDir, tip);
    expect(findings.map(({ rule }) => rule)).toContain('group');
    expect(await judgePush(gitDir, [{ ref: BRANCH, old: start, now: tip }])).toMatchObject({
      rule: expect.any(String),
    });
  });

  it('when it breaks off, then that is found of its own last commit, and not of the one that follows', async () => {
    const [, , third = 0] = places();
    const tip = await writeHistory(gitDir, without(third));
    const { findings } = await audit(gitDir, tip);
    expect(findings).toMatchObject([
      {
        rule: 'group',
        message: expect.stringContaining('the rest is missing after number 2 of the 3'),
        subject: expect.stringMatching(/^claim /),
      },
    ]);
    expect(findings.map(({ commit }) => commit)).not.toContain(tip);
  });

  it('when a place is not one, then the message is none of a transition', async () => {
    const tip = await writeHistory(
      gitDir,
      edited(places()[0] ?? 0, (text) => text.replace('1/3', '4/3')),
    );
    expect((await audit(gitDir, tip)).findings.map(({ rule }) => rule)).toContain('message');
  });
});
